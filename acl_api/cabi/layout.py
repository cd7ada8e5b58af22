"""Where the fields of structs lie in memory, and structs as dicts: {"name": "x", "dimCount": 2, "dims": [1, 3]}.

The rules are those of the 64-bit ABIs of Linux on x86-64 and AArch64, which agree: each field lies at a multiple of
its alignment. Texts are `char` arrays, arrays are lists, addresses ints, and structs inside structs dicts. A struct
with the address of others and their number, such as aclrtMallocConfig, holds a list of dicts.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, cast

from acl_api.cabi.ctypes import WIDTHS, scalar_of
from acl_api.cabi.declarations import CParam, Record, aliases, pointed_to, records

if TYPE_CHECKING:
    from acl_api.cabi.memory import Memory

_FORMATS: Final = {
    "bool": "?",
    "char": "b",
    "int8_t": "b",
    "uint8_t": "B",
    "int16_t": "h",
    "uint16_t": "H",
    "int": "i",
    "int32_t": "i",
    "uint32_t": "I",
    "float": "f",
    "int64_t": "q",
    "uint64_t": "Q",
    "size_t": "Q",
    "double": "d",
    "uintptr_t": "Q",
}
# Arrays of char that are no texts.
_BYTES: Final = frozenset({("aclrtUuid", "bytes")})
_BOUNDS: Final = re.compile(r"\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Field:
    """One field: a number of the type `scalar`, or a struct of the layout `inner`, as often as `bounds` say."""

    name: str
    offset: int
    size: int
    scalar: str
    inner: Layout | None
    bounds: tuple[int, ...]
    points_to: str | None


@dataclass(frozen=True, slots=True)
class Layout:
    """The size and alignment of a struct or union in bytes, and where its fields lie."""

    name: str
    size: int
    alignment: int
    union: bool
    fields: tuple[Field, ...]


@cache
def layout_of(name: str) -> Layout:
    """Return the layout of a struct or union by its name."""
    return _layout(records()[aliases().get(name, name)])


def _layout(record: Record) -> Layout:
    fields: list[Field] = []
    end = alignment = 1
    end = 0
    for member in record.fields:
        inner, scalar, bounds, points_to = _member(member)
        if (record.name, member.name) in _BYTES:
            scalar = "uint8_t"
        one, aligned = (
            (inner.size, inner.alignment) if inner is not None else (WIDTHS[scalar], WIDTHS[scalar])
        )
        size = one
        for bound in bounds:
            size *= bound
        offset = 0 if record.union else _up(end, aligned)
        fields.append(Field(member.name, offset, size, scalar, inner, bounds, points_to))
        end = max(end, offset + size)
        alignment = max(alignment, aligned)
    return Layout(record.name, _up(end, alignment), alignment, record.union, tuple(fields))


def _member(member: CParam | Record) -> tuple[Layout | None, str, tuple[int, ...], str | None]:
    if isinstance(member, Record):
        return _layout(member), "", (), None
    base, bracket, rest = member.ctype.partition("[")
    bounds = tuple(int(bound) for bound in _BOUNDS.findall(bracket + rest))
    if aliases().get(base, base) in records():
        return layout_of(base), "", bounds, None
    return None, scalar_of(base), bounds, pointed_to(base)


def _up(offset: int, alignment: int) -> int:
    return -(-offset // alignment) * alignment


def read_record(memory: Memory, name: str, address: int) -> dict[str, object]:
    """Return the struct that lies at *address*."""
    layout = layout_of(name)
    return _read(memory, layout, memory.bytes_at(address, layout.size), 0)


def _read(memory: Memory, layout: Layout, data: bytes, base: int) -> dict[str, object]:
    found: dict[str, object] = {}
    for field in layout.fields:
        value = _field(memory, field, data, base + field.offset)
        if field.name:
            found[field.name] = value
        else:
            found |= cast("dict[str, object]", value)  # an union without a name
    for field, count in counted_fields(layout):
        address, number = cast("int", found[field.name]), cast("int", found[count])
        if field.points_to is not None:
            found[field.name] = read_records(memory, field.points_to, address, number)
    return found


def read_records(memory: Memory, name: str, address: int, count: int) -> list[dict[str, object]]:
    """Return *count* structs that lie one behind the other from *address* on; none at NULL."""
    size = layout_of(name).size
    return [read_record(memory, name, address + at * size) for at in range(count if address else 0)]


def _field(memory: Memory, field: Field, data: bytes, at: int) -> object:
    if field.scalar == "char" and field.bounds:
        return data[at : at + field.size].split(b"\0", 1)[0].decode(errors="replace")
    if field.inner is not None:
        one = field.inner.size
        items: list[object] = [
            _read(memory, field.inner, data, at + offset) for offset in range(0, field.size, one or 1)
        ]
    else:
        items = list(
            struct.unpack_from(f"<{field.size // WIDTHS[field.scalar]}{_FORMATS[field.scalar]}", data, at)
        )
    return _shaped(items, field.bounds) if field.bounds else items[0]


def _shaped(items: list[object], bounds: tuple[int, ...]) -> list[object]:
    if len(bounds) == 1:
        return items
    step = len(items) // bounds[0]
    return [_shaped(items[at : at + step], bounds[1:]) for at in range(0, len(items), step)]


def write_record(memory: Memory, name: str, address: int, values: Mapping[str, object]) -> None:
    """Write *values* as a struct to *address*; what they do not name becomes 0."""
    memory.write(address, bytes(packed(name, values)))


def packed(name: str, values: Mapping[str, object]) -> bytearray:
    """Return the bytes of a struct with *values*; lists may be shorter than their arrays, never longer."""
    layout = layout_of(name)
    data = bytearray(layout.size)
    _write(layout, data, 0, values)
    return data


def _write(layout: Layout, data: bytearray, base: int, values: Mapping[str, object]) -> None:
    for field in layout.fields:
        if not field.name and field.inner is not None:
            _write(field.inner, data, base, values) if field.inner.union and _names(
                field.inner, values
            ) else None
        elif field.name in values:
            _put(field, data, base + field.offset, values[field.name])


def _names(layout: Layout, values: Mapping[str, object]) -> bool:
    return any(field.name in values for field in layout.fields)


def _put(field: Field, data: bytearray, at: int, value: object) -> None:
    if field.scalar == "char" and field.bounds:
        text = value.encode()[: field.size - 1] if isinstance(value, str) else bytes(cast("list[int]", value))
        data[at : at + len(text)] = text
        return
    items = _flat(value, len(field.bounds))
    room = field.size // (field.inner.size if field.inner is not None else WIDTHS[field.scalar])
    for number, item in enumerate(items[:room]):
        if field.inner is not None:
            _write(field.inner, data, at + number * field.inner.size, cast("Mapping[str, object]", item))
        else:
            _pack(field.scalar, data, at + number * WIDTHS[field.scalar], item)


def _flat(value: object, depth: int) -> list[object]:
    if depth == 0:
        return [value]
    return [item for part in cast("Sequence[object]", value) for item in _flat(part, depth - 1)]


def _pack(scalar: str, data: bytearray, at: int, value: object) -> None:
    if scalar in {"float", "double"}:
        struct.pack_into("<" + _FORMATS[scalar], data, at, value)
    else:
        width = WIDTHS[scalar]
        data[at : at + width] = (int(cast("int", value)) & ((1 << 8 * width) - 1)).to_bytes(width, "little")


def counted_fields(layout: Layout) -> list[tuple[Field, str]]:
    """Return the fields that point to as many structs as another field tells, with the name of that one."""
    pairs = zip(layout.fields, layout.fields[1:], strict=False)
    return [
        (field, count.name)
        for field, count in pairs
        if field.points_to in records() and count.name.startswith("num") and count.scalar == "size_t"
    ]
