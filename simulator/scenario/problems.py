"""What is wrong with a scenario file, with the place of it: collected first, shown together.

A person mends a file once, not once per mistake; so the loader gathers problems and raises one `UserError`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Final, NamedTuple

from simulator.base.errors import UserError

# More than this many lines hide the first mistake, which usually causes the others.
MOST_SHOWN: Final = 20
_LONGEST_VALUE: Final = 40


class Position(NamedTuple):
    """A place in a file, counted from 1 as editors do; line 0 means the file as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file

    @property
    def short(self) -> str:
        """The place without folders and column: "hello.yaml:17"."""
        name = self.file.rsplit("/", 1)[-1]
        return f"{name}:{self.line}" if self.line else name


class Problem(NamedTuple):
    """One mistake: where, what, and what to do about it (may be empty)."""

    position: Position
    message: str
    hint: str = ""

    def __str__(self) -> str:
        hint = f"; {self.hint}" if self.hint else ""
        return f"{self.position}: {self.message}{hint}"


def refuse(problems: Iterable[Problem]) -> UserError:
    """Return the one error that shows *problems* in the order of the file, at most `MOST_SHOWN` of them."""
    ordered = sorted(dict.fromkeys(problems), key=lambda problem: (problem.position, problem.message))
    lines = [str(problem) for problem in ordered[:MOST_SHOWN]]
    if len(ordered) > MOST_SHOWN:
        lines.append(f"… and {len(ordered) - MOST_SHOWN} more problems")
    return UserError("\n".join(lines))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return "did you mean 'x'?" for the closest of *known*, or "" when none is close."""
    close = difflib.get_close_matches(word.lower(), sorted(known), n=1, cutoff=0.6)
    return f"did you mean '{close[0]}'?" if close else ""


def suggest(word: str, known: Iterable[str]) -> str:
    """Return the closest of *known*, else all of them when they are few: what to write instead of *word*."""
    names = sorted(set(known))
    few = 12
    if hint := did_you_mean(word, names):
        return hint
    if not names:
        return ""
    return f"known: {', '.join(names)}" if len(names) <= few else ""


def shown(value: object) -> str:
    """Return a repr of *value* that fits a message, whatever somebody wrote."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if value is None:
        return "nothing"
    text = repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"
