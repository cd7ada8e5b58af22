"""Operators as they come through a subscriber's pipe: records of 80 bytes, signed.

The layout is the vendor's ProfOpDesc (hicann/runtime src/dfx/msprof, op_desc_parser); names do not fit into it and
are kept beside it, each for one reading.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from acl_api.conversions import readable

if TYPE_CHECKING:
    from simulator.core.runtime import Runtime

SIZE: Final = 80
_LAYOUT: Final = struct.Struct("<IIIIQQQQQQQI4x")
_SIGNED: Final = 4
_POLYNOMIAL: Final = 0x82F6_3B78
_NS: Final = 1000
UNKNOWN_TYPE: Final = "N/A"


def _table() -> tuple[int, ...]:
    values = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)  # noqa: PLW2901 - the usual way to write it
        values.append(value)
    return tuple(values)


_TABLE: Final = _table()


class OpInfo(NamedTuple):
    """What one record tells; times in microseconds."""

    model: int
    flag: int
    thread: int
    number: int
    duration: int
    start: int
    end: int
    device: int


def signature(data: bytes) -> int:
    """Return the CRC-32C over *data*, begun with all ones and not inverted at the end."""
    value = 0xFFFF_FFFF
    for byte in data:
        value = value >> 8 ^ _TABLE[(value ^ byte) & 0xFF]
    return value


def packed(model: int, index: int, start: int, end: int, device: int) -> bytes:
    """Return the record of an operator that ran from *start* to *end* (ns)."""
    first, last = start // _NS, end // _NS
    body = _LAYOUT.pack(0, model, 0, 0, index, last - first, first, last, last - first, 0, 0, device)[
        _SIGNED:
    ]
    return signature(body).to_bytes(_SIGNED, "little") + body


def read_all(rt: Runtime, address: int, length: int) -> int:
    """Return how many records stand in so much memory; 0 for none, or a length that is no multiple of them."""
    whole = address and length and not length % SIZE
    return length // SIZE if whole and _bytes(rt, address, length) is not None else 0


def read_one(rt: Runtime, address: int, length: int, index: int) -> OpInfo | None:
    """Return record *index* of those in so much memory; None when there is none, or its signature is wrong."""
    if not address or length % SIZE or index * SIZE >= length:
        return None
    data = _bytes(rt, address + index * SIZE, SIZE)
    if data is None or signature(data[_SIGNED:]) != int.from_bytes(data[:_SIGNED], "little"):
        return None
    _, model, flag, thread, number, duration, start, end, _, _, _, device = _LAYOUT.unpack(data)
    return OpInfo(model, flag, thread, number, duration, start, end, device)


def _bytes(rt: Runtime, address: int, size: int) -> bytes | None:
    return rt.memory.read(address, size) if readable(rt, "acl.prof", address, size) else None
