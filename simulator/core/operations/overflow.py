"""The overflow status of a device: 64 bytes that nothing here ever sets (rule e21)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simulator.core.accesses import ranges_at
from simulator.core.memory import Place
from simulator.core.operations.memory import out_of_range
from simulator.core.operations.submit import submit
from simulator.core.tasks import SetTask
from simulator.costs.protocol import Direction

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.streams import Stream

_BYTES: Final = 64
_READ: Final = "overflow status"
_RESET: Final = "reset overflow status"


def get_status(rt: Runtime, me: Caller, address: int, _size: int, stream: Stream) -> object:
    """Queue a task that puts the status at an address: zeros."""
    if stream.context.stop_code:
        return stream.context.stop_code
    if rt.memory.place_of(address) is Place.PAGEABLE or not rt.memory.fits(address, _BYTES):
        return out_of_range(rt, "get_overflow_status")

    def land() -> int:
        there = rt.memory.fits(address, _BYTES) and rt.memory.fill(address, 0, _BYTES)
        return 0 if there else rt.code_of(out_of_range(rt, "get_overflow_status"))

    touches = None if rt.trace is None else ((), ranges_at(rt.memory, address, _BYTES), True)
    engine = stream.context.device.copy_engines.get(Direction.DEVICE_TO_DEVICE)
    task = SetTask(_READ, rt.costs.set_ns(_BYTES), land, engine)
    return submit(rt, me, stream, lambda: (task,), "set", _READ, touches=touches)


def reset_status(rt: Runtime, me: Caller, stream: Stream) -> object:
    """Queue a task that clears the status."""
    if stream.context.stop_code:
        return stream.context.stop_code
    task = SetTask(_RESET, 0, lambda: 0, None)
    return submit(rt, me, stream, lambda: (task,), "set", _RESET)
