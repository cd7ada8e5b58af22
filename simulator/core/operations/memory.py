"""Memory: copy and set (rules h4-h7)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from simulator.base.errors import Fault
from simulator.core.accesses import (
    note_awaited,
    note_host_copy,
    note_host_use,
    note_poison,
    touched,
)
from simulator.core.failures import tell_failures
from simulator.core.memory import MOST_COPIES, Place
from simulator.core.operations.managed import as_host_function, touches_managed
from simulator.core.operations.submit import put_one, submit
from simulator.core.tasks import CopyTask, RowsCopyTask, SetTask
from simulator.costs.protocol import Direction
from simulator.engine.wait import Outcome, Wait

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.streams import Stream

H2D: Final = 1
D2H: Final = 2
DEFAULT: Final = 4
# The bytes go through a buffer of the runtime's: the source is the program's again at once.
BUFFERED: Final = 5
# Looked up once: on CPython 3.11 a member of an enum costs ten times as much as a global name.
_DEVICE: Final = Place.DEVICE
_TO_DEVICE: Final = Direction.HOST_TO_DEVICE
_FROM_DEVICE: Final = Direction.DEVICE_TO_HOST
_INSIDE: Final = Direction.DEVICE_TO_DEVICE


def memcpy(rt: Runtime, destination: int, source: int, count: int) -> object:
    """Copy now, in the caller's time; orders after nothing that streams do (rule h4)."""
    note_host_copy(rt, "memcpy", destination, source, count)
    if not (rt.memory.fits(source, count) and rt.memory.fits(destination, count)):
        return out_of_range(rt, "memcpy")
    _note_dropped(rt, source, destination)
    direction = direction_of(rt, destination, source)
    return in_callers_time(
        rt,
        "memcpy",
        rt.costs.copy_ns(direction, count),
        lambda: copy_effect(rt, destination, source, count),
    )


def memcpy_async(
    rt: Runtime, me: Caller, destination: int, source: int, count: int, kind: int, stream: Stream
) -> object:
    """Queue a copy; with pageable memory, synchronise the stream and copy in the caller's time (rule h5)."""
    context, memory = stream.context, rt.memory
    if context.stop_code:
        return context.stop_code
    if memory.managed and touches_managed(rt, destination, source):
        return as_host_function(rt, me, stream, lambda: memcpy(rt, destination, source, count))
    if kind == BUFFERED:
        return _copy_buffered(rt, me, destination, source, count, stream)
    task = memory.copies.get((context.device.index, destination, source, count))
    if task is None:
        answer = _copy_or_answer(rt, destination, source, count, kind, stream)
        if not isinstance(answer, CopyTask):
            return answer
        task = answer
    if stream.sender is not None or len(stream.queue) >= stream.depth:
        return submit(rt, me, stream, partial(tuple, (task,)), "copy", touches=task.touches)
    return put_one(rt, me, stream, task, "copy", None, task.touches)


def _copy_buffered(
    rt: Runtime, me: Caller, destination: int, source: int, count: int, stream: Stream
) -> object:
    """Queue a copy of what host memory holds now."""
    memory = rt.memory
    if memory.place_of(source) is _DEVICE or memory.place_of(destination) is not _DEVICE:
        return Fault.PARAM_INVALID
    note_host_use(rt, "memcpy_async", source, count)
    given = memory.read(source, count) if memory.fits(source, count) else None
    if given is None or not memory.fits(destination, count):
        return out_of_range(rt, "memcpy_async")

    def land() -> int:
        there = memory.fits(destination, count) and memory.store(destination, given)
        return 0 if there else rt.code_of(out_of_range(rt, "memcpy_async"))

    name = f"{_TO_DEVICE.value} {count} bytes"
    duration, engine = rt.costs.copy_ns(_TO_DEVICE, count), stream.context.device.copy_engines.get(_TO_DEVICE)
    touches = touched(rt, writes=((destination, count),))
    task = RowsCopyTask(name, duration, land, engine)
    return submit(rt, me, stream, lambda: (task,), "copy", name, touches=touches)


def _copy_or_answer(
    rt: Runtime, destination: int, source: int, count: int, kind: int, stream: Stream
) -> object:
    """Return the task of a copy that was not asked for lately, else what the call comes to without one."""
    memory, device = rt.memory, stream.context.device
    # `Memory.find` written out for addresses of whole ranges.
    origin = memory.regions.get(source) or memory.find(source)
    target = memory.regions.get(destination) or memory.find(destination)
    lasting = (
        origin is not None
        and target is not None
        and origin is not target
        and source + count <= origin.end
        and destination + count <= target.end
        and (origin.place is _DEVICE or target.place is _DEVICE)
    )
    if lasting:
        # Between two live ranges and inside both, by far the most common: each is looked up once, not five times.
        out_of = _INSIDE if target.place is _DEVICE else _FROM_DEVICE  # type: ignore[union-attr]
        way = out_of if origin.place is _DEVICE else _TO_DEVICE  # type: ignore[union-attr]
    else:
        answer = _way_or_answer(rt, destination, source, count, kind, stream)
        if not isinstance(answer, Direction):
            return answer
        way = answer
    duration, engine = rt.costs.copy_ns(way, count), device.copy_engines.get(way)
    task = CopyTask(rt, way, destination, source, count, _land_copy, duration, engine)
    if lasting:
        copies = memory.copies
        if len(copies) == MOST_COPIES:
            copies.clear()
        copies[device.index, destination, source, count] = task
    return task


