"""Functions of a C program, as the runtime calls them: callbacks, host functions, allocators, state callbacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, cast

from acl_api.cabi.declarations import callbacks
from acl_api.cabi.memory import bits_of

if TYPE_CHECKING:
    from simulator.engine.hosts.free_foreign import ForeignHost

# Calls the function of that type, by its number, at an address; takes and gives cells.
Invoke = Callable[[int, int, list[int]], int]

_NUMBERS: Final = {name: number for number, name in enumerate(callbacks())}
_SIGNED_64: Final = 1 << 63


class ProgramFunction:
    """One function of the program's: called outside of Python, so other threads run meanwhile.

    Equal when it is the same function. An exception never comes out: one of C++ ends the process with a line on
    stderr (`source/front.c`).
    """

    __slots__ = ("__name__", "_host", "_invoke", "_number", "_void", "address")

    def __init__(self, ctype: str, address: int, name: str, invoke: Invoke, host: ForeignHost) -> None:
        self.address: int = address
        self.__name__: str = name
        self._invoke = invoke
        self._number = _NUMBERS[ctype]
        self._void = callbacks()[ctype].returns == "void"
        self._host = host

    def __repr__(self) -> str:
        return f"<C function {self.__name__}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ProgramFunction) and other.address == self.address

    def __hash__(self) -> int:
        return hash(self.address)

    def __call__(self, *args: object) -> int | None:
        """Call it with numbers and addresses; returns its result, as a number."""
        host = self._host
        thread = host.current()
        site = thread.site
        host.go_out()
        # Most are small numbers and addresses: they are cells as they are.
        cells = [value if value.__class__ is int and value < _SIGNED_64 else _cell(value) for value in args]
        result = self._invoke(self._number, self.address, cells)
        host.come_in()
        thread.site = site  # the calls that it made have left theirs
        return None if self._void else result


def knows(ctype: str) -> bool:
    """Tell whether functions of that type can be called."""
    return ctype in _NUMBERS


def _cell(value: object) -> int:
    if isinstance(value, float):
        return bits_of(value)
    number = 0 if value is None else int(cast("int", value))
    return number - (1 << 64) if number >= _SIGNED_64 else number
