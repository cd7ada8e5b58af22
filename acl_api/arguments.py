"""What a wrong argument does: CPython's format units, as the vendor's binding uses them.

`k` and `K` take only int and wrap modulo 2**64; `I` takes anything with __index__ and wraps modulo 2**32; `i`
takes the same and refuses what does not fit; `s` takes str that UTF-8 can hold, without NUL. The text is
always "<function> args parse failed": the binding overwrites CPython's own.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Final, SupportsIndex, cast

from acl_api.table.row import Ref

if TYPE_CHECKING:
    from acl_api.table.row import Param, Row

_MASK64: Final = (1 << 64) - 1
_MASK32: Final = (1 << 32) - 1
_INT32: Final = range(-(1 << 31), 1 << 31)

# What an exact int of each unit may be to stay what it is.
BOUNDS: Final = {"k": (0, _MASK64), "K": (0, _MASK64), "I": (0, _MASK32), "i": (_INT32[0], _INT32[-1])}


class _Absent:
    """Stands for an argument that was not given, behind those that were."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()

Parse = Callable[[tuple[object, ...]], list[object]]
Convert = Callable[[object], object]


class Flavour(Enum):
    """Whose rules arguments follow: the Python binding's, or C's, where None is a null pointer."""

    PYTHON = "pyACL"
    C = "C"


class _UnitError(Exception):
    """An argument does not fit its unit."""


def _unsigned64(value: object) -> object:
    if not isinstance(value, int):
        raise _UnitError
    return value & _MASK64


def _unsigned32(value: object) -> object:
    return _index(value) & _MASK32


def _signed32(value: object) -> object:
    number = _index(value)
    if number not in _INT32:
        raise _UnitError
    return number


def _index(value: object) -> int:
    try:
        # int() on top: operator.index hands a bool or an enum member back as it is.
        return int(operator.index(cast("SupportsIndex", value)))
    except Exception:  # noqa: BLE001 - whatever __index__ raises, the binding puts its own text in its place
        raise _UnitError from None


def _text(value: object) -> object:
    if not isinstance(value, str) or "\0" in value:
        raise _UnitError
    try:
        value.encode()
    except UnicodeEncodeError:  # lone surrogates
        raise _UnitError from None
    return value


def _function(value: object) -> object:
    if not callable(value):
        msg = "parameter must be callable"
        raise TypeError(msg)
    return value


_UNITS: Final[dict[str, Convert]] = {
    "k": _unsigned64,
    "K": _unsigned64,
    "I": _unsigned32,
    "i": _signed32,
    "s": _text,
    "O": _function,
}


def _null_or(convert: Convert, null: object) -> Convert:
    return lambda value: null if value is None else convert(value)


def _converter(param: Param, flavour: Flavour) -> Convert:
    """Return the converter of a parameter; in C None is the null pointer, also for a text."""
    convert = _UNITS[param.unit]
    if flavour is Flavour.C and param.unit in "sO":
        return _null_or(convert, None)
    if flavour is Flavour.C and param.unit == "k" and param.refers is not Ref.NOTHING:
        return _null_or(convert, 0)
    return convert


def parser(row: Row, flavour: Flavour) -> Parse:
    """Return the function that turns the positional arguments of *row* into checked values.

    It raises TypeError with the binding's text. Functions without parameters do not look at their arguments.
    """
    if not row.params:
        return _nothing
    numbers = tuple(
        (at, convert, *BOUNDS[row.params[at].unit]) for at, convert in _converters(row, flavour, "kKIi")
    )
    # The binding asks whether a function can be called only after all units have been converted.
    rest = _converters(row, flavour, "s") + _converters(row, flavour, "O")
    most, fewest = len(row.params), sum(not param.optional for param in row.params)

    def parse(args: tuple[object, ...]) -> list[object]:
        values = [value for value in args if value is not ABSENT]
        given = len(values)
        if not fewest <= given <= most:
            raise _refusal(row, flavour, values)
        try:
            for at, convert, smallest, largest in numbers:
                # Exact ints that fit are by far the most common arguments, and stay what they are.
                if at < given and not (values[at].__class__ is int and smallest <= values[at] <= largest):  # type: ignore[operator]
                    values[at] = convert(values[at])
            for at, convert in rest:
                if at < given:
                    values[at] = convert(values[at])
        except _UnitError:
            raise _refusal(row, flavour, values) from None
        if given < most:
            values.extend([None] * (most - given))
        return values

    return parse


def _refusal(row: Row, flavour: Flavour, args: list[object]) -> TypeError:
    """Return the binding's error, with a note that says which argument it was."""
    from acl_api.misfits import misfit_note  # only a mistake needs it

    converters = dict(_converters(row, flavour, "kKIisO"))

    def fits(at: int, value: object) -> bool:
        try:
            if at in converters:
                converters[at](value)
        except (_UnitError, TypeError):
            return False
        return True

    name = row.c_name if flavour is Flavour.C else row.name
    error = TypeError(row.misfit.format(given=len(args)) or f"{name} args parse failed")
    error.add_note(misfit_note(row, args, fits))
    return error


def _nothing(_args: tuple[object, ...]) -> list[object]:
    return []


def _converters(row: Row, flavour: Flavour, units: str) -> tuple[tuple[int, Convert], ...]:
    """Return the place and converter of each parameter with one of *units*; plain objects need none."""
    return tuple(
        (at, _converter(param, flavour))
        for at, param in enumerate(row.params)
        if param.unit in units and not (param.unit == "O" and param.refers is not Ref.FUNCTION)
    )
