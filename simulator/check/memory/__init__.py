"""Memory: what a run did to the bytes of its buffers, judged on what came before what, not on how it went this time.

In a test: `assert check_memory(session.trace) == ()`. Found are races between streams, host threads and callbacks,
buffers freed while a task may still use them, uses after that, and readings of bytes that nobody wrote. Not seen:
what a program does to memory by itself (numpy views, ctypes), memory of its own that it has not registered, and the
data sets that a scenario's runs are given when it names none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from simulator.base.memory_records import Freed, HostAccess, TaskAccess
from simulator.base.trace import Record, Trace
from simulator.check.finding import Finding
from simulator.check.memory.order import Order
from simulator.check.memory.reader import MemoryReader
from simulator.check.memory.wording import about_blank, about_clash, about_stale

__all__ = ["check_memory"]

_USES: Final = frozenset({TaskAccess, HostAccess, Freed})


def check_memory(
    trace: Iterable[Record], *, closed: bool = True, isolated: bool = False
) -> tuple[Finding, ...]:
    """Return what is wrong with the use of memory in *trace*.

    The records must stand in causal order. `closed=False` is for a run that still goes on. `isolated` says that host
    threads tell each other nothing but what the records of flags, starts and joins show; a `Trace` says it itself.
    """
    if isinstance(trace, Trace):
        isolated = isolated or trace.isolated
    records = list(trace)
    if not any(type(record) in _USES for record in records):
        return ()
    order = Order(isolated=isolated)
    memory = MemoryReader(order)
    handlers: dict[type, list[Callable[[int, Any], None]]] = {}
    for reader in (order, memory):
        for kind, handler in reader.handlers.items():
            handlers.setdefault(kind, []).append(handler)
    for index, record in enumerate(records):
        for handler in handlers.get(type(record), ()):
            handler(index, record)
    if closed:
        memory.at_end()
    return (
        *map(about_clash, memory.clashes.values()),
        *map(about_stale, memory.stale.values()),
        *map(about_blank, memory.blanks),
    )
