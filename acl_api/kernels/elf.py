"""What can be told of a kernel's binary without understanding it: whether it is an ELF object, and its symbols."""

from __future__ import annotations

import struct
from typing import Final

_MAGIC: Final = b"\x7fELF"
HEADER_BYTES: Final = 64
_LITTLE_64: Final = b"\x02\x01"
_SECTION: Final = struct.Struct("<IIQQQQIIQQ")
_SYMBOL: Final = struct.Struct("<IBBHQQ")
_SYMBOL_TABLES: Final = (2, 11)
_MOST_SYMBOLS: Final = 100_000


def is_object(data: bytes) -> bool:
    """Tell whether the bytes begin as an ELF object does, which is all that the runtime asks first."""
    return len(data) >= HEADER_BYTES and data.startswith(_MAGIC)


def symbols(data: bytes) -> frozenset[str] | None:
    """Return the names of an object's symbols; None where there is no table of them, or it cannot be read."""
    if data[4:6] != _LITTLE_64:
        return None
    try:
        found = frozenset(_names(data))
    except (struct.error, IndexError, ValueError):
        return None
    return found or None


def _names(data: bytes) -> list[str]:
    (start,) = struct.unpack_from("<Q", data, 0x28)
    size, count = struct.unpack_from("<HH", data, 0x3A)
    sections = [_SECTION.unpack_from(data, start + at * size) for at in range(count)]
    names: list[str] = []
    for _, kind, _, _, offset, length, link, *_ in sections:
        if kind in _SYMBOL_TABLES:
            texts = sections[link][4]
            for at in range(min(length // _SYMBOL.size, _MOST_SYMBOLS)):
                name = texts + _SYMBOL.unpack_from(data, offset + at * _SYMBOL.size)[0]
                text = data[name : data.index(b"\0", name)].decode("utf-8", "replace")
                names += [text] if text else []
    return names