def _way_or_answer(
    rt: Runtime, destination: int, source: int, count: int, kind: int, stream: Stream
) -> object:
    """Return the direction of a copy to queue, else what the call comes to without one."""
    if rt.memory.find_freed(source) is not None or rt.memory.find_freed(destination) is not None:
        note_host_copy(rt, "memcpy_async", destination, source, count)
        return out_of_range(rt, "memcpy_async")
    ways = (rt.memory.place_of(source), rt.memory.place_of(destination))
    direction = direction_of(rt, destination, source)
    if direction is Direction.HOST_TO_HOST:
        return Fault.NOT_SUPPORTED
    if destination == source:
        return None
    if Place.PAGEABLE in ways:
        listed = (H2D, DEFAULT) if direction is Direction.HOST_TO_DEVICE else (D2H, DEFAULT)
        if kind not in listed:
            return Fault.PARAM_INVALID
        return after_stream(rt, stream, partial(memcpy, rt, destination, source, count))
    if not (rt.memory.fits(source, count) and rt.memory.fits(destination, count)):
        return out_of_range(rt, "memcpy_async")
    return direction


def _land_copy(rt: Runtime, destination: int, source: int, count: int) -> int:
    note_poison(rt, source, count)
    return rt.code_of(copy_effect(rt, destination, source, count))


def memset(rt: Runtime, address: int, value: int, count: int) -> object:
    """Fill now, in the caller's time (rule h6)."""
    note_host_use(rt, "memset", address, count, writes=True)
    if not rt.memory.fits(address, count):
        return out_of_range(rt, "memset")
    return in_callers_time(
        rt, "memset", rt.costs.set_ns(count), lambda: _set_effect(rt, address, value, count)
    )


def memset_async(rt: Runtime, me: Caller, address: int, value: int, count: int, stream: Stream) -> object:
    """Queue a fill of device memory; pageable memory degrades as in memcpy_async (rule h6)."""
    if stream.context.stop_code:
        return stream.context.stop_code
    if touches_managed(rt, address):
        return as_host_function(rt, me, stream, lambda: memset(rt, address, value, count))
    if rt.memory.place_of(address) is Place.PAGEABLE:
        return after_stream(rt, stream, lambda: memset(rt, address, value, count))
    if not rt.memory.fits(address, count):
        return out_of_range(rt, "memset_async")
    name = f"set {count} bytes"
    engine = stream.context.device.copy_engines.get(Direction.DEVICE_TO_DEVICE)
    duration = rt.costs.set_ns(count)

    def land() -> int:
        return rt.code_of(_set_effect(rt, address, value, count))

    touches = touched(rt, writes=((address, count),))
    return submit(
        rt, me, stream, lambda: (SetTask(name, duration, land, engine),), "set", name, touches=touches
    )


def _note_dropped(rt: Runtime, *addresses: int) -> None:
    if any(rt.memory.lending.dropped(address) for address in addresses):
        rt.note(
            "temporary-pointer",
            "a copy uses the address of a bytes object or array that the program no longer holds: "
            "keep it in a variable as long as its address is used",
            "h4",
        )


def direction_of(rt: Runtime, destination: int, source: int) -> Direction:
    """Return the way the addresses say (rule h4: the kind is ignored)."""
    to_device = rt.memory.place_of(destination) is Place.DEVICE
    from_device = rt.memory.place_of(source) is Place.DEVICE
    if from_device:
        return Direction.DEVICE_TO_DEVICE if to_device else Direction.DEVICE_TO_HOST
    return Direction.HOST_TO_DEVICE if to_device else Direction.HOST_TO_HOST


def after_stream(rt: Runtime, stream: Stream, then: Callable[[], object]) -> object:
    """Synchronise the whole stream without limit, return its error if any, then go on (rule h5)."""
    target = stream.submitted

    def proceed(outcome: Outcome) -> object:
        if outcome is Outcome.CANCELLED:
            return stream.refused
        note_awaited(rt, ((stream, target),))
        tell_failures(rt, (stream,))
        error = stream.context.stop_code or stream.take_error()
        return error or then()

    if stream.refuses:
        return stream.refuses
    if stream.idle:
        return proceed(Outcome.FIRED)
    wait = stream.wait_settled("memcpy_async", target)
    wait.then = proceed
    return wait


def in_callers_time(rt: Runtime, op: str, duration: int, effect: Callable[[], Fault | None]) -> object:
    """Return the wait of a copy or fill that the caller stands by for; *effect* is what it does at its end."""

    def do() -> Fault | None:
        result = effect()
        if rt.watches.gates:
            rt.watches.look(thread=rt.host.current())
        return result

    if duration == 0:
        return do()
    wait = Wait(op, then=lambda _: do())
    # A device event and not a host timer: the copy engine is at work, which is progress.
    rt.kernel.after(duration, lambda: _fire(wait))
    return wait


def _fire(wait: Wait) -> None:
    wait.fire()


def copy_effect(rt: Runtime, destination: int, source: int, count: int) -> Fault | None:
    """Move the bytes of a copy, which may lie in memory that was freed meanwhile."""
    inside = rt.memory.fits(source, count) and rt.memory.fits(destination, count)
    if inside and rt.memory.copy(destination, source, count):
        return None
    return out_of_range(rt, "memcpy")


def _set_effect(rt: Runtime, address: int, value: int, count: int) -> Fault | None:
    if rt.memory.fits(address, count) and rt.memory.fill(address, value, count):
        return None
    return out_of_range(rt, "memset")


def out_of_range(rt: Runtime, op: str) -> Fault:
    """Answer an address that cannot be meant with a code and a finding."""
    rt.note("bad-address", f"{op} reaches memory that is not mapped, was freed, or ends too early", "h4")
    return Fault.INVALID_ADDRESS
