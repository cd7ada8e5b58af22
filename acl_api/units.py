"""CPython's format units: what each takes from Python, what becomes of it, and what one calls it.

`k` and `K` take only int and wrap; `I`, `H` and `B` take anything with __index__ and wrap; `i`, `h`, `b`, `l` and
`L` take the same and refuse what does not fit; `f` and `d` take what float() takes, but no text; `s` takes str that
UTF-8 can hold, without NUL. `O` takes any object: what it must be is asked behind all units (`Param.reads`).
"""

from __future__ import annotations

import operator
import struct
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, SupportsFloat, SupportsIndex, cast

Convert = Callable[[object], object]


class UnitError(Exception):
    """An argument does not fit its unit."""


class Unit(NamedTuple):
    """One format unit: its converter, what a note on a misfit says was expected, and the type in the stubs."""

    convert: Convert
    wanted: str
    annotation: str


def whole(value: object) -> int:
    """Return what an object is as an index; UnitError when it is none."""
    try:
        # int() on top: operator.index hands a bool or an enum member back as it is.
        return int(operator.index(cast("SupportsIndex", value)))
    except Exception:  # noqa: BLE001 - whatever __index__ raises, the binding puts its own text in its place
        raise UnitError from None


def _exact_wrapped(bits: int) -> Convert:
    mask = (1 << bits) - 1

    def convert(value: object) -> object:
        if not isinstance(value, int):
            raise UnitError
        return value & mask

    return convert


def _wrapped(bits: int) -> Convert:
    mask = (1 << bits) - 1
    return lambda value: whole(value) & mask


def _ranged(smallest: int, largest: int) -> Convert:
    def convert(value: object) -> object:
        number = whole(value)
        if not smallest <= number <= largest:
            raise UnitError
        return number

    return convert


def _double(value: object) -> float:
    if isinstance(value, str | bytes | bytearray):
        raise UnitError
    try:
        return float(cast("SupportsFloat", value))
    except Exception:  # noqa: BLE001 - as for __index__
        raise UnitError from None


def _single(value: object) -> object:
    # A C float: what is too large for it becomes infinite.
    number = _double(value)
    try:
        return struct.unpack("f", struct.pack("f", number))[0]
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


def _text(value: object) -> object:
    if not isinstance(value, str) or "\0" in value:
        raise UnitError
    try:
        value.encode()
    except UnicodeEncodeError:  # lone surrogates
        raise UnitError from None
    return value


def callable_object(value: object) -> object:
    """Return *value*; TypeError with the binding's text when it cannot be called."""
    if not callable(value):
        msg = "parameter must be callable"
        raise TypeError(msg)
    return value


_SIGNED: Final = {"h": 16, "i": 32, "l": 64, "L": 64}
_RANGES: Final = {unit: (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) for unit, bits in _SIGNED.items()}
_RANGES["b"] = (0, 0xFF)  # an unsigned char in C
_MASKED: Final = {"B": 8, "H": 16, "I": 32}
_EXACT: Final = {"k": 64, "K": 64}

BOUNDS: Final[Mapping[str, tuple[int, int]]] = {
    **{unit: (0, (1 << bits) - 1) for unit, bits in (_MASKED | _EXACT).items()},
    **_RANGES,
}
"""What an exact int of each unit may be to stay what it is."""

UNITS: Final[Mapping[str, Unit]] = {
    **{unit: Unit(_exact_wrapped(bits), "int", "int") for unit, bits in _EXACT.items()},
    **{unit: Unit(_wrapped(bits), "an integer", "SupportsIndex") for unit, bits in _MASKED.items()},
    **{
        unit: Unit(
            _ranged(*bounds),
            f"an integer of {bounds[1].bit_length() + (bounds[0] < 0)} bits",
            "SupportsIndex",
        )
        for unit, bounds in _RANGES.items()
    },
    "f": Unit(_single, "a number", "SupportsFloat"),
    "d": Unit(_double, "a number", "SupportsFloat"),
    "s": Unit(_text, "str", "str"),
    "O": Unit(callable_object, "a function", "_Data"),
}
