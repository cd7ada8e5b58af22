"""Values that are more than a number, on their way into C and back: lists, structs as dicts, texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from acl_api.backends.native.library import number_type
from acl_api.cabi.ctypes import WIDTHS, scalar_of
from acl_api.cabi.layout import counted_fields, layout_of, packed, read_record
from acl_api.cabi.memory import Memory
from acl_api.cabi.shapes import as_given, as_struct
from acl_api.table.model_config import unit_of, value_of

# Of arrays in structs, the field that says how many of them count; the binding's dicts hold no more than those.
_COUNTED: Final = {
    "dims": "dimCount",
    "batch": "batchCount",
    "hw": "hwCount",
    "range": "rangeCount",
    "outDims": "shapeCount",
}


class Values:
    """Makes and reads what is passed by address; *ffi* is the library's."""

    def __init__(self, ffi: Any) -> None:  # noqa: ANN401 - cffi's objects have no types
        self._ffi = ffi
        self._memory = Memory(ffi)

    def __repr__(self) -> str:
        return f"<values through {self._memory!r}>"

    def size_of(self, ctype: str) -> int:
        """Return the size in bytes of a struct."""
        return layout_of(ctype).size

    # -- into C ----------------------------------------------------------------------------------------------

    def numbers(self, ctype: str, items: Sequence[object] | None) -> Any:  # noqa: ANN401 - cffi's objects
        """Return an array of numbers, or of arrays of them; NULL for None."""
        if items is None:
            return self._ffi.NULL
        base, bracket, bound = ctype.partition("[")
        return self._ffi.new(f"{number_type(base)}[]{bracket}{bound}", [*items])

    def texts(self, items: Sequence[str]) -> tuple[Any, list[Any]]:
        """Return the addresses of texts, one behind the other, and the texts, which must live as long."""
        kept = [self._ffi.new("char[]", item.encode()) for item in items]
        return self._ffi.new("char *[]", kept), kept

    def lists(self, ctype: str, items: Sequence[Sequence[object]]) -> tuple[Any, list[Any]]:
        """Return the addresses of arrays, one behind the other, and the arrays, which must live as long."""
        kept = [self.numbers(ctype, item) for item in items]
        return self._ffi.new("uintptr_t[]", [self.address(each) for each in kept]), kept

    def record(self, ctype: str, given: object) -> tuple[Any, list[Any]]:
        """Return a struct's memory and what it points to, which must live as long; NULL for no struct."""
        values = as_struct(ctype, given)
        if values is None:
            return self._ffi.NULL, []
        kept: list[Any] = []
        made = self._ffi.new("char[]", bytes(packed(ctype, self._placed(ctype, values, kept))))
        return made, kept

    def records(self, ctype: str, items: Sequence[Mapping[str, object]] | None) -> tuple[Any, list[Any]]:
        """Return the memory of structs that lie one behind the other, and what they point to; NULL for None."""
        if items is None:
            return self._ffi.NULL, []
        kept: list[Any] = []
        data = b"".join(bytes(packed(ctype, self._placed(ctype, each, kept))) for each in items)
        return self._ffi.new("char[]", data or b"\0"), kept

    def _placed(self, ctype: str, values: Mapping[str, object], kept: list[Any]) -> dict[str, object]:
        """Return *values* with the lists that stand behind pointers laid out in memory, and counted."""
        placed = dict(values)
        for field, count in counted_fields(layout_of(ctype)):
            items = placed.get(field.name)
            if isinstance(items, list):
                made, more = self.records(field.points_to or "", items)
                kept += [made, *more]
                placed[field.name] = self.address(made)
                placed.setdefault(count, len(items))
        return placed

    def option(self, attr: int, value: object) -> tuple[Any, Any]:
        """Return the memory of an option's value, and what that points to. Raises TypeError as the binding does."""
        unit, converted = unit_of(attr), value_of(attr, value)
        if unit == "s":
            text = self._ffi.new("char[]", cast("str", converted).encode())
            return self._ffi.new("uintptr_t *", self.address(text)), text
        return self._ffi.new("int32_t *" if unit == "i" else "uint64_t *", converted), None

    def pointed(self, ctype: str, value: object) -> Any:  # noqa: ANN401 - cffi's objects
        """Return the memory of one number, as wide as *ctype* or as can be, or of a text."""
        if isinstance(value, str):
            return self._ffi.new("char[]", value.encode())
        known = number_type(ctype)
        return self._ffi.new(f"{'int64_t' if known == 'void' else known} *", value)

    def width(self, made: Any) -> int:  # noqa: ANN401 - cffi's objects
        """Return how many bytes there are of what `pointed` has made."""
        return len(self._ffi.buffer(made))

    def address(self, made: Any) -> int:  # noqa: ANN401 - cffi's objects
        """Return where something lies."""
        return int(self._ffi.cast("uintptr_t", made))

    # -- and back --------------------------------------------------------------------------------------------

    def text(self, pointer: Any) -> str:  # noqa: ANN401 - cffi's objects
        """Return the characters up to NUL; what is no UTF-8 is replaced."""
        return bytes(self._ffi.string(self._ffi.cast("char *", pointer))).decode(errors="replace")

    def list_at(self, ctype: str, made: Any, size: int) -> list[Any]:  # noqa: ANN401 - cffi's objects
        """Return the numbers that the call has written, which are *size* bytes."""
        return self.lent(ctype, self.address(made), size // WIDTHS[scalar_of(ctype)])

    def lent(self, ctype: str, address: int, count: int) -> list[Any]:
        """Return *count* numbers that the library keeps."""
        return self._memory.numbers(ctype, address, count)

    def dict_at(self, ctype: str, made: Any, attr: int | None = None) -> Any:  # noqa: ANN401 - cffi's objects
        """Return a struct that the call has written; *attr* says what is in a union."""
        fields = read_record(self._memory, ctype, self.address(made))
        return as_given(ctype, _counted(fields), attr)

    def dicts_at(self, ctype: str, made: Any, count: int) -> list[dict[str, object]]:  # noqa: ANN401 - same
        """Return the *count* structs that the call has written."""
        size, start = layout_of(ctype).size, self.address(made)
        return [_counted(read_record(self._memory, ctype, start + at * size)) for at in range(count)]


def _counted(values: dict[str, object]) -> dict[str, object]:
    """Return a struct's dict with only those elements of its arrays that count."""
    for name, value in values.items():
        if isinstance(value, list) and _COUNTED.get(name) in values:
            values[name] = value[: cast("int", values[_COUNTED[name]])]
    for value in values.values():
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, dict):
                _counted(inner)
    return values
