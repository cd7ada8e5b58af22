"""Tasks that write a value into memory, or wait for one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from simulator.core.accesses import ranges_at
from simulator.core.memory import Place
from simulator.core.operations.submit import submit
from simulator.core.values import WORD, ValueWaitTask, ValueWriteTask

if TYPE_CHECKING:
    from simulator.core.memory import Memory
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.streams import Stream


def is_device_word(memory: Memory, address: int) -> bool:
    """Tell whether eight bytes of device memory lie at *address*."""
    region = memory.find(address)
    return region is not None and region.place is Place.DEVICE and address + WORD <= region.end


def value_write(rt: Runtime, me: Caller, address: int, value: int, stream: Stream) -> object:
    """Queue a task that writes the eight bytes of *value*."""
    if stream.context.stop_code:
        return stream.context.stop_code
    touches = None if rt.trace is None else ((), ranges_at(rt.memory, address, WORD), True)
    make = partial(_write, rt, address, value, stream)
    return submit(rt, me, stream, make, ValueWriteTask.kind, touches=touches)


def _write(rt: Runtime, address: int, value: int, stream: Stream) -> tuple[ValueWriteTask]:
    return (ValueWriteTask(rt, address, value, stream),)


def value_wait(rt: Runtime, me: Caller, address: int, value: int, flag: int, stream: Stream) -> object:
    """Queue a task that holds the stream until the bytes there compare with *value* as *flag* says."""
    if stream.context.stop_code:
        return stream.context.stop_code
    region = rt.memory.find(address)
    place = "memory" if region is None else region.label
    make = partial(_wait, rt, address, value, flag, place)
    return submit(rt, me, stream, make, ValueWaitTask.kind)


def _wait(rt: Runtime, address: int, value: int, flag: int, place: str) -> tuple[ValueWaitTask]:
    return (ValueWaitTask(rt, address, value, flag, place),)
