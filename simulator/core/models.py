"""Models: what a run of one costs and whether it fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.base.lifecycle import Lifecycle
from simulator.core.tasks import ExecuteTask, FailingTask

if TYPE_CHECKING:
    from simulator.core.devices import Device
    from simulator.costs.protocol import Costs


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """One input or output: its shape, and the numpy name of its element type."""

    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """What a declared model is: latency in ns on `cores` AI cores, and optionally a failure (rule i3).

    `fails_with` is the aclError its run leaves on the stream; `fails_on` counts runs from 1, None means every
    run.
    """

    name: str
    latency_ns: int
    cores: int = 1
    inputs: tuple[TensorSpec, ...] = ()
    outputs: tuple[TensorSpec, ...] = ()
    fails_with: int | None = None
    fails_on: int | None = None


class Model:
    """A loaded model. All its healthy runs share one task record: a run has no state of its own."""

    __slots__ = ("_run", "cores", "duration", "healthy_run", "launched", "life", "model_id", "spec")

    def __init__(self, spec: ModelSpec, model_id: int, device: Device, costs: Costs) -> None:
        self.spec = spec
        self.model_id = model_id
        self.life = Lifecycle("model", f"{spec.name} #{model_id}")
        self.duration = costs.execute_ns(spec.latency_ns)
        # Counted only when one of the runs is to fail.
        self.launched = 0
        run = (ExecuteTask(spec.name, self.duration, spec.cores, device.cores),)
        # What every run puts on its stream; None for a model that is declared to fail.
        self.healthy_run = run if spec.fails_with is None else None
        self._run = run

    def __repr__(self) -> str:
        return f"<model {self.spec.name} {self.life.state}>"

    def next_run(self) -> tuple[ExecuteTask]:
        """Return the one task of the next run."""
        self.launched += 1
        spec = self.spec
        if spec.fails_with is not None and spec.fails_on in (None, self.launched):
            engine = self._run[0].engine
            return (FailingTask(spec.name, self.duration, spec.cores, engine, spec.fails_with),)
        return self._run
