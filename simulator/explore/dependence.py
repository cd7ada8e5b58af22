"""Which records of a trace depend on each other: what each one reads and writes, as names of shared things.

Two steps are independent when neither writes what the other touches: then both orders lead to the same state, and
only one has to be tried. What is known exactly is what leaves records: streams, events, report queues,
subscriptions, buffers, flags, starts and ends of threads (exploration.md §4). Everything else errs on the safe side,
which costs runs and never a bug:

* a call or record that is not listed here touches everything;
* host threads of a trace that is not `isolated` share whatever Python can reach: all their steps depend on each
  other, and on every task that moves bytes;
* with simulated time in force the device is one participant that writes the clock, and host steps read it: when a
  task is submitted decides when it ends. In the untimed mode only timers look at the clock, so that the end of a
  timed wait depends on everything, and tasks do not compete for engines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any, Final, NamedTuple, TypeVar, cast

from simulator.base import memory_records as memory
from simulator.base import remarks
from simulator.base import trace as made
from simulator.base import wait_records as waits
from simulator.base.subscription_records import Subscribed, Unsubscribed

Thing = str | tuple[str, str]
Things = tuple[Thing, ...]

ALL: Final = "everything"
HOST: Final = "what Python shares"
CLOCK: Final = "the clock"
# The program ends with its last thread: which one that is, their ends decide among themselves.
ENDS: Final = "ends of threads"
_NAMES: Final = "names and numbers"
_FAILURES: Final = "failures"
# Report queues hold at least so many: below, nobody can find one full (rule b8).
_FEW_REPORTS: Final = 32

R = TypeVar("R", bound=made.Record)


class Footprint(NamedTuple):
    """What a step reads and what it writes."""

    reads: Things
    writes: Things

    def depends_on(self, other: Footprint) -> bool:
        """Tell whether the order of the two can matter."""
        return not (
            set(self.writes).isdisjoint((*other.reads, *other.writes))
            and set(other.writes).isdisjoint(self.reads)
        )


_NOTHING: Final = Footprint((), ())
_EVERYTHING: Final = Footprint((), (ALL,))

# Calls that only look at their own thread, at constants, or at what another record of theirs tells.
_OWN: Final = frozenset(
    """
    get_version get_soc_name app_log get_device get_device_count get_run_mode peek_at_last_error
    get_last_error get_context set_context stream_get_id device_get_stream_priority_range data_type_size
    launch_callback launch_host_func execute_async memcpy_async memset_async memcpy2d_async record_event
    reset_event stream_wait_event record_notify wait_and_reset_notify value_write value_wait
    subscribe_report unsubscribe_report synchronize_stream
    synchronize_stream_with_timeout synchronize_event synchronize_event_with_timeout process_report memcpy
    memset memcpy2d start_thread stop_thread get_dataset_num_buffers get_dataset_buffer get_data_buffer_addr
    get_data_buffer_size get_data_buffer_size_v2 get_num_inputs get_num_outputs get_input_size_by_index
    get_output_size_by_index reduce_async cmo_async memcpy_async_with_condition memcpy_async_with_desc
    get_memcpy_desc_size set_memcpy_desc
    get_output_size_by_index stream_get_priority stream_get_flags get_device_info get_devices_topo device_get_uuid
    device_can_access_peer get_op_timeout_interval get_thread_last_task_id set_ts_device get_group_count
    """.split()  # noqa: SIM905 - a list of so many names would be a page
)
# Calls that take or give back names, ids or memory, which others then do or do not get.
_NAMING: Final = frozenset(
    """
    create_stream create_stream_with_config destroy_stream destroy_stream_force create_event
    create_event_with_flag create_event_ex_with_flag destroy_event get_event_avail_num create_notify
    destroy_notify
    get_stream_available_num malloc malloc_align32 malloc_cached malloc_with_cfg free malloc_host free_host
    malloc_host_with_cfg get_mem_info create_data_buffer destroy_data_buffer create_dataset destroy_dataset
    create_desc destroy_desc create_tensor_desc destroy_tensor_desc get_notify_id
    """.split()  # noqa: SIM905 - a list of so many names would be a page
)
_ASKING: Final = frozenset(("query_event", "query_event_status", "query_event_wait_status", "stream_query"))
_MOVES_BYTES: Final = frozenset(("copy", "set", "reduce", "value-write"))
# Those of them that read nothing.
_FILLS: Final = frozenset(("set", "value-write"))
# Launches that change an event or a notify, whose label is the name of the task.
_ON_EVENTS: Final = frozenset(("record", "reset", "notify-record", "notify-wait"))
_ON_NOTIFIES: Final = frozenset(("notify-record", "notify-wait"))


def thread_of(name: str) -> Thing:
    """Return what stands for the progress of a participant."""
    return ("progress", name)


def queue_of(thread: str) -> Thing:
    """Return what stands for the reports that wait for *thread*."""
    return ("reports", thread)


class Dependence:
    """Footprints of the records of one trace, to be asked for in the order of the trace."""

    def __init__(self, *, isolated: bool, timed: bool) -> None:
        self.isolated = isolated
        self.timed = timed
        self._posted = 0
        # Whether a wait with a time has been seen: from then on, timers may be compared with pending events.
        self.waits_timed = False
        self._unknown: set[tuple[str, int]] = set()
        self._accesses: dict[tuple[str, int], tuple[memory.Ranges, memory.Ranges]] = {}

    def __repr__(self) -> str:
        hosts = "isolated" if self.isolated else "opaque"
        return f"Dependence({hosts} threads, {'timed' if self.timed else 'untimed'})"

    def of(self, record: made.Record) -> Footprint:
        """Return what *record* read and wrote, whoever took the step it belongs to."""
        find = _READERS.get(type(record))
        return _EVERYTHING if find is None else find(self, record)

    # -- host threads ------------------------------------------------------------------------------------------

    def _started(self, record: made.ThreadStarted) -> Footprint:
        return Footprint((), (thread_of(record.thread),))

    def _ended(self, record: made.ThreadEnded) -> Footprint:
        return Footprint((), (thread_of(record.thread), ENDS))

    def _called(self, record: made.Called) -> Footprint:
        op = record.op
        if op in _OWN:
            return Footprint((queue_of(record.thread),), ()) if op == "process_report" else _NOTHING
        about: Things = () if record.on is None else (record.on,)
        if op in _ASKING:
            return Footprint(about, ())
        if op in _NAMING:
            return Footprint((), (_NAMES, *about))
        return _EVERYTHING

    def _blocked(self, record: made.Blocked) -> Footprint:
        if record.op == "process_report":
            on: Things = (queue_of(record.thread),)
        elif record.op.startswith("synchronize_device"):
            on = (ALL,)
        elif record.op in ("join_thread", "stop_thread") and record.on is not None:
            on = (thread_of(record.on),)
        elif record.op == "wait_flag" and record.on is not None:
            on = (_flag(record.on),)
        else:
            on = () if record.on is None else (record.on,)
        self.waits_timed = self.waits_timed or record.timeout is not None
        # Those who wait for one thing are woken in the order in which they came.
        return Footprint(on, (("line", record.on),) if record.on is not None else ())

    def _synchronized(self, record: made.Synchronized) -> Footprint:
        if record.op.startswith("synchronize_device"):
            return _EVERYTHING
        streams: Things = tuple(stream for stream, _ in record.targets)
        # A code is a stored failure, which is forgotten with that (rule e13).
        return Footprint((), (*streams, _FAILURES)) if record.code else Footprint((*streams, _FAILURES), ())

    def _awaited(self, record: memory.Awaited) -> Footprint:
        return Footprint((record.stream,), ())

    def _forked(self, record: memory.Forked | memory.Joined) -> Footprint:
        return Footprint((thread_of(record.child),), ())

    def _flag_set(self, record: memory.FlagSet) -> Footprint:
        return Footprint((), (_flag(record.flag),))

    def _flag_seen(self, record: memory.FlagSeen) -> Footprint:
        return Footprint((_flag(record.flag),), ())

    # -- device ------------------------------------------------------------------------------------------------

    def _submitted(self, record: made.Submitted) -> Footprint:
        event: Things = (record.name,) if record.kind in _ON_EVENTS else ()
        return Footprint((_FAILURES,), (record.stream, *event))

    def _task_access(self, record: memory.TaskAccess) -> Footprint:
        self._accesses[record.stream, record.seq] = record.reads, record.writes
        if not (record.exact or record.reads or record.writes):
            self._unknown.add((record.stream, record.seq))  # a kernel of which nobody says what it touches
        return _NOTHING

    def _ran(self, record: made.TaskRan) -> Footprint:
        if record.kind in _ON_NOTIFIES:
            return Footprint((), (record.stream, record.name))
        reads, writes = self._accesses.get((record.stream, record.seq), ((), ()))
        if (record.stream, record.seq) in self._unknown:
            return _EVERYTHING
        if record.kind in _MOVES_BYTES and not (writes and (reads or record.kind in _FILLS)):
            return _EVERYTHING  # one end is memory that nobody knows
        touched = _buffers(reads, writes)
        shared: Things = (HOST,) if touched != _NOTHING and not self.isolated else ()
        return Footprint(touched.reads, (record.stream, *shared, *touched.writes))

    def _host_access(self, record: memory.HostAccess) -> Footprint:
        return _buffers(record.reads, record.writes)

    def _poison(self, record: memory.PoisonRead) -> Footprint:
        return Footprint((("buffer", record.buffer),), ())

    def _buffer(self, record: memory.Allocated | memory.Freed) -> Footprint:
        return Footprint((), (_NAMES, ("buffer", record.buffer)))

    def _on_stream(self, record: made.StreamCreated | made.CallbackReleased) -> Footprint:
        return Footprint((), (record.stream,))

    def _failed(self, record: made.StreamFailed | made.TaskDropped) -> Footprint:
        return Footprint((), (record.stream, _FAILURES))

    def _bound(self, record: made.EventBound) -> Footprint:
        return Footprint((record.event,), (record.stream,))

    def _recorded(self, record: made.EventRecorded) -> Footprint:
        return Footprint((), (record.event, record.stream))

    def _held(self, record: waits.Held | waits.Passed) -> Footprint:
        # Who comes first to a notify passes first; a value is read.
        return Footprint((("buffer", record.what),), (record.stream, record.what))

    # -- reports -----------------------------------------------------------------------------------------------

    def _posted_one(self, record: made.ReportPosted) -> Footprint:
        self._posted += 1
        room: Things = (("room", record.thread),) if self._posted > _FEW_REPORTS else ()
        return Footprint((), (record.stream, queue_of(record.thread), *room))

    def _taken(self, record: made.ReportsTaken) -> Footprint:
        return Footprint((), (queue_of(record.thread),))

    def _callback_ended(self, record: made.CallbackEnded) -> Footprint:
        return Footprint((), (("room", record.thread),) if self._posted > _FEW_REPORTS else ())

    def _subscribed(self, record: Subscribed | Unsubscribed) -> Footprint:
        return Footprint((), (record.stream, queue_of(record.thread), _NAMES))

    def _nothing(self, _record: object) -> Footprint:
        return _NOTHING


def _flag(name: str) -> Thing:
    return ("flag", name)


def _buffers(reads: memory.Ranges, writes: memory.Ranges) -> Footprint:
    def named(ranges: memory.Ranges) -> Things:
        return tuple(("buffer", buffer) for buffer, _, _ in ranges)

    return Footprint(named(reads), named(writes)) if reads or writes else _NOTHING


_READERS: Final = cast(
    "Mapping[type, Callable[[Dependence, Any], Footprint]]",
    {
        made.ThreadStarted: Dependence._started,  # noqa: SLF001 - a table of this module's own methods
        made.ThreadEnded: Dependence._ended,  # noqa: SLF001
        made.Called: Dependence._called,  # noqa: SLF001
        made.Blocked: Dependence._blocked,  # noqa: SLF001
        made.StreamCreated: Dependence._on_stream,  # noqa: SLF001
        made.Submitted: Dependence._submitted,  # noqa: SLF001
        made.TaskRan: Dependence._ran,  # noqa: SLF001
        made.TaskDropped: Dependence._failed,  # noqa: SLF001
        made.ReportPosted: Dependence._posted_one,  # noqa: SLF001
        made.ReportsTaken: Dependence._taken,  # noqa: SLF001
        made.CallbackStarted: Dependence._nothing,  # noqa: SLF001
        made.CallbackEnded: Dependence._callback_ended,  # noqa: SLF001
        made.CallbackReleased: Dependence._on_stream,  # noqa: SLF001
        made.EventBound: Dependence._bound,  # noqa: SLF001
        made.EventRecorded: Dependence._recorded,  # noqa: SLF001
        waits.Held: Dependence._held,  # noqa: SLF001
        waits.Passed: Dependence._held,  # noqa: SLF001
        made.Synchronized: Dependence._synchronized,  # noqa: SLF001
        Subscribed: Dependence._subscribed,  # noqa: SLF001
        Unsubscribed: Dependence._subscribed,  # noqa: SLF001
        made.StreamFailed: Dependence._failed,  # noqa: SLF001
        made.Moved: Dependence._nothing,  # noqa: SLF001 - whoever moved it left another record
        made.Noted: Dependence._nothing,  # noqa: SLF001
        remarks.Unread: Dependence._nothing,  # noqa: SLF001
        memory.TaskAccess: Dependence._task_access,  # noqa: SLF001
        memory.HostAccess: Dependence._host_access,  # noqa: SLF001
        memory.PoisonRead: Dependence._poison,  # noqa: SLF001
        memory.Allocated: Dependence._buffer,  # noqa: SLF001
        memory.Freed: Dependence._buffer,  # noqa: SLF001
        memory.Awaited: Dependence._awaited,  # noqa: SLF001
        memory.Forked: Dependence._forked,  # noqa: SLF001
        memory.Joined: Dependence._forked,  # noqa: SLF001
        memory.FlagSet: Dependence._flag_set,  # noqa: SLF001
        memory.FlagSeen: Dependence._flag_seen,  # noqa: SLF001
    },
)

# What of a record is behaviour: all but times and source lines.
_WITHOUT: Final = frozenset(("time", "began", "start", "site"))


def _contents(kind: type[Any]) -> Callable[[Any], object]:
    kept = [at for at, name in enumerate(kind._fields) if name not in _WITHOUT]
    return itemgetter(*kept)


_CONTENT: Final = {kind: _contents(kind) for kind in _READERS}


def content_of(record: made.Record) -> object:
    """Return what of *record* does not depend on simulated time or on where the program stands on disk."""
    content = _CONTENT.get(type(record))
    if content is None:
        content = _CONTENT[type(record)] = _contents(type(record))
    return content(record)
