"""Lines of the program: a call keeps where it stands cheaply, and it becomes text when somebody reads it."""

from __future__ import annotations

from types import CodeType
from typing import Final

# Code and offset of an instruction. A plain tuple: one is made per launch, and finding the line costs more.
Spot = tuple[CodeType, int]
# The place of calls that a scenario's runner makes by itself: what they make is not the scenario's to release.
NOBODYS: Final = "what the scenario leaves to its runner"


def line_text(code: CodeType, line: int) -> str:
    """Return a line as people read it: "prog.py:12 in main"."""
    # As PurePath.name, at a twentieth of its cost: explorers ask in every run.
    return f"{code.co_filename.rpartition('/')[2]}:{line} in {code.co_name}"


def spot_text(spot: Spot) -> str:
    """Return the line that the instruction at *spot* belongs to."""
    code, offset = spot
    lines = (line for first, end, line in code.co_lines() if first <= offset < end)
    return line_text(code, next(lines, None) or code.co_firstlineno)


def known_text(spot: Spot, texts: dict[tuple[int, int], str]) -> str:
    """Return the text of *spot*, from *texts* if it is there; hashing code itself would cost more than all else."""
    key = (id(spot[0]), spot[1])
    text = texts.get(key)
    if text is None:
        text = texts[key] = spot_text(spot)
    return text
