"""What is recorded while a program profiles itself: tasks, calls and stamps, in simulated time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from acl_api.table.row import Ref
from simulator.core.streams import Stream
from simulator.core.tasks import CopyTask, ExecuteTask

if TYPE_CHECKING:
    from acl_api.backends.protocol import Call
    from acl_api.table.row import Row
    from simulator.core.runtime import Runtime
    from simulator.core.tasks import Task

_SHORT: Final = 0xFFFF


class TaskRecord(NamedTuple):
    """One task: where it ran, what it was, and from when to when; the model's id for a model, else 0."""

    device: int
    stream: int
    task: int
    kind: str
    name: str
    model: int
    cores: int
    start: int
    end: int
    size: int
    way: str


class CallRecord(NamedTuple):
    """One call of the API: by whom, of what, from when to when, and the last task it queued."""

    thread: str
    api: str
    start: int
    end: int
    queued: tuple[int, int, int] | None


class StampRecord(NamedTuple):
    """A mark, or a span, that the program has set itself."""

    thread: str
    kind: str
    message: str
    start: int
    end: int


def task_record(stream: Stream, task: Task, started: int, number: int) -> TaskRecord:
    """Return what there is to tell of a task that ends now."""
    runs, copies = isinstance(task, ExecuteTask), isinstance(task, CopyTask)
    return TaskRecord(
        stream.context.device.index,
        stream.index & _SHORT,
        number,
        task.kind,
        task.name,
        cast("ExecuteTask", task).model_id if runs else 0,
        cast("ExecuteTask", task).cores if runs else 0,
        started,
        stream.kernel.now,
        cast("CopyTask", task).size if copies else 0,
        cast("CopyTask", task).way.value if copies else "",
    )


class Records:
    """The records of one interval, and how they come in."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        self.begin: int = time_of(rt)
        self.tasks: list[TaskRecord] = []
        self.calls: list[CallRecord] = []
        self.stamps: list[StampRecord] = []

    def __repr__(self) -> str:
        return f"<{len(self.tasks)} tasks, {len(self.calls)} calls, {len(self.stamps)} stamps>"

    def saw(self, stream: Stream, task: Task, started: int) -> None:
        """Take a task that ends now; one that had begun before the interval is left out."""
        if started >= self.begin:
            self.tasks.append(task_record(stream, task, started, stream.done))

    def watch(self, row: Row, call: Call) -> Call:
        """Return *call* so that each time it is made is recorded."""
        rt, add, api, stream_of = self._rt, self.calls.append, row.c_name, _finder(self._rt, row)
        host = rt.host

        def watched(*given: object) -> object:
            if (
                host.monitored and host.inside()
            ):  # a finalizer or a signal handler: not the program's own time
                return call(*given)
            stream, began = stream_of(given), time_of(rt)
            before = 0 if stream is None else stream.submitted
            try:
                return call(*given)
            finally:
                ended, queued = time_of(rt), None
                if stream is not None and stream.submitted > before:
                    queued = stream.context.device.index, stream.index & _SHORT, stream.submitted
                add(CallRecord(host.current().name, api, began, ended, queued))

        return watched


def time_of(rt: Runtime) -> int:
    """Return the simulated time, which on the free host goes on with the clock."""
    if not rt.host.monitored or rt.host.inside():
        return rt.kernel.now
    rt.host.enter()
    try:
        return rt.kernel.now
    finally:
        rt.host.leave()


def _finder(rt: Runtime, row: Row) -> Callable[[tuple[object, ...]], Stream | None]:
    """Return what finds the stream that a call is about; NULL is the default stream of the caller's context."""
    at = next((at for at, param in enumerate(row.params) if param.refers is Ref.STREAM), None)
    if at is None:
        return lambda _given: None

    def find(given: tuple[object, ...]) -> Stream | None:
        value = given[at] if at < len(given) else None
        if value == 0:
            context = rt.caller().context
            return None if context is None else context.default_stream
        found = rt.handles.live.get(value) if isinstance(value, int) else None
        return found if isinstance(found, Stream) else None

    return find
