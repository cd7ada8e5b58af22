"""What an object must be, in the words of surface.csv: "handles:argument 2 or 3 is not list", "dict:...", "any".

A word names a kind, and behind a colon stands what the binding says of an object that is of no such kind. The
readers are for `Param.reads`: they run behind all units. Sources: pyACL utils_methods, op, media, himpi.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, cast

from acl_api.warned import warn_program

Read = Callable[[object], object]

_LONG: Final = (-(1 << 63), (1 << 63) - 1)
_UNSIGNED: Final = (0, (1 << 64) - 1)
_POINTER: Final = (-(1 << 63), (1 << 64) - 1)
_NO_INTS: Final = "the list argument is not list of int"
_MOST_AREAS: Final = 256
_AREAS: Final = "number of crop areas must be between 1 and 256"
_ARRAYS: Final = "argument 3 only support the format of list in the future."


class Kind(NamedTuple):
    """A reader, and the type it takes in the stubs; `empty` is the smallest object that fits."""

    read: Read | None
    annotation: str
    empty: object = None


def kinds(text: str) -> tuple[Kind, ...]:
    """Return the kind of each parameter "O" of a function; raises KeyError for a word that there is not."""
    return tuple(_kind(*word.partition(":")[::2]) for word in text.split("; ")) if text else ()


def _kind(word: str, said: str) -> Kind:
    return _KINDS[word](said)


def handles(said: str) -> Kind:
    """Lists of handles or addresses."""

    def read(value: object) -> tuple[int, ...]:
        pointers = _numbers(_list(value, said), _NO_INTS, _POINTER, "PyLong_AsVoidPtr failed")
        return tuple(number & _UNSIGNED[1] for number in pointers)

    return Kind(read, "list[int]", [])


def longs(said: str) -> Kind:
    """Lists of ints of 64 bits, of which C keeps 32."""
    return Kind(
        lambda value: _numbers(_list(value, said), _NO_INTS, _LONG, "PyLong_AsLong failed"), "list[int]", []
    )


def unsigned(said: str) -> Kind:
    """Lists of ints from 0."""
    return Kind(
        lambda value: _numbers(_list(value, said), _NO_INTS, _UNSIGNED, "PyLong_AsUnsignedLong failed"),
        "list[int]",
        [],
    )


def counts(said: str) -> Kind:
    """Lists of how many areas are cut of each picture: 1 to 256 numbers up to 256."""

    def read(value: object) -> tuple[int, ...]:
        for number in _areas(value, said):
            # What is no number, or negative, reads as the largest there is.
            if not isinstance(number, int) or not 0 <= number <= _MOST_AREAS:
                raise ValueError(_AREAS)
        return tuple(cast("list[int]", value))

    return Kind(read, "list[int]", [1])


def areas(said: str) -> Kind:
    """Lists of 1 to 256 handles."""
    return Kind(lambda value: handles(said).read(_areas(value, said)), "list[int]", [0])  # type: ignore[misc]


def texts(said: str) -> Kind:
    """Lists of texts."""

    def read(value: object) -> tuple[str, ...]:
        return tuple(_text(item) for item in _list(value, said))

    return Kind(read, "list[str]", [])


def lists(said: str) -> Kind:
    """Lists of lists of ints, or of numpy arrays."""

    def read(value: object) -> tuple[object, ...]:
        found = _list(value, said)
        try:
            return tuple(_values(item, _whole, _LONG, "q", "") for item in found)
        except (TypeError, ValueError):
            raise ValueError("parse argument 3 failed") from None

    return Kind(read, "list[list[int]]", [])


def values(unit: str) -> Callable[[str], Kind]:
    """Lists of numbers of one C type, or numpy arrays, whose bytes are taken for such numbers, with a warning."""
    number, bounds, annotation = {
        "q": (_whole, _LONG, "list[int]"),
        "B": (_byte, _LONG, "list[int]"),
        "f": (_single, _LONG, "list[float]"),
    }[unit]

    def kind(_said: str) -> Kind:
        wrong = "argument 3 is not list or numpy array"
        return Kind(lambda value: _values(value, number, bounds, unit, wrong), annotation, [])

    return kind


def dictionary(said: str) -> Kind:
    """A dict; what is in it is not looked at here."""

    def read(value: object) -> object:
        if not isinstance(value, dict):
            raise TypeError(said)
        return value

    return Kind(read, "dict[str, object]", {})


def dictionaries(said: str) -> Kind:
    """A list of dicts; what is in it is not looked at here."""
    return Kind(lambda value: _list(value, said), "list[dict[str, object]]", [])


def function(said: str) -> Kind:
    """Something that can be called."""

    def read(value: object) -> object:
        if not callable(value):
            raise TypeError(said)
        return value

    return Kind(read, "Callable[..., object]", print)


def anything(_said: str) -> Kind:
    """Any object."""
    return Kind(None, "object")


def _list(value: object, said: str) -> list[object]:
    if not isinstance(value, list):
        raise TypeError(said)
    return value


def _areas(value: object, said: str) -> list[object]:
    found = _list(value, said)
    if not 1 <= len(found) <= _MOST_AREAS:
        raise ValueError(_AREAS)
    return found


def _numbers(found: Sequence[object], wrong: str, bounds: tuple[int, int], failed: str) -> tuple[int, ...]:
    numbers = []
    for number in found:
        if not isinstance(number, int):
            raise TypeError(wrong)
        if not bounds[0] <= number <= bounds[1]:
            raise ValueError(failed)
        numbers.append(int(number))
    return tuple(numbers)


def _text(value: object) -> str:
    try:
        if isinstance(value, str):
            value.encode()
            return value
    except UnicodeEncodeError:
        pass
    raise RuntimeError("PyUnicode_AsUTF8String failed")


def _whole(value: object, bounds: tuple[int, int]) -> int:
    # The text of the reader inside is overwritten by that of the function.
    if not isinstance(value, int) or not bounds[0] <= value <= bounds[1]:
        raise ValueError("get values from PyList failed")
    return int(value)


def _byte(value: object, _bounds: tuple[int, int]) -> int:
    return _whole(value, (0, 0xFF))


def _single(value: object, _bounds: tuple[int, int]) -> float:
    if not isinstance(value, float):
        raise ValueError("get values from PyList failed")  # noqa: TRY004 - the binding's own choice
    try:
        return float(struct.unpack("f", struct.pack("f", value))[0])
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def _values(
    value: object,
    number: Callable[[object, tuple[int, int]], float],
    bounds: tuple[int, int],
    unit: str,
    wrong: str,
) -> tuple[float, ...]:
    if isinstance(value, list):
        return tuple(number(item, bounds) for item in value)
    warn_program(_ARRAYS)
    if not hasattr(value, "__array_interface__"):
        raise TypeError(wrong)
    import numpy as np  # whoever passes an array has it

    array = cast("np.ndarray[tuple[int, ...], np.dtype[np.generic]]", value)
    # As many of that type as the array has elements, from its first byte on, whatever its own type is.
    count = min(array.size, array.nbytes // struct.calcsize(unit))
    return struct.unpack(f"{count}{unit}", array.tobytes()[: count * struct.calcsize(unit)])


_KINDS: Final[dict[str, Callable[[str], Kind]]] = {
    "any": anything,
    "areas": areas,
    "bytes": values("B"),
    "counts": counts,
    "dict": dictionary,
    "floats": values("f"),
    "function": function,
    "handles": handles,
    "ints": values("q"),
    "list": dictionaries,
    "lists": lists,
    "longs": longs,
    "texts": texts,
    "unsigned": unsigned,
}
