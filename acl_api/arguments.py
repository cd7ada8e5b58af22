"""What a wrong argument does: CPython's format units, as the vendor's binding uses them.

`k` and `K` take only int and wrap modulo 2**64; `I` takes anything with __index__ and wraps modulo 2**32; `i` takes
the same and refuses what does not fit; `s` takes str without NUL. Whatever the fault, the text is
"<function> args parse failed", because the binding overwrites CPython's own.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Final, SupportsIndex

from acl_api.table.row import Ref

if TYPE_CHECKING:
    from acl_api.table.row import Param, Row

_MASK64: Final = (1 << 64) - 1
_MASK32: Final = (1 << 32) - 1
_INT32: Final = range(-(1 << 31), 1 << 31)

Parse = Callable[[tuple[object, ...]], list[object]]
Convert = Callable[[object], object]


class Flavour(Enum):
    """Whose rules arguments follow: the Python binding's, or C's, where None is a null pointer."""

    PYTHON = "pyACL"
    C = "C"


class _Refused(Exception):
    """An argument does not fit its unit."""


def _unsigned64(value: object) -> object:
    if not isinstance(value, int):
        raise _Refused
    return value & _MASK64


def _unsigned32(value: object) -> object:
    return _index(value) & _MASK32


def _signed32(value: object) -> object:
    number = _index(value)
    if number not in _INT32:
        raise _Refused
    return number


def _index(value: object) -> int:
    if not isinstance(value, SupportsIndex):
        raise _Refused
    return operator.index(value)


def _text(value: object) -> object:
    if not isinstance(value, str) or "\0" in value:
        raise _Refused
    return value


def _anything(value: object) -> object:
    return value


_UNITS: Final[dict[str, Convert]] = {
    "k": _unsigned64,
    "K": _unsigned64,
    "I": _unsigned32,
    "i": _signed32,
    "s": _text,
    "O": _anything,
}


def _null_or(convert: Convert) -> Convert:
    return lambda value: 0 if value is None else convert(value)


def _converter(param: Param, flavour: Flavour) -> Convert | None:
    """Return the converter of a parameter; None when every object passes unchanged."""
    if param.unit == "O":
        return None
    convert = _UNITS[param.unit]
    is_pointer = param.unit == "k" and param.refers is not Ref.NOTHING
    return _null_or(convert) if flavour is Flavour.C and is_pointer else convert


def parser(row: Row, flavour: Flavour) -> Parse:
    """Return the function that turns the positional arguments of *row* into checked values.

    It raises TypeError with the binding's text. Functions without parameters do not look at their arguments.
    """
    if not row.params:
        return lambda _args: []
    converters = tuple(
        (at, convert) for at, param in enumerate(row.params) if (convert := _converter(param, flavour))
    )
    functions = tuple(at for at, param in enumerate(row.params) if param.refers is Ref.FUNCTION)
    most, fewest = len(row.params), sum(not param.optional for param in row.params)
    failed = f"{row.name} args parse failed"
    null_allowed = flavour is Flavour.C

    def parse(args: tuple[object, ...]) -> list[object]:
        values = list(args)
        if not fewest <= len(values) <= most:
            raise TypeError(failed)
        try:
            for at, convert in converters:
                # Exact ints in range are by far the most common arguments of all units.
                if at < len(values) and not (values[at].__class__ is int and 0 <= values[at] <= 0x7FFF_FFFF):  # type: ignore[operator]
                    values[at] = convert(values[at])
        except _Refused:
            raise TypeError(failed) from None
        for at in functions:
            if not callable(values[at]) and not (null_allowed and values[at] is None):
                msg = "parameter must be callable"
                raise TypeError(msg)
        while len(values) < most:
            values.append(None)
        return values

    return parse
