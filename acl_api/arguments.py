"""What a wrong argument does: CPython's format units (`units.py`), as the vendor's binding uses them.

The text is always "<function> args parse failed": the binding overwrites CPython's own. What an object must be
(a list, a dict, a function) is asked after all units have been converted, and has a text of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from enum import Enum
from typing import TYPE_CHECKING, Final

from acl_api.table.row import CPYTHON, Ref
from acl_api.units import BOUNDS, UNITS, Convert, UnitError

if TYPE_CHECKING:
    from acl_api.table.row import Param, Row


class _Absent:
    """Stands for an argument that was not given, behind those that were."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()

Parse = Callable[[tuple[object, ...]], list[object]]


class Flavour(Enum):
    """Whose rules arguments follow: the Python binding's, or C's, where None is a null pointer."""

    PYTHON = "pyACL"
    C = "C"


def _null_or(convert: Convert, null: object) -> Convert:
    return lambda value: null if value is None else convert(value)


def _converter(param: Param, flavour: Flavour) -> Convert:
    """Return the converter of a parameter's unit; in C None is the null pointer, also for a text."""
    convert = UNITS[param.unit].convert
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
        (at, convert, *BOUNDS[row.params[at].unit]) for at, convert in _converters(row, flavour, BOUNDS)
    )
    # The binding asks what an object is, or whether it takes that number, only after all units have been converted.
    rest = _converters(row, flavour, "fds") + _converters(row, flavour, "O") + _readers(row, flavour)
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
        except UnitError:
            raise _refusal(row, flavour, values) from None
        if given < most:
            values.extend([None] * (most - given))
        return values

    return parse


def _refusal(row: Row, flavour: Flavour, args: list[object]) -> TypeError:
    """Return the binding's error, with a note that says which argument it was."""
    from acl_api.misfits import cpythons_text, misfit_note  # only a mistake needs it

    converters = dict(_converters(row, flavour, UNITS))

    def fits(at: int, value: object) -> bool:
        try:
            if at in converters:
                converters[at](value)
        except (UnitError, TypeError):
            return False
        return True

    name = row.c_name if flavour is Flavour.C else row.name
    text = row.misfit.format(given=len(args), name=name) or f"{name} args parse failed"
    if row.misfit == CPYTHON:
        text = cpythons_text(row, args, fits)
    error = TypeError(text)
    error.add_note(misfit_note(row, args, fits))
    return error


def _readers(row: Row, flavour: Flavour) -> tuple[tuple[int, Convert], ...]:
    """Return the place and reader of each parameter that has one; in C a null pointer is not read."""
    return tuple(
        (at, _null_or(param.reads, None) if flavour is Flavour.C and param.unit in "sO" else param.reads)
        for at, param in enumerate(row.params)
        if param.reads is not None
    )


def _nothing(_args: tuple[object, ...]) -> list[object]:
    return []


def _converters(row: Row, flavour: Flavour, units: Container[str]) -> tuple[tuple[int, Convert], ...]:
    """Return the place and converter of each parameter with one of *units*; plain objects need none."""
    return tuple(
        (at, _converter(param, flavour))
        for at, param in enumerate(row.params)
        if param.unit in units and not (param.unit == "O" and param.refers is not Ref.FUNCTION)
    )
