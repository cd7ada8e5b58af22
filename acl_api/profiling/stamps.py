"""Stamps: marks and spans that a program sets itself (MSPROFTX)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

_MOST: Final = 100
LONGEST_MESSAGE: Final = 128


@dataclass(slots=True)
class Stamp:
    """One stamp: its number in the pool, its message, and when it was pushed or its range began."""

    number: int
    message: str = ""
    began: int = 0

    def __repr__(self) -> str:
        return f"<stamp {self.number}: {self.message}>"


@dataclass(slots=True)
class StepInfo:
    """When a step of a training began and ended, as the program says (aclprofStepInfo)."""

    began: bool = False
    ended: bool = False


@dataclass(slots=True)
class Stamps:
    """The pool of stamps of a process; empty until profiling with stamps has started."""

    on: bool = False
    free: list[int] = field(default_factory=lambda: list(range(_MOST - 1, -1, -1)))
    # By thread, what was pushed and not popped.
    stacks: dict[str, list[Stamp]] = field(default_factory=dict)
    ranges: dict[int, Stamp] = field(default_factory=dict)

    def make(self) -> Stamp | None:
        """Return a fresh stamp; None when there are none left, or none are recorded."""
        return Stamp(self.free.pop()) if self.on and self.free else None

    def give_back(self, stamp: Stamp) -> None:
        """Put a stamp back into the pool."""
        self.free.append(stamp.number)
