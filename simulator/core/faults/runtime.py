"""The faults of one runtime: where they take hold of streams, report queues, calls and devices."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from simulator.base.errors import Fault, UserError
from simulator.base.units import format_size
from simulator.core.contexts import Context
from simulator.core.events import Event
from simulator.core.faults.kinds import RESOURCES, TEARDOWNS, FaultKind
from simulator.core.faults.occasions import FIRST_DEVICE, Occasions
from simulator.core.faults.reports import FaultedReportQueue
from simulator.core.faults.tasks import FaultedTaskQueue
from simulator.core.faults.windows import Moment, Window
from simulator.core.streams import Stream
from simulator.core.tasks import CallbackTask

if TYPE_CHECKING:
    from simulator.base.profile import SocProfile
    from simulator.base.trace import Trace
    from simulator.core.devices import Device
    from simulator.core.faults.declared import DeclaredFault
    from simulator.core.runtime import Caller, Runtime
    from simulator.engine.kernel import Kernel

Values = tuple[object, ...]
# Calls that loops repeat until they succeed: where they do not even wait, the world must still move.
_WAITING: Final = ("process_report", "synchronize", "stream_query", "query")


class ReporterDied(Exception):  # noqa: N818 - what a fault does to the program, not an error of ours
    """Ends a report thread from outside its program, by a declared fault."""


class Failed(NamedTuple):
    """What a call comes to that a fault has hit: its code, and why in a clause."""

    code: int
    why: str


OnCall = Callable[["Caller", Values], Failed | None]


class Faults:
    """Made before the devices (`limited`), and asked by the runtime whenever it makes something that may be hit."""

    def __init__(
        self, rt: Runtime, plan: Iterable[DeclaredFault], kernel: Kernel, trace: Trace | None
    ) -> None:
        self.rt = rt
        self._kernel = kernel
        self.plan = Occasions(plan, kernel, trace)
        self._hits_tasks = bool(self.plan.of(FaultKind.TASK)) or any(
            fault.nth is not None for fault in self.plan.of(FaultKind.DEVICE_LOST)
        )

    def __repr__(self) -> str:
        return f"<faults: {self.plan!r}>"

    # -- from the start ----------------------------------------------------------------------------------------

    def limited(self, profile: SocProfile) -> SocProfile:
        """Return *profile* with the limits that are declared, where it has more."""
        limits, engines = profile.limits, profile.engines
        for fault in self.plan.of(FaultKind.LIMIT):
            figure, most = RESOURCES[fault.what or ""], fault.value or 0
            there: int = getattr(engines if fault.what == "memory" else limits, figure)
            if most >= there or not self.plan.chosen(fault):
                continue
            room = f"{format_size(most)} of memory" if fault.what == "memory" else f"{most} {fault.what}"
            self.plan.struck(fault, f"there is room for {room} only", value=most)
            if fault.what == "memory":
                engines = replace(engines, memory_bytes=most)
            else:
                limits = replace(limits, **{figure: most})
        return replace(profile, limits=limits, engines=engines)

    def begin(self) -> None:
        """Let the times run at which devices are lost; raises UserError for a device that there is not."""
        for fault in self.plan.of(FaultKind.DEVICE_LOST):
            index = int(fault.where or FIRST_DEVICE)
            if index >= len(self.rt.devices):
                there = f"devices are 0 to {len(self.rt.devices) - 1} here"
                raise UserError(f"fault {fault.spec!r}: there is no device {index}; {there}")
            if fault.at is not None:
                self.after(fault.at, fault, self._loss_of(index, fault))

    def _loss_of(self, index: int, fault: DeclaredFault) -> Callable[[], None]:
        def strike() -> None:
            if self.plan.chosen(fault):
                self.lose(self.rt.devices[index], fault)

        return strike

    # -- streams and report queues -----------------------------------------------------------------------------

    def watch(self, stream: Stream) -> None:
        """Let faults fall on the tasks and on the queue of a new stream."""
        if self._hits_tasks:
            stream.queue = FaultedTaskQueue(self, stream)
        for fault in self.plan.of(FaultKind.QUEUE_FULL):
            if fault.where in (None, stream.label):
                Window(self, fault, stream, f"the task queue of stream {stream.label}", stream=stream.label)

    def report_queue(self, ident: int, thread_name: str, device: Device, latency: int) -> FaultedReportQueue:
        """Return the queue of a report thread, whose reports may be hit."""
        queue = FaultedReportQueue(self, ident, thread_name, device, latency)
        for fault in self.plan.of(FaultKind.REPORTS_FULL):
            if fault.where in (None, thread_name):
                Window(self, fault, queue, f"the {queue.label}", thread=thread_name)
        return queue

    def after(self, delay: int, fault: DeclaredFault, act: Callable[[], object]) -> None:
        """Call *act* in *delay* ns, an event of the fault's own."""
        self._kernel.after(delay, Moment(fault.spec, act))

    # -- calls -------------------------------------------------------------------------------------------------

    def on_call(self, op: str) -> OnCall | None:
        """Return what a call of *op* is to ask before its checks; None when no fault is about it."""
        asked: list[OnCall] = []
        if any(fault.what == op for fault in self.plan.of(FaultKind.CALL)):
            asked.append(partial(self._call, op))
        if op == "process_report" and self.plan.of(FaultKind.REPORTER_DIES):
            asked.append(self._dies)
        if op in TEARDOWNS and self.plan.of(FaultKind.TEARDOWN):
            asked.append(partial(self._teardown, op))
        if len(asked) <= 1:
            return asked[0] if asked else None
        return lambda me, values: next((failed for ask in asked if (failed := ask(me, values))), None)

    def _call(self, op: str, me: Caller, _values: Values) -> Failed | None:
        fault = self.plan.meet(FaultKind.CALL, (op,), me.thread.name)
        if fault is None:
            return None
        code = fault.value or 0
        self.plan.struck(
            fault, f"{op} of {me.thread.name} returned {code}", thread=me.thread.name, value=code
        )
        if op.startswith(_WAITING):
            self.rt.host.spin(op)
        return Failed(code, f"the declared fault {fault.spec} made it fail, and it did nothing")

    def _dies(self, me: Caller, _values: Values) -> None:
        name = me.thread.name
        fault = self.plan.meet(FaultKind.REPORTER_DIES, where=name)
        if fault is None:
            return
        self.plan.struck(fault, f"{name} was ended at its process_report", thread=name)
        msg = f"the declared fault {fault.spec} ended {name} at its process_report"
        raise ReporterDied(msg)

    # -- devices -----------------------------------------------------------------------------------------------

    def lose(
        self, device: Device, fault: DeclaredFault, code: int = 0, what: str = "stopped answering"
    ) -> None:
        """Let *device* fail all that is pending on it, and every later submit and sync (rule i5)."""
        code = code or fault.value or self.rt.code_of(Fault.DEVICE_LOST)
        self.plan.struck(fault, f"{device} {what}: {code}", value=code)
        device.lost = code
        self.rt.failures.device_lost(device.index, code)
        for context in device.contexts:
            context.stop_code = context.stop_code or code
            for stream in context.streams:
                stream.give_up(code, f"fault: {fault.spec}")
        for thing in list(self.rt.handles.live.values()):
            if isinstance(thing, Event):
                thing.give_up(
                    lambda recording: (
                        recording.source is not None and recording.source.context.device is device
                    )
                )

    def _teardown(self, op: str, me: Caller, values: Values) -> Failed | None:
        """Lose the devices of what *op* is to take down if callbacks are pending on it."""
        pending = [stream for stream in self._taken_down(op, values) if _awaits_callback(stream)]
        if not pending:
            return None
        fault = self.plan.meet(FaultKind.TEARDOWN, (op,))
        if fault is None:
            return None
        code = fault.value or self.rt.code_of(Fault.LINK_CLOSED if TEARDOWNS[op] else Fault.DEVICE_LOST)
        what = f"stopped answering, as {op} of {me.thread.name} came before the callbacks of {pending[0]} had run"
        for device in {stream.context.device.index: stream.context.device for stream in pending}.values():
            self.lose(device, fault, code, what)
        lost = f"by the declared fault {fault.spec} the device was lost"
        return Failed(
            code, f"{lost}, as callbacks of stream {pending[0]} were pending: synchronise the stream first"
        )

    def _taken_down(self, op: str, values: Values) -> list[Stream]:
        contexts = [context for device in self.rt.devices for context in device.contexts]
        if op.startswith("reset_device"):
            return [
                each for context in contexts if context.device.index == values[0] for each in context.streams
            ]
        if op.startswith("finalize"):
            return [stream for context in contexts for stream in context.streams]
        thing = self.rt.handles.live.get(cast("int", values[0]))
        if isinstance(thing, Stream):
            return [thing]
        return list(thing.streams) if isinstance(thing, Context) else []


def _awaits_callback(stream: Stream) -> bool:
    """Tell whether a synchronise of *stream* would wait for a callback (rule a18)."""
    if stream.callback_at_head() is not None:
        return True
    return any(isinstance(task, CallbackTask) for task in stream.queue)
