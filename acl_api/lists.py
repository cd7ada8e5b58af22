"""Reading lists as the binding does: what an item must be, and the binding's texts."""

from __future__ import annotations

from typing import Final

_INT32: Final = range(-(1 << 31), 1 << 31)


def list_of_pids(value: object) -> tuple[int, ...]:
    """Return process ids as a tuple. Raises ValueError for no list, and for items that are no 32-bit int."""
    if not isinstance(value, list):
        raise ValueError("argument 2 only support the format of list")  # noqa: TRY004 - the binding's own choice
    if not all(isinstance(item, int) and item in _INT32 for item in value):
        raise ValueError("get values from PyList failed")
    return tuple(int(item) for item in value)
