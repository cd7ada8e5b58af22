"""How the binding's dicts differ from the structs that they stand for: in names, unions, lists in place of structs.

A struct that is not named here is a dict of its fields. What the binding reads of a dict is `acl_api.structs`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, cast

from acl_api.structs import MODULE_ID

# The keys of the dict, by field.
_KEYS: Final[Mapping[str, Mapping[str, str]]] = {
    "aclCANNPackageVersion": {
        "majorVersion": "major_version",
        "minorVersion": "minor_version",
        "releaseVersion": "release_version",
        "patchVersion": "patch_version",
    },
    "aclrtPtrAttributes": {"pageSize": "page_size"},
    "aclrtStreamAttrValue": {"reserve": "reserved"},
    "aclrtUtilizationInfo": {
        "cubeUtilization": "cube_utilization",
        "vectorUtilization": "vector_utilization",
        "aicpuUtilization": "aicpu_utilization",
        "memoryUtilization": "memory_utilization",
        "utilizationExtend": "utilization_extend",
    },
}
# Unions of which the binding gives one field: which, by the parameter `attr` of the call; for others, the last.
_CHOSEN: Final[Mapping[str, Mapping[int, str]]] = {
    "aclrtStreamAttrValue": {1: "failureMode", 2: "overflowSwitch", 3: "userCustomTag", 0: "reserved"}
}


class _Listed(NamedTuple):
    """A struct that is a list of dicts in the binding: its fields, and the part of the union that stands for it."""

    items: str
    counted: str
    which: str
    member: str


_LISTED: Final = {
    "aclrtBinaryLoadOptions": _Listed("options", "numOpt", "type", "magic"),
    "aclrtLaunchKernelCfg": _Listed("attrs", "numAttrs", "id", "localMemorySize"),
}
_MALLOC: Final = "aclrtMallocConfig"

Fields = Mapping[str, object]


def is_chosen(ctype: str) -> bool:
    """Tell whether the binding gives one field of that union only."""
    return ctype in _CHOSEN


def as_struct(ctype: str, given: object) -> dict[str, object] | None:
    """Return what the binding takes, or gives, as the fields of the struct; None for what stands for no struct."""
    if given is None or (ctype == _MALLOC and not given):
        return None
    listed = _LISTED.get(ctype)
    if listed is not None:
        items = [
            {**item, "value": {listed.member: item.get("value", 0)}}
            for item in cast("Sequence[Fields]", given)
        ]
        return {listed.items: items, listed.counted: len(items)}
    named = {key: field for field, key in _KEYS.get(ctype, {}).items()}
    return {named.get(key, key): value for key, value in cast("Fields", given).items()}


def as_given(ctype: str, fields: Fields, attr: int | None = None) -> Any:  # noqa: ANN401 - a dict, or a list of dicts
    """Return the fields of a struct as the binding gives them, or takes them; *attr* says what is in a union."""
    listed = _LISTED.get(ctype)
    if listed is not None:
        return [
            {listed.which: item[listed.which], "value": cast("Fields", item["value"])[listed.member]}
            for item in cast("Sequence[Fields]", fields[listed.items])
        ]
    if ctype == _MALLOC:
        return {
            **fields,
            "attrs": [_malloc_attribute(item) for item in cast("Sequence[Fields]", fields["attrs"])],
        }
    keys = _KEYS.get(ctype, {})
    found = {keys.get(field, field): value for field, value in fields.items()}
    if attr is None or ctype not in _CHOSEN:
        return found
    chosen = _CHOSEN[ctype]
    return {(key := chosen.get(attr, chosen[0])): found[key]}


def _malloc_attribute(item: Fields) -> Fields:
    value = cast("Fields", item["value"])
    key = "moduleId" if item["attr"] == MODULE_ID else "rsv"
    return {"attr": item["attr"], "value": {key: value[key]}}
