"""How many cores tasks may use: limits of devices, of streams, and of threads that take a stream's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simulator.base.errors import Fault

if TYPE_CHECKING:
    from simulator.core.devices import Device
    from simulator.core.runtime import Caller
    from simulator.core.streams import Stream

CUBE: Final = 0
VECTOR: Final = 1


def most(device: Device, kind: int) -> int:
    """Return how many cores of a kind the device has."""
    engines = device.profile.engines
    return engines.ai_cores if kind == CUBE else engines.vector_cores


def set_device_limit(device: Device, kind: int, cores: int) -> Fault | None:
    """Let tasks of the device use so many cores; more than there are is PARAM_INVALID."""
    if device.primary is None:
        return Fault.DEVICE_NOT_SET_UP
    if cores > most(device, kind):
        return Fault.PARAM_INVALID
    device.resources[kind] = cores
    return None


def get_device_limit(device: Device, kind: int) -> tuple[int] | Fault:
    """Return the limit of the device: all its cores before one was set."""
    if device.primary is None:
        return Fault.DEVICE_NOT_SET_UP
    return (device.resources.get(kind, most(device, kind)),)


def reset_device_limits(device: Device) -> Fault | None:
    """Let tasks use all cores again."""
    if device.primary is None:
        return Fault.DEVICE_NOT_SET_UP
    device.resources.clear()
    return None


def stream_limit(stream: Stream, kind: int) -> tuple[int]:
    """Return the stream's own limit, or else its device's."""
    device = stream.context.device
    return (stream.resources.get(kind, device.resources.get(kind, most(device, kind))),)


def thread_limit(me: Caller, device: Device, kind: int) -> tuple[int]:
    """Return what holds for the calling thread's launches: the limit of the stream it uses, or the device's."""
    used = me.resources_of
    if used is not None and used.live and kind in used.resources:
        return (used.resources[kind],)
    return (device.resources.get(kind, most(device, kind)),)
