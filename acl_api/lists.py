"""Lists as the binding reads them: Python's own lists of ints, with the exceptions that it raises.

The readers are for `Param.reads`: they run behind all units. A bool is an int here, as in CPython; numpy's numbers
are none. Sources: pyACL utils_methods.cpp and .h.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, cast

Pair = tuple[int, int]

_LONG: Final = (-(1 << 63), (1 << 63) - 1)
_INT32: Final = range(-(1 << 31), 1 << 31)
_UNSIGNED_LONG: Final = (0, (1 << 64) - 1)
_NO_INTS: Final = "the list argument is not list of int"


def list_of_ints(place: int) -> Callable[[object], tuple[int, ...]]:
    """Return the reader of parameter *place*, counted from 1: a list of ints of 64 bits."""
    return lambda value: _ints(_list(value, f"argument {place} is not list"), "invalid data type")


def list_of_device_ids(place: int, ordinal: str) -> Callable[[object], tuple[int, ...]]:
    """Return the reader of a list of unsigned numbers, of which the low 32 bits count."""
    text = f"the {ordinal} argument is not list of int"

    def read(value: object) -> tuple[int, ...]:
        numbers = _list(value, f"argument {place} is not list")
        return tuple(
            _number(number, text, _UNSIGNED_LONG, "PyLong_AsUnsignedLong failed") & 0xFFFF_FFFF
            for number in numbers
        )

    return read


def list_of_pairs(text: str) -> Callable[[object], tuple[Pair, ...]]:
    """Return the reader of a list of lists with two ints each; *text* is said of what is no list.

    What stands behind the first two is not looked at.
    """

    def read(value: object) -> tuple[Pair, ...]:
        return tuple(_pair(each) for each in _list(value, text))

    return read


def list_of_pids(value: object) -> tuple[int, ...]:
    """Return process ids as a tuple. Raises ValueError for no list, and for items that are no 32-bit int."""
    if not isinstance(value, list):
        raise ValueError("argument 2 only support the format of list")  # noqa: TRY004 - the binding's own choice
    if not all(isinstance(item, int) and item in _INT32 for item in value):
        raise ValueError("get values from PyList failed")
    return tuple(int(item) for item in value)


def list_of_sized_ints(
    no_list: str, misfit: str, *, bits: int, signed: bool
) -> Callable[[object], tuple[int, ...]]:
    """Return a reader of lists of ints; ValueError says *no_list*, or *misfit* for elements of another kind or size.

    The binding asks a C function of so many bits for each element, and then cuts it to what the call takes.
    """
    smallest, largest = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)

    def read(value: object) -> tuple[int, ...]:
        if not isinstance(value, list):
            raise ValueError(no_list)  # noqa: TRY004 - the binding's own
        elements = cast("Sequence[object]", value)
        if not all(isinstance(one, int) and smallest <= one <= largest for one in elements):
            raise ValueError(misfit)
        return tuple(int(cast("int", one)) for one in elements)

    return read


def dims_of_dictionary(value: object) -> tuple[int, ...]:
    """Read dimensions as the binding does: a dictionary with "name", "dimCount" and "dims"."""
    if not isinstance(value, dict):
        msg = "argument 4 is not dict"
        raise TypeError(msg)
    if not isinstance(value.get("name", ""), str):
        msg = "PyUnicode_AsUTF8String failed"
        raise RuntimeError(msg)  # noqa: TRY004 - as the binding
    sizes = _list(value.get("dims"), "The dims of parameter 4 is not a list.")
    count = value.get("dimCount") if sizes else 0
    if not isinstance(count, int):
        msg = "PyLong_AsLongLong failed"
        raise ValueError(msg)  # noqa: TRY004 - as the binding
    text = "the dims of fourth parameter is not list of int"
    if count > len(sizes):
        raise TypeError(text)
    return _ints(sizes[: max(count, 0)], text)


def _pair(value: object) -> Pair:
    numbers = _list(value, "the list argument is not list")
    first, second = ([*numbers, None, None])[:2]
    return _long(first, _NO_INTS), _long(second, _NO_INTS)


def _ints(values: list[object], text: str) -> tuple[int, ...]:
    return tuple(_long(value, text) for value in values)


def _long(value: object, text: str) -> int:
    return _number(value, text, _LONG, "PyLong_AsLongLong failed")


def _list(value: object, text: str) -> list[object]:
    if not isinstance(value, list):
        raise TypeError(text)
    return value


def _number(value: object, text: str, bounds: tuple[int, int], failed: str) -> int:
    if not isinstance(value, int):
        raise TypeError(text)
    if not bounds[0] <= value <= bounds[1]:
        raise ValueError(failed)
    return int(value)
