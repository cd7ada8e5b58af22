"""Memory that host and device both reach at the same addresses (aclrtMemAllocManaged, rule d8).

It takes nothing from the device until it is touched there, which nobody sees here: it counts nowhere (UNVERIFIED).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.base.errors import Fault
from simulator.core.accesses import note_allocated
from simulator.core.memory import Place
from simulator.core.operations.allocations import HUGE_PAGE, rounded_up
from simulator.core.operations.launches import launch_host_func
from simulator.engine.wait import Wait

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.core.runtime import Caller, Runtime
    from simulator.core.streams import Stream


def allocate(rt: Runtime, size: int) -> tuple[int] | Fault:
    """Reserve managed memory in whole huge pages: (address,)."""
    region = rt.memory.allocate(
        rounded_up(size, HUGE_PAGE), 0, Place.MANAGED, None, rt.wanted_name(), HUGE_PAGE
    )
    if region is None:
        return Fault.HOST_OUT_OF_MEMORY
    note_allocated(rt, region.label, region.place, None, region.size)
    return (region.address,)


def touches_managed(rt: Runtime, *addresses: int) -> bool:
    """Tell whether managed memory lies at one of these addresses."""
    return rt.memory.managed > 0 and any(rt.memory.place_of(at) is Place.MANAGED for at in addresses)


def as_host_function(rt: Runtime, me: Caller, stream: Stream, work: Callable[[], object]) -> object:
    """Let the runtime's own thread do what the stream would have done itself; a failure there is lost."""
    if stream.subscription is not None and not stream.subscription.internal:
        return Fault.STREAM_SUBSCRIBE

    def managed_memory(_data: object) -> None:
        rt.host.enter()
        try:
            result = work()
            while isinstance(result, Wait):
                outcome = rt.host.wait(result)
                result = None if result.then is None else result.then(outcome)
        finally:
            rt.host.leave()

    return launch_host_func(rt, me, stream, managed_memory, None)
