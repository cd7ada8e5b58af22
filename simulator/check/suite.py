"""All checks of a trace that find mistakes of the program: what it notes of itself, misuse, memory, races, leaks.

The ordering guarantees are promises of the runtime and have a door of their own, `simulator.check.ordering`.
"""

from __future__ import annotations

from collections.abc import Sequence

from simulator.base.trace import Record, Trace
from simulator.check.finding import Finding
from simulator.check.leaks import find_leaks
from simulator.check.memory import check_memory
from simulator.check.misuse import find_misuse


def check_trace(trace: Trace | Sequence[Record], *, closed: bool = True) -> tuple[Finding, ...]:
    """Return the findings of all checks; `closed=False` for a run that did not come to its own end.

    Leaks are looked for in closed traces only: who is cut off releases nothing.
    """
    found = (*find_misuse(trace, closed=closed), *check_memory(trace, closed=closed))
    return (*found, *find_leaks(trace)) if closed else found
