"""Rows: groups of cores. Only the administrator of a machine makes them, and machines here have none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from acl_api import codes
from acl_api.table.checks import device_feature, has_context, not_null
from acl_api.table.row import Check, Param, Ref, Row
from simulator.base.errors import Fault

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime

_INFO: Final = Param("info", "k", Ref.HANDLE)
_LARGEST: Final = 3
_SUPPORTED: Final = device_feature("core_groups", "this product has no groups of cores", "g13")
_SOURCE: Final = "src/acl/aclrt_impl/group.cpp, src/runtime/core/src/device/device.cc"


def _no_info(me: Caller, value: object) -> bool:
    me.rt.note("forged-handle", f"{value} never was the handle of group information", "0.3")
    return True


_NOT_MADE: Final = Check(
    "0.3", codes.ACL_ERROR_INVALID_PARAM, "info is no group information", ("info",), _no_info
)


def _detail(_rt: Runtime, _me: Caller, _info: int, _group: int, _attr: int) -> None:
    raise RuntimeError("aclrtGetGroupInfoDetail failed")


ROWS = (
    Row(
        "acl.rt.set_group",
        "aclrtSetGroup",
        lambda _rt, _me, _group: Fault.GROUP_NOT_CREATED,
        params=(Param("group_id", "I"),),
        checks=(
            _SUPPORTED,
            has_context("g12"),
            Check(
                "0.1",
                codes.ACL_ERROR_RT_PARAM_INVALID,
                f"group_id is above {_LARGEST}",
                ("group_id",),
                lambda _me, value: cast("int", value) > _LARGEST,
            ),
        ),
        errors=(codes.ACL_ERROR_RT_GROUP_NOT_CREATE,),
        says="Take a group for what the thread launches; here there is none to take.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.get_group_count",
        "aclrtGetGroupCount",
        lambda _rt, _me, _count: (0,),
        params=(Param("count", "I"),),
        checks=(_SUPPORTED, has_context("g12")),
        outs=("count",),
        failed=(0,),
        says="How many groups the current device has: 0. What is passed is not looked at.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.create_group_info",
        "aclrtCreateGroupInfo",
        lambda _rt, _me: (0,),
        outs=("info",),
        failed=(0,),
        bare=True,
        says="Room for what all groups are; no handle (0) where there are none.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.destroy_group_info",
        "aclrtDestroyGroupInfo",
        lambda _rt, _me, _info: None,
        params=(_INFO,),
        checks=(not_null("info"), _NOT_MADE),
        says="Give the room back.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.get_all_group_info",
        "aclrtGetAllGroupInfo",
        lambda _rt, _me, _info: Fault.GROUP_NOT_CREATED,
        params=(_INFO,),
        checks=(not_null("info"), _SUPPORTED, has_context("g12")),
        errors=(codes.ACL_ERROR_RT_GROUP_NOT_CREATE,),
        says="Ask what the groups are; there are none.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.get_group_info_detail",
        "aclrtGetGroupInfoDetail",
        _detail,
        params=(_INFO, Param("group_id", "i"), Param("attr", "i")),
        outs=("values",),
        failed=([],),
        says="Read one figure of a group; RuntimeError whenever it cannot be read, which is always here.",
        source=f"{_SOURCE}; the exception is the binding's",
    ),
)
