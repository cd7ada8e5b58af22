"""Tasks that a declared fault falls on: they are exchanged when they are put on their stream."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

from simulator.base.errors import Fault
from simulator.core.faults.kinds import FaultKind
from simulator.core.tasks import EffectTask, ExecuteTask, FailingTask, Task

if TYPE_CHECKING:
    from simulator.core.faults.declared import DeclaredFault
    from simulator.core.faults.runtime import Faults
    from simulator.core.streams import Stream


class FaultedTask(FailingTask):
    """Work that takes its time, ends in the failure that its fault names, and has no effect."""

    __slots__ = ("_fault", "_faults", "_replaced")

    def __init__(
        self, faults: Faults, fault: DeclaredFault, task: ExecuteTask | EffectTask, code: int
    ) -> None:
        cores = task.cores if isinstance(task, ExecuteTask) else 1
        super().__init__(task.name, task.duration, cores, task.engine, code)
        self._faults = faults
        self._fault = fault
        self._replaced = task

    @property
    def kind(self) -> str:  # type: ignore[override]
        """That of the task it stands for."""
        return self._replaced.kind

    def begin(self, stream: Stream) -> bool:
        """Start at the head of *stream*, and say that the fault has struck; never complete at once."""
        text = f"{self.kind} {self.name} failed with {self.code}"
        self._faults.plan.struck(self._fault, text, stream=stream.label, seq=stream.done + 1, value=self.code)
        return super().begin(stream)


class LastTask(Task):
    """The task before which its device is lost: it stands in the place of another one and never starts."""

    __slots__ = ("_fault", "_faults", "_replaced")

    def __init__(self, faults: Faults, fault: DeclaredFault, task: Task) -> None:
        self._faults = faults
        self._fault = fault
        self._replaced = task

    @property
    def kind(self) -> str:  # type: ignore[override]
        """That of the task it stands for."""
        return self._replaced.kind

    @property
    def name(self) -> str:
        """That of the task it stands for."""
        return self._replaced.name

    def begin(self, stream: Stream) -> bool:
        """Have the device lost; never complete at once."""
        # In an event of its own: the stream is in the middle of going on.
        device = stream.context.device
        self._faults.after(0, self._fault, lambda: self._faults.lose(device, self._fault))
        return False


class FaultedTaskQueue(deque[Task]):
    """The queue of a stream: what is put into it may come out as a task that fails."""

    __slots__ = ("_faults", "_stream")

    def __init__(self, faults: Faults, stream: Stream) -> None:
        super().__init__()
        self._faults = faults
        self._stream = stream

    def append(self, task: Task) -> None:
        """Put a task at the end."""
        super().append(self._exchanged(task))

    def extend(self, tasks: Iterable[Task]) -> None:
        """Put tasks at the end."""
        super().extend([self._exchanged(task) for task in tasks])

    def _exchanged(self, task: Task) -> Task:
        faults, stream = self._faults, self._stream
        fault = faults.plan.meet(FaultKind.DEVICE_LOST, where=str(stream.context.device.index))
        if fault is not None:
            return LastTask(faults, fault, task)
        if isinstance(task, ExecuteTask | EffectTask) and not isinstance(task, FailingTask):
            fault = faults.plan.meet(FaultKind.TASK, (task.kind, task.name), stream.label)
            if fault is not None:
                code = fault.value or faults.rt.code_of(Fault.AICORE_EXCEPTION)
                return FaultedTask(faults, fault, task, code)
        return task
