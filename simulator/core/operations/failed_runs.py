"""The model run that a stream failed at: its name, and the tensors it was given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.core.models import ComputingTask, FailingRun
from simulator.core.operations.runs import Run

if TYPE_CHECKING:
    from simulator.core.runtime import Runtime
    from simulator.core.streams import Stream
    from simulator.core.tensors import TensorDesc

Operands = tuple[str, "list[TensorDesc]", "list[TensorDesc]"]


def operands_of(rt: Runtime, device: int, stream: int, task: int) -> Operands | None:
    """Return name, inputs and outputs of the failed run with these numbers; None when there is none."""
    for candidate in _streams(rt, device):
        failure = candidate.failure
        if candidate.index != stream or failure is None or failure[1] & 0xFFFF_FFFF != task:
            continue
        failed = failure[0]
        run = failed.effect if isinstance(failed, FailingRun | ComputingTask) else None
        if isinstance(run, Run):
            return failed.name, *run.operands()
        return failed.name, [], []
    return None


def _streams(rt: Runtime, device: int) -> list[Stream]:
    if device >= len(rt.devices):
        return []
    return [stream for context in rt.devices[device].contexts for stream in context.streams]
