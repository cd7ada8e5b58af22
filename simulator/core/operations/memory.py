"""Memory: allocate, free, copy and set (rules h1-h7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from simulator.base.errors import Fault
from simulator.core.memory import Place
from simulator.core.operations.submit import submit
from simulator.core.tasks import CopyTask, SetTask
from simulator.costs.protocol import Direction
from simulator.engine.wait import Outcome, Wait

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.streams import Stream

H2D: Final = 1
D2H: Final = 2
DEFAULT: Final = 4
_ROUND: Final = 32


def malloc(rt: Runtime, me: Caller, size: int) -> tuple[int] | Fault:
    """Reserve device memory: (address,). The device accounts *size* in 32s, plus padding (rule h1)."""
    context = me.live_context
    if context is None:
        return Fault.CONTEXT_NULL
    device = context.device
    rounded = -(-size // _ROUND) * _ROUND
    charged = rounded + device.profile.runtime.malloc_padding_bytes
    if device.memory_used + charged > device.profile.engines.memory_bytes:
        return Fault.DEVICE_OUT_OF_MEMORY
    region = rt.memory.allocate(rounded, charged, Place.DEVICE, device.index)
    if region is None:
        return Fault.DEVICE_OUT_OF_MEMORY
    device.memory_used += charged
    return (region.address,)


def malloc_host(rt: Runtime, size: int) -> tuple[int] | Fault:
    """Reserve pinned host memory: (address,) (rule h3)."""
    region = rt.memory.allocate(size, 0, Place.PINNED, None)
    return Fault.HOST_OUT_OF_MEMORY if region is None else (region.address,)


def free(rt: Runtime, address: int, place: Place) -> Fault | None:
    """Free at once, waiting for nothing (rule h2).

    What the driver answers to a second free or a foreign pointer is UNVERIFIED; here it is INVALID_ADDRESS
    and a finding.
    """
    region = rt.memory.regions.get(address)
    if region is None or region.place is not place:
        old = rt.memory.find_freed(address)
        what = "was freed before" if old is not None else f"is not the start of {place.value} memory"
        rt.note("bad-free", f"free of an address that {what}", "h2")
        return Fault.INVALID_ADDRESS
    if region.device is not None:
        rt.devices[region.device].memory_used -= region.charged
    rt.memory.free(region)
    return None


def memcpy(rt: Runtime, destination: int, source: int, count: int) -> object:
    """Copy now, in the caller's time; orders after nothing that streams do (rule h4)."""
    if not (rt.memory.fits(source, count) and rt.memory.fits(destination, count)):
        return _out_of_range(rt, "memcpy")
    direction = _direction(rt, destination, source)
    return _in_callers_time(
        rt,
        "memcpy",
        rt.costs.copy_ns(direction, count),
        lambda: _copy_effect(rt, destination, source, count),
    )


def memcpy_async(
    rt: Runtime, me: Caller, destination: int, source: int, count: int, kind: int, stream: Stream
) -> object:
    """Queue a copy; with pageable memory, synchronise the stream and copy in the caller's time (rule h5)."""
    if stream.context.stop_code:
        return stream.context.stop_code
    if rt.memory.find_freed(source) is not None or rt.memory.find_freed(destination) is not None:
        return _out_of_range(rt, "memcpy_async")
    ways = (rt.memory.place_of(source), rt.memory.place_of(destination))
    direction = _direction(rt, destination, source)
    if direction is Direction.HOST_TO_HOST:
        return Fault.NOT_SUPPORTED
    if destination == source:
        return None
    if Place.PAGEABLE in ways:
        listed = (H2D, DEFAULT) if direction is Direction.HOST_TO_DEVICE else (D2H, DEFAULT)
        if kind not in listed:
            return Fault.PARAM_INVALID
        return _after_stream(stream, lambda: memcpy(rt, destination, source, count))
    if not (rt.memory.fits(source, count) and rt.memory.fits(destination, count)):
        return _out_of_range(rt, "memcpy_async")
    name = f"{direction.value} {count} bytes"
    engine = stream.context.device.copy_engines.get(direction)
    duration = rt.costs.copy_ns(direction, count)

    def land() -> int:
        return rt.code_of(_copy_effect(rt, destination, source, count))

    return submit(rt, me, stream, lambda: (CopyTask(name, duration, land, engine),), "copy", name)


def memset(rt: Runtime, address: int, value: int, count: int) -> object:
    """Fill now, in the caller's time (rule h6)."""
    if not rt.memory.fits(address, count):
        return _out_of_range(rt, "memset")
    return _in_callers_time(
        rt, "memset", rt.costs.set_ns(count), lambda: _set_effect(rt, address, value, count)
    )


def memset_async(rt: Runtime, me: Caller, address: int, value: int, count: int, stream: Stream) -> object:
    """Queue a fill of device memory; pageable memory degrades as in memcpy_async (rule h6)."""
    if stream.context.stop_code:
        return stream.context.stop_code
    if rt.memory.place_of(address) is Place.PAGEABLE:
        return _after_stream(stream, lambda: memset(rt, address, value, count))
    if not rt.memory.fits(address, count):
        return _out_of_range(rt, "memset_async")
    name = f"set {count} bytes"
    engine = stream.context.device.copy_engines.get(Direction.DEVICE_TO_DEVICE)
    duration = rt.costs.set_ns(count)

    def land() -> int:
        return rt.code_of(_set_effect(rt, address, value, count))

    return submit(rt, me, stream, lambda: (SetTask(name, duration, land, engine),), "set", name)


def _direction(rt: Runtime, destination: int, source: int) -> Direction:
    """Return the way the addresses say (rule h4: the kind is ignored)."""
    to_device = rt.memory.place_of(destination) is Place.DEVICE
    from_device = rt.memory.place_of(source) is Place.DEVICE
    if from_device:
        return Direction.DEVICE_TO_DEVICE if to_device else Direction.DEVICE_TO_HOST
    return Direction.HOST_TO_DEVICE if to_device else Direction.HOST_TO_HOST


def _after_stream(stream: Stream, then: Callable[[], object]) -> object:
    """Synchronise the whole stream without limit, return its error if any, then go on (rule h5)."""

    def proceed(_outcome: Outcome) -> object:
        error = stream.context.stop_code or stream.take_error()
        return error or then()

    if stream.idle:
        return proceed(Outcome.FIRED)
    wait = stream.wait_settled("memcpy_async", stream.submitted)
    wait.then = proceed
    return wait


def _in_callers_time(rt: Runtime, op: str, duration: int, effect: Callable[[], Fault | None]) -> object:
    if duration == 0:
        return effect()
    wait = Wait(op, then=lambda _: effect())
    # A device event and not a host timer: the copy engine is at work, which is progress.
    rt.kernel.after(duration, lambda: _fire(wait))
    return wait


def _fire(wait: Wait) -> None:
    wait.fire()


def _copy_effect(rt: Runtime, destination: int, source: int, count: int) -> Fault | None:
    inside = rt.memory.fits(source, count) and rt.memory.fits(destination, count)
    if inside and rt.memory.copy(destination, source, count):
        return None
    return _out_of_range(rt, "memcpy")


def _set_effect(rt: Runtime, address: int, value: int, count: int) -> Fault | None:
    if rt.memory.fits(address, count) and rt.memory.fill(address, value, count):
        return None
    return _out_of_range(rt, "memset")


def _out_of_range(rt: Runtime, op: str) -> Fault:
    rt.note("bad-address", f"{op} reaches memory that is not mapped, was freed, or ends too early", "h4")
    return Fault.INVALID_ADDRESS
