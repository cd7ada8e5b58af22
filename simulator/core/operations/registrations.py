"""Memory of the program's own that it pins, and maybe maps for the device (aclrtHostRegister and its like)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.base.errors import Fault
from simulator.core.accesses import note_allocated, note_freed
from simulator.core.memory import Place
from simulator.core.operations.memory import out_of_range

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime


def host_register(
    rt: Runtime, me: Caller, address: int, size: int, *, mapped: bool = True
) -> tuple[int] | Fault:
    """Pin the program's own memory: (the device's address of it,), which is the same here."""
    if me.live_context is None:
        return Fault.CONTEXT_NULL
    if not rt.profile.features.host_register:
        return Fault.NOT_SUPPORTED
    if rt.memory.registered_in(address, size):
        return Fault.HOST_REGISTERED
    if rt.memory.place_of(address) is not Place.PAGEABLE or not rt.memory.mapped(address, size):
        return out_of_range(rt, "host_register")
    note_allocated(rt, rt.memory.register(address, size, mapped=mapped), Place.PINNED, None, size)
    return (address,)


def host_unregister(rt: Runtime, me: Caller, address: int) -> Fault | None:
    """Make registered memory pageable again."""
    if me.live_context is None:
        return Fault.CONTEXT_NULL
    if not rt.profile.features.host_register:
        return Fault.NOT_SUPPORTED
    registered = rt.memory.registered.pop(address, None)
    if registered is None:
        return Fault.HOST_NOT_REGISTERED
    note_freed(rt, registered.label)
    return None


def device_pointer(rt: Runtime, me: Caller, address: int) -> tuple[int] | Fault:
    """Return the device's address of registered memory: (address,)."""
    if me.live_context is None:
        return Fault.CONTEXT_NULL
    for start, registered in rt.memory.registered.items():
        if registered.mapped and start <= address < start + registered.size:
            return (address,)
    return Fault.PARAM_INVALID
