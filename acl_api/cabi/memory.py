"""Reading and writing the memory of the process, at addresses that a C program has given."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, Protocol

from acl_api.cabi.ctypes import SIGNED, WIDTHS, scalar_of

_FLOATS = {"float": "<f", "double": "<d"}


class Ffi(Protocol):
    """What is wanted of cffi's FFI, in either mode."""

    def cast(self, ctype: Any, value: int) -> Any:  # noqa: ANN401 - cffi's objects have no types
        """Return *value* as a C object of that type."""

    def typeof(self, ctype: str) -> Any:  # noqa: ANN401 - same
        """Return the type of that name."""

    def string(self, pointer: Any) -> Any:  # noqa: ANN401 - same
        """Return what is there up to NUL."""

    def buffer(self, pointer: Any, size: int) -> Any:  # noqa: ANN401 - same
        """Return that many bytes, to be read and written."""

    def new(self, ctype: str, init: object) -> Any:  # noqa: ANN401 - same
        """Return new memory that lives as long as the object."""


class Memory:
    """The memory of this process. A wrong address ends it, as it would in C."""

    def __init__(self, ffi: Ffi) -> None:
        self._ffi = ffi
        self._pointers = {scalar: ffi.typeof(f"{scalar} *") for scalar in WIDTHS}
        self._bytes = ffi.typeof("char *")
        self._kept: dict[tuple[str, tuple[Any, ...]], Any] = {}

    def __repr__(self) -> str:
        return "<memory of the process>"

    def writer(self, ctype: str) -> Callable[[int, Any], None]:
        """Return what writes a number of that type to an address; what does not fit is cut off, as C does."""
        scalar = scalar_of(ctype)
        cast, pointer = self._ffi.cast, self._pointers[scalar]
        if scalar in _FLOATS:

            def write(address: int, value: float) -> None:
                cast(pointer, address)[0] = value

            return write
        half, whole = 1 << (8 * WIDTHS[scalar] - 1), 1 << 8 * WIDTHS[scalar]
        most = half if scalar in SIGNED else whole

        def write_whole(address: int, value: int) -> None:
            low = value & (whole - 1)
            cast(pointer, address)[0] = low - whole if low >= most else low

        return write_whole

    def number(self, ctype: str, address: int) -> Any:  # noqa: ANN401 - an int or a float
        """Return the number of that type at an address."""
        return self._ffi.cast(self._pointers[scalar_of(ctype)], address)[0]

    def numbers(self, ctype: str, address: int, count: int) -> list[Any]:
        """Return *count* numbers from an address on; of arrays as lists; none at NULL."""
        base, bracket, inner = ctype.partition("[")
        if not address:
            return []
        if bracket:
            width = int(inner.rstrip("]"))
            flat = self.numbers(base, address, count * width)
            return [flat[at : at + width] for at in range(0, len(flat), width)]
        pointer = self._ffi.cast(self._pointers[scalar_of(base)], address)
        return [pointer[at] for at in range(count)]

    def texts(self, address: int, count: int) -> list[str | None]:
        """Return *count* texts whose addresses lie one behind the other; none at NULL."""
        return [self.text(each) for each in self.numbers("uintptr_t", address, count)]

    def lists(self, ctype: str, address: int, counts: list[int]) -> list[list[Any]]:
        """Return lists of numbers whose addresses lie one behind the other; none at NULL."""
        places = self.numbers("uintptr_t", address, len(counts))
        return [self.numbers(ctype, place, count) for place, count in zip(places, counts, strict=False)]

    def text(self, address: int, length: int = -1) -> str | None:
        """Return the characters up to NUL, or so many of them; None at NULL. What is no UTF-8 is replaced."""
        if not address:
            return None
        data = (
            self.bytes_at(address, length)
            if length >= 0
            else self._ffi.string(self._ffi.cast(self._bytes, address))
        )
        return bytes(data).split(b"\0", 1)[0].decode(errors="replace")

    def bytes_at(self, address: int, size: int) -> bytes:
        """Return *size* bytes from an address on."""
        return bytes(self._ffi.buffer(self._ffi.cast(self._bytes, address), size))

    def keep(self, ctype: str, values: tuple[Any, ...]) -> int:
        """Return the address of numbers that stay where they are."""
        key = ctype, values
        if key not in self._kept:
            self._kept[key] = self._ffi.new(f"{scalar_of(ctype)}[]", [*values])
        return int(self._ffi.cast("uintptr_t", self._kept[key]))

    def write(self, address: int, data: bytes) -> None:
        """Write *data* to an address."""
        self._ffi.buffer(self._ffi.cast(self._bytes, address), len(data))[:] = data


def bits_of(number: float) -> int:
    """Return a float as the cell that carries it."""
    return int(struct.unpack("<q", struct.pack("<d", number))[0])


def float_of(cell: int) -> float:
    """Return the float that a cell carries."""
    return float(struct.unpack("<d", struct.pack("<q", cell))[0])
