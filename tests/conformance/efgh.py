"""What the tests of streams, events, devices and memory share."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

from acl_api import codes
from simulator.base.trace import TaskRan
from tests.conformance.machine import FORGED, NULL, Machine, c, mdl, rt

__all__ = ["FORGED", "NULL", "Machine", "c", "codes", "mdl", "rt"]

SYNC = 1
PROGRESS = 2
DEFAULT_SYNC = 4
TIME_LINE = 8
DEVICE_USE_ONLY = 0x10
EXTERNAL = 0x20
IPC = 0x40

H2H, H2D, D2H, D2D, DEFAULT = range(5)
MS = 1_000_000
SECOND = 1000 * MS


def old_event(flag: int = SYNC) -> int:
    """An event of the old kind."""
    event, code = rt.create_event_with_flag(flag)
    assert code == 0
    return int(event)


def new_event(flag: int = SYNC | TIME_LINE) -> int:
    """An event of the new kind."""
    event, code = rt.create_event_ex_with_flag(flag)
    assert code == 0
    return int(event)


def default_event() -> int:
    """An event without flags of its own."""
    event, code = rt.create_event()
    assert code == 0
    return int(event)


def hold(stream: int) -> Callable[[], None]:
    """Keep *stream* busy with an event that nobody has recorded; call the result to let it go on."""
    gate = old_event(SYNC)
    home, _ = rt.get_context()
    opener, code = rt.create_stream()
    assert code == 0
    assert rt.stream_wait_event(stream, gate) == 0

    def release() -> None:
        assert rt.set_context(home) == 0
        assert rt.record_event(gate, opener) == 0

    return release


def other_context(device: int = 0) -> int:
    """Make another context on *device* without leaving the current one."""
    home, code = rt.get_context()
    assert code == 0
    other, code = rt.create_context(device)
    assert code == 0
    assert rt.set_context(home) == 0
    return int(other)


def stream_in(context: int) -> int:
    """Make a stream in another context without leaving the current one."""
    home, _ = rt.get_context()
    assert rt.set_context(context) == 0
    stream, code = rt.create_stream()
    assert code == 0
    assert rt.set_context(home) == 0
    return int(stream)


def without_context(m: Machine, call: Callable[[], Any]) -> Any:
    """Return what *call* returns in a new thread, which has no context."""
    return m.run_in_thread(call, "newcomer")


def device_memory(size: int = 64) -> int:
    """Device memory of *size* bytes."""
    pointer, code = rt.malloc(size, 0)
    assert code == 0
    return int(pointer)


def pinned_memory(size: int = 64) -> int:
    """Pinned host memory of *size* bytes."""
    pointer, code = rt.malloc_host(size)
    assert code == 0
    return int(pointer)


def peek(address: int, size: int) -> bytes:
    """What stands at an address now, whoever it belongs to."""
    return ctypes.string_at(address, size)


def poke(address: int, data: bytes) -> None:
    """Write to an address, behind the runtime's back."""
    ctypes.memmove(address, data, len(data))


def finish_order(m: Machine, kind: str) -> list[str]:
    """The streams whose tasks of that kind have ended, in that order."""
    return [record.stream for record in m.records(TaskRan) if record.kind == kind]


def label(m: Machine, stream: int) -> str:
    """The name that a stream has in the trace."""
    return str(m.session.runtime.handles.live[stream])
