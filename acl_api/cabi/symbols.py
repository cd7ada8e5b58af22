"""Which function of a program an address lies in: read from the symbol table of its file, static functions too."""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

_MAGIC: Final = b"\x7fELF\x02\x01"  # 64 bits, little-endian
_SECTION: Final = struct.Struct("<IIQQQQIIQQ")
_SYMBOL: Final = struct.Struct("<IBBHQQ")
_SYMTAB, _DYNSYM = 2, 11
_FUNCTION: Final = 2
_FIXED: Final = 2  # an executable that lies at the addresses that its file tells
# The tables of very large programs are not worth the wait.
_LARGEST: Final = 16 << 20


class Symbols(NamedTuple):
    """The functions of one file by their addresses, which are `fixed` or count from where the file lies."""

    fixed: bool
    starts: list[int]
    ends: list[int]
    names: list[str]

    def at(self, address: int, base: int) -> tuple[str, int] | None:
        """Return the function that *address* lies in, and how far in; *base* is where the file lies."""
        place = address if self.fixed else address - base
        number = bisect_right(self.starts, place) - 1
        if number < 0 or not self.starts[number] <= place < self.ends[number]:
            return None
        return self.names[number], place - self.starts[number]


@cache
def symbols_of(file: str) -> Symbols:
    """Return the functions of an ELF file; none when it is no such file, or cannot be read."""
    with suppress(OSError, struct.error, ValueError), Path(file).open("rb") as content:
        return _read(content)
    return Symbols(fixed=False, starts=[], ends=[], names=[])


def _read(content: BinaryIO) -> Symbols:
    head = content.read(64)
    if not head.startswith(_MAGIC):
        raise ValueError("no ELF file of 64 bits")
    (kind,) = struct.unpack_from("<H", head, 16)
    (offset,) = struct.unpack_from("<Q", head, 40)
    (count,) = struct.unpack_from("<H", head, 60)
    content.seek(offset)
    sections = list(_SECTION.iter_unpack(content.read(count * _SECTION.size)))
    found = sorted(_functions(content, sections, _SYMTAB) or _functions(content, sections, _DYNSYM))
    starts, ends, names = [list(column) for column in zip(*found, strict=True)] or [[], [], []]
    return Symbols(kind == _FIXED, starts, ends, names)


def _functions(content: BinaryIO, sections: list[tuple[int, ...]], wanted: int) -> list[tuple[int, int, str]]:
    return [
        function
        for _, kind, _, _, offset, size, link, *_ in sections
        if kind == wanted and size <= _LARGEST
        for function in _table(content, offset, size, sections[link])
    ]


def _table(
    content: BinaryIO, offset: int, size: int, strings: tuple[int, ...]
) -> Iterator[tuple[int, int, str]]:
    content.seek(strings[4])
    texts = content.read(strings[5])
    content.seek(offset)
    for name, info, _, _, value, length in _SYMBOL.iter_unpack(content.read(size)):
        if info & 0xF == _FUNCTION and value:
            yield value, value + length, texts[name : texts.index(b"\0", name)].decode(errors="replace")
