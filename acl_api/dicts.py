"""Reading dicts and lists of dicts as the binding does (its utils_methods).

A key that is missing, or whose value is no int, keeps the field's default; one that does not fit the C type it is
converted through raises ValueError, and what then does not fit the field itself is cut off, as a C cast does. Texts
are the binding's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

_LONG: Final = 64

T = TypeVar("T")


class Fields:
    """The fields of one C struct, as far as a dict gives them."""

    __slots__ = ("_table",)

    def __init__(self, table: dict[object, object]) -> None:
        self._table = table

    def __repr__(self) -> str:
        return f"<fields {', '.join(map(str, self._table))}>"

    def __contains__(self, key: str) -> bool:
        return key in self._table

    def get(self, key: str) -> object:
        """Return the value of *key* as it is; None when there is none."""
        return self._table.get(key)

    def unsigned(self, key: str, bits: int, default: int = 0) -> int:
        """Return an unsigned field of so many bits. Raises ValueError for what no unsigned long holds."""
        value = self._table.get(key)
        return unsigned_long(value) & ((1 << bits) - 1) if isinstance(value, int) else default

    def signed(self, key: str, bits: int = 32, default: int = 0) -> int:
        """Return a signed field, or an enum. Raises ValueError for what no long holds."""
        value = self._table.get(key)
        if not isinstance(value, int):
            return default
        if not -(1 << (_LONG - 1)) <= value < 1 << (_LONG - 1):
            raise ValueError("PyLong_AsLong failed")
        low = value & ((1 << bits) - 1)
        return low - (1 << bits) if low >> (bits - 1) else low

    def pointer(self, key: str) -> int:
        """Return an address; 0 for None. Raises ValueError for anything but an int that a pointer holds."""
        value = self._table.get(key)
        if value is None:
            return 0
        if not isinstance(value, int) or not -(1 << (_LONG - 1)) <= value < 1 << _LONG:
            raise ValueError("PyLong_AsVoidPtr failed")
        return value & ((1 << _LONG) - 1)

    def unsigned_array(self, key: str, length: int) -> tuple[int, ...]:
        """Return an array of unsigned longs; what is not given is 0, and reading ends at what is no int."""
        given = self._table.get(key)
        if not isinstance(given, list):
            return (0,) * length
        if len(given) > length:
            raise ValueError(f"The length of {key} should be no greater than {length}")
        found: list[int] = []
        for value in given:
            if not isinstance(value, int):
                break
            found.append(unsigned_long(value))
        return (*found, *(0,) * (length - len(found)))

    def struct(self, key: str, says: str) -> Fields:
        """Return the fields of a struct inside; of none when the key is missing. Raises TypeError with *says*."""
        return fields_of(self._table[key], says) if key in self._table else Fields({})


def unsigned_long(value: object) -> int:
    """Return an int that an unsigned long holds; ValueError for anything else."""
    if not isinstance(value, int) or not 0 <= value < 1 << _LONG:
        raise ValueError("PyLong_AsUnsignedLong failed")
    return int(value)


def fields_of(value: object, says: str) -> Fields:
    """Return the fields of a dict; TypeError with *says* for anything else."""
    if not isinstance(value, dict):
        raise TypeError(says)
    return Fields(value)


def list_of_structs(value: object, read: Callable[[Fields], T], says: str, error: Exception) -> tuple[T, ...]:
    """Return a list of dicts, each *read*; raises *error* for no list, TypeError with *says* for another item."""
    if not isinstance(value, list):
        raise error
    return tuple(read(fields_of(item, says)) for item in value)
