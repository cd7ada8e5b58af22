"""Whether the program looks at what a call returns: read from the bytecode behind the call.

Every function of the runtime tells by its code whether it did anything. A call whose code is dropped, or kept in
a variable that nothing reads before it is overwritten, hides the first mistake behind the last.
"""

from __future__ import annotations

import dis
import os
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from types import CodeType
from typing import Any, Final

from simulator.base.lines import Spot

_STDLIB: Final = os.path.dirname(os.__file__) + os.sep  # noqa: PTH120 - compared with strings, for every code once
_ENDS: Final = frozenset({"RETURN_VALUE", "RETURN_CONST", "RAISE_VARARGS", "RERAISE"})
_JUMPS: Final = frozenset({"JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT"})
# How far behind the call the last of several results may be stored: `self.streams[i], ret = …`.
_NEAR: Final = 16


# Reading a function takes a millisecond, and explorers run the same ones thousands of times. By the code's id, which
# hashes faster than the code does; the code is kept, so that its id stays its own.
_MOST_KNOWN: Final = 10_000
_known: Final[dict[tuple[int, int], tuple[CodeType, bool]]] = {}
# The same by the code itself, for code that is read from its file again in every process.
_learnt: Final[dict[tuple[CodeType, int], bool]] = {}


def is_unread(spot: Spot, results: int) -> bool:
    """Tell whether nothing reads the last of the *results* values that the call at *spot* returns.

    Where that cannot be told from the function itself, it is taken to be read; so is every call of the standard
    library, which only passes on what the program has asked for.
    """
    key = (id(spot[0]), spot[1])
    known = _known.get(key)
    if known is None:
        if len(_known) == _MOST_KNOWN:
            _known.clear()
        answer = _learnt.get(spot)
        known = _known[key] = (spot[0], _is_unread(*spot, results) if answer is None else answer)
    return known[1]


def known_spots() -> list[tuple[CodeType, int, bool]]:
    """Return what has been found out in this process, for another one to learn."""
    return [(code, offset, answer) for (_, offset), (code, answer) in _known.items()]


def learn(spots: Iterable[tuple[CodeType, int, bool]]) -> None:
    """Take over what another process has found out."""
    _learnt.update(((code, offset), answer) for code, offset, answer in spots)


def _is_unread(code: CodeType, offset: int, results: int) -> bool:
    if code.co_filename.startswith("<frozen") or (
        code.co_filename.startswith(_STDLIB) and "site-packages" not in code.co_filename
    ):
        return False
    body = _Body(code)
    # While it calls, early 3.11 stands on the caches behind the instruction.
    after = bisect_right(list(body.place), offset)
    if after == len(body.steps):
        return False
    if body.steps[after].opname == "POP_TOP":
        return True
    stored = body.last_store(after, results)
    return stored is not None and body.is_lost(*stored)


class _Body:
    """The instructions of one function, and where each may lead."""

    def __init__(self, code: CodeType) -> None:
        listing: Any = dis.Bytecode(code)  # whose exception table type checkers do not know
        self._code = code
        self.steps: list[dis.Instruction] = list(listing)
        self.place = {step.offset: at for at, step in enumerate(self.steps)}
        self._handlers = [(entry.start, entry.end, entry.target) for entry in listing.exception_entries]

    def __repr__(self) -> str:
        return f"<body of {self._code.co_name}: {len(self.steps)} instructions>"

    def last_store(self, at: int, results: int) -> tuple[str, int] | None:
        """Return the variable that the last of *results* values goes to, and where; None when it goes elsewhere."""
        if results > 1:
            if (self.steps[at].opname, self.steps[at].arg) != ("UNPACK_SEQUENCE", results):
                return None
            at += 1
        for here in range(at, min(at + _NEAR, len(self.steps))):
            name = self.steps[here].opname
            if not name.startswith("STORE_"):
                if results == 1:
                    return None
                continue
            results -= 2 if name == "STORE_FAST_STORE_FAST" and results > 1 else 1
            if results == 0:
                return self._variable(here)
        return None

    def _variable(self, at: int) -> tuple[str, int] | None:
        step = self.steps[at]
        if step.opname == "STORE_FAST_STORE_FAST":
            return step.argval[1], at
        if step.opname == "STORE_FAST_LOAD_FAST":
            # Read at once when both are one variable.
            return None if step.argval[0] == step.argval[1] else (step.argval[0], at)
        if step.opname == "STORE_FAST":
            return step.argval, at
        # Functions of the module may read its variables; those of other kinds are anybody's.
        inner = _inner(self._code)
        if step.opname == "STORE_NAME" and not any(step.argval in code.co_names for code in inner):
            return step.argval, at
        return None

    def is_lost(self, name: str, stored: int) -> bool:
        """Tell whether no way onward from *stored* reads the variable *name* before it is stored again."""
        todo, seen = list(self._onward(stored)), set()
        while todo:
            at = todo.pop()
            if at in seen:
                continue
            seen.add(at)
            touch = _touches(self.steps[at], name)
            if touch == "reads":
                return False
            if touch is None:
                todo += self._onward(at)
        return True

    def _onward(self, at: int) -> Iterator[int]:
        step = self.steps[at]
        if step.opcode in dis.hasjrel or step.opcode in dis.hasjabs:
            yield self.place[step.argval]
        if step.opname not in _ENDS | _JUMPS and at + 1 < len(self.steps):
            yield at + 1
        yield from (self.place[target] for start, end, target in self._handlers if start <= step.offset < end)


def _touches(step: dis.Instruction, name: str) -> str | None:
    """Return what *step* does first with the variable: "reads", "stores", or None."""
    names = step.argval if isinstance(step.argval, tuple) else (step.argval,)
    if step.opname in ("LOAD_CONST", "RETURN_CONST") or name not in names:
        return None
    if step.opname == "STORE_FAST_LOAD_FAST":
        return "stores" if names[0] == name else "reads"
    if step.opname.startswith(("STORE_FAST", "STORE_NAME", "DELETE_FAST", "DELETE_NAME")):
        return "stores"
    return "reads" if step.opname.startswith("LOAD_") else None


def _inner(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _inner(constant)
