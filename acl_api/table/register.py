"""Rows: memory of the program's own, pinned and mapped for the device."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from acl_api import codes
from acl_api.table.checks import not_null
from acl_api.table.row import Check, Param, Ref, Row
from simulator.core.operations import registrations

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime

_PTR = Param("ptr", "k", Ref.MEMORY)
_SIZE = Param("size", "k")
# aclrtHostRegisterType: mapped 0, or-able 4 (IO memory) and 8 (read only).
_TYPES = 4 | 8
# Flags of the second version: mapped, IO memory, read only, pinned.
_PINNED = 0x1000_0000
_FLAGS = 2 | 4 | 8 | _PINNED
_ERRORS = (
    codes.ACL_ERROR_RT_CONTEXT_NULL,
    codes.ACL_ERROR_RT_FEATURE_NOT_SUPPORT,
    codes.ACL_ERROR_RT_PARAM_INVALID,
    codes.ACL_ERROR_HOST_MEMORY_ALREADY_REGISTERED,
)
_RANGE = (not_null("ptr", rule="h5"), not_null("size", rule="h5"))


def _register(rt: Runtime, me: Caller, ptr: int, size: int, flag: int) -> object:
    result = registrations.host_register(rt, me, ptr, size, mapped=flag != _PINNED)
    return None if isinstance(result, tuple) else result


ROWS = (
    Row(
        "acl.rt.host_register",
        "aclrtHostRegister",
        lambda rt, me, ptr, size, _type: registrations.host_register(rt, me, ptr, size),
        params=(_PTR, _SIZE, Param("type", "i")),
        checks=(
            *_RANGE,
            Check(
                "h5",
                codes.ACL_ERROR_RT_FEATURE_NOT_SUPPORT,
                "type is neither 0 nor made of 4 and 8",
                ("type",),
                lambda _me, value: bool(cast("int", value) & ~_TYPES),
            ),
        ),
        outs=("dev_ptr",),
        failed=(0,),
        traced=False,
        errors=_ERRORS,
        says="Pin memory of the program's: copies of it are asynchronous then. The device sees it where it is.",
        source="rule h5; hicann/runtime api_error.cc HostRegister, npu_driver_mem.cc",
    ),
    Row(
        "acl.rt.host_register_v2",
        "aclrtHostRegisterV2",
        _register,
        params=(Param("ptr", "K", Ref.MEMORY), Param("size", "K"), Param("flag", "I")),
        checks=(
            *_RANGE,
            Check(
                "h5",
                codes.ACL_ERROR_RT_PARAM_INVALID,
                "flag is not made of 2 (mapped), 4 (IO), 8 (read only) and 0x10000000 (pinned)",
                ("flag",),
                lambda _me, value: not cast("int", value) & _FLAGS or bool(cast("int", value) & ~_FLAGS),
            ),
        ),
        errors=_ERRORS,
        says="Pin memory of the program's, and map it for the device unless the flag is pinned alone.",
        source="rule h5; hicann/runtime api_error.cc HostRegisterV2, api_impl.cc",
    ),
    Row(
        "acl.rt.host_get_device_pointer",
        "aclrtHostGetDevicePointer",
        lambda rt, me, ptr, _flag: registrations.device_pointer(rt, me, ptr),
        params=(Param("host_ptr", "K", Ref.MEMORY), Param("flag", "I")),
        checks=(
            not_null("host_ptr", rule="h5"),
            Check(
                "h5",
                codes.ACL_ERROR_INVALID_PARAM,
                "flag is not 0",
                ("flag",),
                lambda _me, value: value != 0,
            ),
        ),
        outs=("dev_ptr",),
        failed=(0,),
        traced=False,
        errors=_ERRORS[:1] + _ERRORS[2:3],
        misfit="acl.rt.host_get_device_pointer parse failed",
        says="The device's address of memory that is registered and mapped: the host's own here.",
        source="rule h5; hicann/runtime memory.cpp, api_impl.cc HostGetDevicePointer",
    ),
    Row(
        "acl.rt.host_unregister",
        "aclrtHostUnregister",
        registrations.host_unregister,
        params=(_PTR,),
        checks=(not_null("ptr", rule="h2"),),
        errors=(
            codes.ACL_ERROR_RT_CONTEXT_NULL,
            codes.ACL_ERROR_RT_FEATURE_NOT_SUPPORT,
            codes.ACL_ERROR_HOST_MEMORY_NOT_REGISTERED,
        ),
        says="Make registered memory pageable again.",
        source="rule h5; hicann/runtime api_impl.cc HostUnregister",
    ),
)
