"""Reports that a declared fault falls on: lost, late or doubled on their way to the host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.base.trace import ReportLost
from simulator.base.units import format_duration
from simulator.core.faults.kinds import FaultKind
from simulator.core.reports import ReportQueue
from simulator.core.tasks import CallbackTask

if TYPE_CHECKING:
    from simulator.core.devices import Device
    from simulator.core.faults.declared import DeclaredFault
    from simulator.core.faults.runtime import Faults


class FaultedReportQueue(ReportQueue):
    """A report queue whose reports may meet a fault when they are posted first."""

    __slots__ = ("_faults", "_known", "_lost")

    def __init__(self, faults: Faults, ident: int, thread_name: str, device: Device, latency: int) -> None:
        super().__init__(ident, thread_name, device, latency)
        self._faults = faults
        # Reports that are posted once more: they were late, or found the queue full.
        self._known: set[CallbackTask] = set()
        self._lost: dict[CallbackTask, str] = {}

    def post(self, task: CallbackTask) -> bool:
        """Post a report unless a fault falls on it; True when the callback task is complete."""
        if task in self._known or not self.open:
            self._known.discard(task)
            return self._post(task)
        plan, names, where = self._faults.plan, (task.name,), task.stream.label
        if (fault := plan.meet(FaultKind.REPORT_LOST, names, where)) is not None:
            return self._lose(task, fault)
        if (fault := plan.meet(FaultKind.REPORT_LATE, names, where)) is not None:
            delay = fault.value or 0
            self._struck(task, fault, f"was late by {format_duration(delay)}", delay)
            self._known.add(task)
            self.kernel.after(delay, task.stream.post)
            return False
        fault = plan.meet(FaultKind.REPORT_DOUBLED, names, where)
        room = len(self.ready) + self.held + 1 < self.depth
        if fault is not None and room:  # else the driver has no place for a second one
            self._struck(task, fault, "came twice")
            done = self._post(task)
            self._post(_twin(task))
            return done
        return self._post(task)

    def lost_by(self, task: CallbackTask) -> str | None:
        """Return the declared fault that has lost the report of *task*; None when there is none."""
        return self._lost.get(task)

    def _post(self, task: CallbackTask) -> bool:
        done = super().post(task)
        if self.post_waits and self.post_waits[-1] is task:
            self._known.add(task)
        return done

    def _lose(self, task: CallbackTask, fault: DeclaredFault) -> bool:
        self._struck(task, fault, "was lost")
        self._lost[task] = fault.spec
        if self.trace is not None:
            stream, now = task.stream.label, self.kernel.now
            self.trace.append(ReportLost(now, stream, task.seq, task.name, f"fault: {fault.spec}"))
        # A blocking callback's stream stays held: nobody will release it.
        return not task.waits_for_host

    def _struck(self, task: CallbackTask, fault: DeclaredFault, what: str, value: int = 0) -> None:
        text = f"the report of callback {task.name} (task {task.seq} of {task.stream.label}) {what}"
        self._faults.plan.struck(
            fault, text, thread=self.thread_name, stream=task.stream.label, seq=task.seq, value=value
        )


def _twin(task: CallbackTask) -> CallbackTask:
    """Return the same report once more; it releases nothing, as the one before it already has."""
    twin = CallbackTask().launched(task.fn, task.data, task.stream, task.subscription, task.site)
    twin.seq = task.seq
    return twin
