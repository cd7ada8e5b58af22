"""Exit codes: stable, so that scripts may rely on them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Final


class ExitCode(IntEnum):
    """What the command says to its caller."""

    PASSED = 0
    FAILED = 1
    """An expectation or an ordering guarantee did not hold."""
    USAGE = 2
    """The command line or a file is wrong; nothing was run with it."""
    DEADLOCK = 3
    """The run could not go on, for certain or within the stated bounds."""
    INCONCLUSIVE = 4
    """The run used up its budget before anything could be said."""
    BUG = 70
    """A broken invariant of our own."""
    INTERRUPTED = 130
    """Ctrl-C."""


# What was proved wrong outweighs what could not be said.
_BY_WEIGHT: Final = (
    ExitCode.PASSED,
    ExitCode.INCONCLUSIVE,
    ExitCode.FAILED,
    ExitCode.DEADLOCK,
    ExitCode.USAGE,
    ExitCode.BUG,
    ExitCode.INTERRUPTED,
)


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """Return the weightiest of *codes*; PASSED when there are none."""
    return max(codes, key=_BY_WEIGHT.index, default=ExitCode.PASSED)
