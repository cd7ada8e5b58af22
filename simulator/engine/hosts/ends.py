"""How a run ends, and what unwinds the threads that are left then."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class RunKind(Enum):
    """How a run ended."""

    DONE = "done"
    DEADLOCK = "deadlock"
    STALLED = "stalled"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run ended, at which simulated time in ns, and one line that says what was observed."""

    kind: RunKind
    now: int
    text: str


class Stuck(Exception):  # noqa: N818 - a result, not an error
    """Raised out of a wait of the thread that drives the run itself, when the run cannot go on."""

    def __init__(self, end: RunEnd) -> None:
        super().__init__(f"{end.kind.value}: {end.text}")
        self.end = end


class ThreadKilled(BaseException):
    """Unwinds a host thread that is still blocked when the run is over."""
