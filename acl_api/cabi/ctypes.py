"""The numbers of C: which of its types are numbers, how wide they are, and what a name stands for in the end."""

from __future__ import annotations

from functools import cache
from typing import Final

from acl_api.cabi.declarations import aliases, callbacks, enums, handles, records

WIDTHS: Final = {
    "bool": 1,
    "char": 1,
    "int8_t": 1,
    "uint8_t": 1,
    "int16_t": 2,
    "uint16_t": 2,
    "int": 4,
    "int32_t": 4,
    "uint32_t": 4,
    "float": 4,
    "int64_t": 8,
    "uint64_t": 8,
    "size_t": 8,
    "double": 8,
    "uintptr_t": 8,
}
"""Every number there is, and its bytes: the simulator runs on 64 bits only."""

SIGNED: Final = frozenset({"char", "int8_t", "int16_t", "int", "int32_t", "int64_t"})


@cache
def scalar_of(ctype: str) -> str:
    """Return the number that values of *ctype* are: `uintptr_t` for pointers and handles, `int` for enumerations.

    Structs are returned as they are: they are no numbers.
    """
    name = ctype.removesuffix(" const").removesuffix("const").strip() if ctype.endswith("const") else ctype
    name = name.removeprefix("const ").strip()
    if name.endswith(("*", "]")) or "(*" in name or name in callbacks():
        return "uintptr_t"
    if name in WIDTHS:
        return name
    if name in enums():
        return "int"
    if name in aliases():
        return scalar_of(aliases()[name])
    if name in handles():
        return scalar_of(handles()[name])
    return name


def is_number(ctype: str) -> bool:
    """Tell whether a value of *ctype* counts or chooses something: no pointer, handle or struct."""
    scalar = scalar_of(ctype)
    return scalar in WIDTHS and scalar != "uintptr_t"


def is_complete(ctype: str) -> bool:
    """Tell whether there can be an object of *ctype*, which a function may write."""
    return scalar_of(ctype) in WIDTHS or ctype in records()
