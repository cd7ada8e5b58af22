"""Models: what a run of one costs, what it computes, and whether it fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from simulator.base.lifecycle import Lifecycle
from simulator.core.aipp import NODE_NAME, parameter_bytes
from simulator.core.tasks import ExecuteTask, FailingTask
from simulator.core.tensors import Compute, Gears, Shape, TensorSpec, bytes_of, is_open

if TYPE_CHECKING:
    from simulator.core.devices import Device
    from simulator.core.engines import Engine
    from simulator.core.streams import Stream
    from simulator.costs.protocol import Costs, Measured


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """What a model is: latency in ns on `cores` AI cores, tensors, and optionally a failure (rule i3).

    `fails_with` is the aclError its run leaves on the stream; `fails_on` counts runs from 1, None means every
    run. `compute` is its work; without one outputs keep their old bytes. `checked` models compare the data
    sets of a run with their tensors, as the vendor does; those that only stand for their time do not.
    `gears` are the sizes it was built for, `recorded_id` is its "Model ID" in a recorded profile, and
    `work_bytes` and `weight_bytes` are what loading it into memory of the program's takes. `original_ops` are the
    names of the operators that each of its operators was fused from.
    """

    name: str
    latency_ns: int
    cores: int = 1
    inputs: tuple[TensorSpec, ...] = ()
    outputs: tuple[TensorSpec, ...] = ()
    fails_with: int | None = None
    fails_on: int | None = None
    compute: Compute | None = None
    checked: bool = False
    gears: Gears | None = None
    recorded_id: int | None = None
    work_bytes: int = 0
    weight_bytes: int = 0
    original_ops: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def all_inputs(self) -> tuple[TensorSpec, ...]:
        """The inputs as the vendor counts them: one more for each with dynamic preprocessing, and one with gears."""
        nodes = self.aipp_nodes
        if nodes:
            named = (f"_{at}" if at else "" for at in range(len(nodes)))
            extra = (
                TensorSpec(
                    (parameter_bytes(max(self.inputs[index].shape[0], 1)),), "uint8", NODE_NAME + suffix
                )
                for index, suffix in zip(nodes, named, strict=True)
            )
            return (*self.inputs, *extra, *(() if self.gears is None else (self.gears.input,)))
        return self.inputs if self.gears is None else (*self.inputs, self.gears.input)

    @property
    def aipp_nodes(self) -> tuple[int, ...]:
        """The inputs with dynamic preprocessing, whose parameters are inputs of their own behind the others."""
        return tuple(at for at, spec in enumerate(self.inputs) if spec.aipp is not None and spec.aipp.dynamic)

    def input_shapes(self, gear: Shape | None) -> tuple[Shape, ...]:
        """Return the shapes of the inputs in that gear; without one, open dimensions stay open."""
        shapes = tuple(spec.shape for spec in self.inputs)
        return shapes if self.gears is None or gear is None else self.gears.shapes(shapes, gear)

    def output_shapes(self, gear: Shape | None) -> tuple[Shape, ...]:
        """The same for the outputs."""
        gears, shapes = self.gears, tuple(spec.shape for spec in self.outputs)
        if gears is None or gear is None:
            return shapes
        at = gears.values.index(gear)
        return tuple(
            spec.gear_shapes[at] if spec.gear_shapes else gears.shapes((spec.shape,), gear)[0]
            for spec in self.outputs
        )

    def input_bytes(self, index: int) -> int:
        """Return what to reserve for an input: its size in the largest gear; 0 when that is open."""
        spec = self.all_inputs[index]
        if self.gears is None or not is_open(spec.shape):
            return bytes_of(spec.shape, spec.dtype)
        return max(bytes_of(self.input_shapes(gear)[index], spec.dtype) for gear in self.gears.values)

    def output_bytes(self, index: int) -> int:
        """The same for an output."""
        spec = self.outputs[index]
        if self.gears is None:
            return bytes_of(spec.shape, spec.dtype)
        return max(bytes_of(self.output_shapes(gear)[index], spec.dtype) for gear in self.gears.values)


class Work(Protocol):
    """What a run does at its end: calling it returns 0, or the code of its failure, and `why` then tells."""

    why: str

    def __call__(self) -> int:
        """Do it."""


class ComputingTask(ExecuteTask):
    """A model run that does something real at its end."""

    __slots__ = ("effect",)

    def __init__(self, name: str, duration: int, cores: int, engine: Engine | None, effect: Work) -> None:
        super().__init__(name, duration, cores, engine)
        self.effect = effect

    def begin(self, stream: Stream) -> bool:
        """Start at the head of *stream*; never complete at once."""
        if self.engine is None:
            stream.kernel.after(self.duration, stream.land)
        else:
            self.engine.request(stream, self.cores, self.duration, stream.land)
        return False


class FailingRun(FailingTask):
    """A model run that is to fail; `effect` is what it would have done, None for a model without data sets."""

    __slots__ = ("effect",)

    def __init__(
        self, name: str, duration: int, cores: int, engine: Engine | None, code: int, effect: Work | None
    ) -> None:
        super().__init__(name, duration, cores, engine, code)
        self.effect = effect


class Model:
    """A loaded model. Where runs have no state of their own, all of them share one task record."""

    __slots__ = (
        "_run",
        "_times",
        "cores",
        "duration",
        "gear",
        "healthy_run",
        "idle",
        "launched",
        "life",
        "model_id",
        "plain",
        "said",
        "spec",
    )

    def __init__(self, spec: ModelSpec, model_id: int, device: Device, costs: Costs) -> None:
        self.spec = spec
        self.model_id = model_id
        self.life = Lifecycle("model", f"{spec.name} #{model_id}")
        self.duration = costs.execute_ns(spec.latency_ns)
        # The gear set last, whichever data set it was for: what the current output dimensions go by.
        self.gear: Shape | None = None
        # Counted only when a run is not like the others.
        self.launched = 0
        # Why its last run was refused, or failed while the caller waited for it; for people.
        self.said = ""
        # Runs of a plain model need no data sets; a trace tells of those that they are given.
        self.idle = spec.compute is None and not spec.checked
        self.plain = self.idle and device.trace is None
        self._times: Iterator[Measured] | None = costs.recorded(spec.name, spec.recorded_id)
        run = ExecuteTask(spec.name, self.duration, spec.cores, device.cores)
        run.model_id = model_id
        # What every run puts on its stream; None for a model whose runs differ.
        self.healthy_run = run if spec.fails_with is None and self._times is None else None
        self._run = run

    def __repr__(self) -> str:
        return f"<model {self.spec.name} {self.life.state}>"

    def next_run(self, effect: Work | None = None) -> tuple[ExecuteTask]:
        """Return the one task of the next run; at its end *effect* takes place, unless it is to fail."""
        task = self._next_run(effect)
        task.model_id = self.model_id
        return (task,)

    def _next_run(self, effect: Work | None) -> ExecuteTask:
        self.launched += 1
        spec, duration, cores = self.spec, self.duration, self.spec.cores
        engine = self._run.engine
        if self._times is not None:
            duration, cores = next(self._times)
            cores = cores or spec.cores
        if spec.fails_with is not None and spec.fails_on in (None, self.launched):
            return FailingRun(spec.name, duration, cores, engine, spec.fails_with, effect)
        if effect is not None and spec.compute is not None:
            return ComputingTask(spec.name, duration, cores, engine, effect)
        return self._run if self._times is None else ExecuteTask(spec.name, duration, cores, engine)
