"""Changes to the running model that can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import FunctionType
from typing import Any, Final, cast

from acl_api.table import ROWS
from acl_api.table.row import Check, Row

Function = Callable[..., Any]
_UNDO = Callable[[], None]


class Patches:
    """What one mutant has changed; `undo` puts everything back, the last change first."""

    def __init__(self) -> None:
        self._undo: Final[list[_UNDO]] = []

    def __repr__(self) -> str:
        return f"<{len(self._undo)} patches>"

    def undo(self) -> None:
        """Put everything back."""
        while self._undo:
            self._undo.pop()()

    def attribute(self, owner: object, name: str, value: object) -> None:
        """Give *owner*, a class or module, another attribute of that name."""
        if name in vars(owner):
            before = vars(owner)[name]
            self._undo.append(lambda: setattr(owner, name, before))
        else:  # inherited
            self._undo.append(lambda: delattr(owner, name))
        setattr(owner, name, value)

    def method(self, owner: type, name: str, make: Callable[[Function], Function]) -> None:
        """Give the class *owner* another method: what *make* makes of the one it has."""
        self.attribute(owner, name, make(getattr(owner, name)))

    def function(self, function: Function, make: Callable[[Function], Function]) -> None:
        """Let *function* do what *make* makes of it, also for those who have imported it or keep it in a table.

        The function object stays, so its code is exchanged: for one that calls what stands among its constants.
        """
        old = cast("FunctionType", function)
        right = FunctionType(old.__code__, old.__globals__, old.__name__, old.__defaults__, old.__closure__)
        right.__kwdefaults__ = old.__kwdefaults__
        wrong = make(right)
        code = _trampoline.__code__
        constants = tuple(wrong if constant == _WRONG else constant for constant in code.co_consts)
        before = old.__code__
        self._undo.append(lambda: setattr(old, "__code__", before))
        old.__code__ = code.replace(
            co_consts=constants, co_name=before.co_name, co_qualname=before.co_qualname
        )

    def row(self, name: str, **changes: object) -> None:
        """Let the function of the surface called *name* have another row; sessions opened from now on use it."""
        rows = cast("dict[str, Row]", ROWS)
        before = rows[name]
        self._undo.append(lambda: rows.__setitem__(name, before))
        rows[name] = replace(before, **changes)  # type: ignore[arg-type]  # names of fields, by the caller's care

    def checks(self, name: str, make: Callable[[list[Check]], list[Check]]) -> None:
        """Let the function *name* check what *make* makes of its checks."""
        self.row(name, checks=tuple(make(list(ROWS[name].checks))))


_WRONG: Final = "exchanged"


def _trampoline(*args: object, **kwargs: object) -> object:
    """Call the constant that stands in the place of the text; it needs nothing from anywhere else."""
    wrong: Any = "exchanged"
    return wrong(*args, **kwargs)
