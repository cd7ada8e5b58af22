"""The C structs that functions on memory and kernels take as dicts or lists of dicts, read as the binding does."""

from __future__ import annotations

from typing import Final, NamedTuple

from acl_api.dicts import Fields, fields_of, list_of_structs, unsigned_long

MODULE_ID: Final = 1
DEVICE_ID: Final = 2
VA_FLAG: Final = 3
_MOST_BYTES: Final = 8
_RESERVED: Final = 14
_UINT16: Final = 0xFFFF
_UINT32: Final = 0xFFFF_FFFF


class MallocAttribute(NamedTuple):
    """One attribute of an allocation (aclrtMallocAttribute); `value` is the union's first 32 bits."""

    attr: int
    value: int


class PhysicalProp(NamedTuple):
    """What physical memory is to be (aclrtPhysicalMemProp), without its reserved field."""

    handle_type: int
    allocation_type: int
    mem_attr: int
    location_type: int
    location_id: int


class Repair(NamedTuple):
    """A range whose uncorrectable error is to be repaired (aclrtMemUceInfo)."""

    addr: int
    length: int
    reserved: tuple[int, ...]


class Option(NamedTuple):
    """An option or attribute: which one, and its value."""

    which: int
    value: int


def malloc_config(value: object) -> tuple[MallocAttribute, ...] | None:
    """Return the attributes of an aclrtMallocConfig; None for an empty dict, which stands for no configuration.

    Raises TypeError, KeyError and ValueError with the binding's texts.
    """
    if not isinstance(value, dict):
        raise TypeError("pyCfg is not dict!")
    if not value:
        return None
    if "attrs" not in value:
        raise TypeError("the aclrtMallocAttrValue argument is not dict")
    given = value["attrs"]
    if not isinstance(given, list):
        raise TypeError("cfg.attrs malloc failed!")
    if Fields(value).unsigned("numAttrs", 64) != len(given):
        raise KeyError("The numAttrs inputed does not match the expected numAttrs")
    return tuple(
        _malloc_attribute(fields_of(item, "the aclrtMallocWithCfg argument is not dict")) for item in given
    )


def _malloc_attribute(fields: Fields) -> MallocAttribute:
    attr = fields.signed("attr")
    if "value" not in fields:
        return MallocAttribute(attr, 0)
    union = fields.struct("value", "the aclrtMallocAttrValue argument is not dict")
    if "moduleId" in union:
        return MallocAttribute(attr, unsigned_long(union.get("moduleId")) & _UINT16)
    if "deviceId" in union:
        return MallocAttribute(attr, unsigned_long(union.get("deviceId")) & _UINT32)
    if "rsv" not in union:
        raise KeyError("No valid key found in aclrtMallocAttrValue")
    return MallocAttribute(attr, _first_bytes(union.get("rsv")))


def _first_bytes(given: object) -> int:
    """Return the union's first 32 bits when it is given byte by byte."""
    if not isinstance(given, list):
        # The binding goes on, and CPython complains about the error that its call left behind.
        raise SystemError("the function returned a result with an exception set")  # noqa: TRY004
    low = bytes(unsigned_long(item) & 0xFF for item in given[:_MOST_BYTES])
    return int.from_bytes(low[:4], "little")


def physical_prop(value: object) -> PhysicalProp:
    """Return an aclrtPhysicalMemProp. Raises TypeError and ValueError with the binding's texts."""
    fields = fields_of(value, "the aclrtPhysicalMemProp argument is not dict")
    kinds = (fields.signed("handleType"), fields.signed("allocationType"), fields.signed("memAttr"))
    location = fields.struct("location", "the aclrtMemLocation argument is not dict")
    place = location.unsigned("id", 32), location.signed("type")
    fields.unsigned("reserve", 64)
    return PhysicalProp(*kinds, place[1], place[0])


def repairs(value: object) -> tuple[Repair, ...]:
    """Return a list of aclrtMemUceInfo. Raises TypeError and ValueError with the binding's texts."""
    error = TypeError("aclrtMemUceInfo argument is not list")
    return list_of_structs(value, _repair, "the aclrtMemUceInfo argument is not dict", error)


def _repair(fields: Fields) -> Repair:
    return Repair(
        fields.pointer("addr"), fields.unsigned("len", 64), fields.unsigned_array("reserved", _RESERVED)
    )


def load_options(value: object) -> tuple[Option, ...]:
    """Return the options of loading a binary. Raises ValueError and TypeError with the binding's texts."""
    return list_of_structs(value, _load_option, "the bin_option argument is not dict", _no_list())


def _load_option(fields: Fields) -> Option:
    return Option(fields.signed("type"), fields.unsigned("value", 32))


def launch_attributes(value: object) -> tuple[Option, ...]:
    """Return the attributes of a launch. Raises ValueError and TypeError with the binding's texts."""
    return list_of_structs(value, _launch_attribute, "the cfg argument is not dict", _no_list())


def _launch_attribute(fields: Fields) -> Option:
    return Option(fields.signed("id"), fields.unsigned("value", 32))


def _no_list() -> ValueError:
    return ValueError("argument 2 only support the format of list")
