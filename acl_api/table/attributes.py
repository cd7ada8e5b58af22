"""Rows: attributes of streams (rules e20, e22), in the binding's dicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from acl_api import codes
from acl_api.table.checks import default_stream, has_context, live_stream
from acl_api.table.row import Param, Ref, Row, Status
from simulator.core.operations import attributes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.core.runtime import Caller, Runtime
    from simulator.core.streams import Stream

_STREAM: Final = Param("stream", "k", Ref.STREAM)
_ATTR: Final = Param("attr", "i")
_KEYS: Final = {
    attributes.FAILURE_MODE: "failureMode",
    attributes.OVERFLOW: "overflowSwitch",
    attributes.TAG: "userCustomTag",
}
_RESERVED: Final = 4
_SOURCE: Final = "rule e20; src/runtime/api/api_c_stream.cc"
_ERRORS: Final = (
    codes.ACL_ERROR_RT_PARAM_INVALID,
    codes.ACL_ERROR_RT_FEATURE_NOT_SUPPORT,
    codes.ACL_ERROR_RT_CONTEXT_NULL,
    codes.ACL_ERROR_RT_INTERNAL_ERROR,
    codes.ACL_ERROR_RT_STREAM_CONTEXT,
)


def _a_dict(value: object) -> object:
    if not isinstance(value, dict):
        raise TypeError("the aclrtStreamAttrValue argument is not dict")
    return value


def _set(rt: Runtime, me: Caller, stream: Stream | None, attr: int, value: Mapping[object, object]) -> object:
    return attributes.set_attribute(rt, me, stream, attr, _number(attr, value))


def _number(attr: int, value: Mapping[object, object]) -> int:
    """Return what the binding puts into the union; a key that is missing or no number leaves 0.

    Raises ValueError for a reserved list that is too long or holds what does not fit.
    """
    if attr in _KEYS:
        given, bits = value.get(_KEYS[attr]), 64 if attr == attributes.FAILURE_MODE else 32
        # The binding asks for an unsigned number and does not look whether it got one.
        return given & ((1 << bits) - 1) if isinstance(given, int) else 0
    reserved = value.get("reserved")
    if not isinstance(reserved, list):
        return 0
    numbers = cast("list[object]", reserved)
    if len(numbers) > _RESERVED:
        raise ValueError("The length of reserved should be no greater than 4")
    if not all(isinstance(one, int) and 0 <= one < 1 << 32 for one in numbers):
        raise ValueError("PyLong_AsUnsignedLong failed")
    return cast("int", numbers[0]) if numbers else 0


def _get(rt: Runtime, me: Caller, stream: Stream | None, attr: int) -> object:
    value = attributes.get_attribute(rt, me, stream, attr)
    if not isinstance(value, int):
        return value
    return ({_KEYS[attr]: value} if attr in _KEYS else {"reserved": [value, 0, 0, 0]},)


def _of_stream(c_name: str, what: str, says: str) -> Row:
    return Row(
        c_name,
        c_name,
        lambda _rt, _me, stream: (getattr(stream, what) & 0xFFFF_FFFF,),
        params=(_STREAM,),
        checks=(live_stream("e22"), has_context("e22"), default_stream("e22")),
        outs=(what,),
        failed=(0,),
        says=f"{says} Not in pyACL.",
        source="rule e22",
    )


ROWS = (
    Row(
        "acl.rt.set_stream_attribute",
        "aclrtSetStreamAttribute",
        _set,
        params=(_STREAM, _ATTR, Param("value", "O", reads=_a_dict, annotation="dict[str, object]")),
        checks=(live_stream("e20"),),
        errors=_ERRORS,
        status=Status.PARTIAL,
        misfit="acl.rt.set_stream_attribute args parse failed!",
        says="1 failure mode, 2 overflow switch, 3 tag, 4 cache of operators, 5 priority; only 1 and 5 change runs.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.get_stream_attribute",
        "aclrtGetStreamAttribute",
        _get,
        params=(_STREAM, _ATTR),
        checks=(live_stream("e20"),),
        outs=("value",),
        failed=({},),
        errors=_ERRORS,
        misfit="acl.rt.get_stream_attribute args parse failed!",
        says="The attribute in a dict, under the name that setting it takes.",
        source=_SOURCE,
    ),
    _of_stream("aclrtStreamGetPriority", "priority", "The stream's priority."),
    _of_stream("aclrtStreamGetFlags", "flags", "The flags that the stream was made with."),
)
