"""Rows: notifies (rules f16-f18)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from acl_api import codes
from acl_api.lists import list_of_sized_ints
from acl_api.table.checks import (
    device_feature,
    has_context,
    live_handle,
    live_stream,
    not_null,
    stream_here,
)
from acl_api.table.row import MISSING, Check, Kind, Param, Ref, Row
from simulator.base.errors import Fault
from simulator.core.notifies import Notify
from simulator.core.operations import notifies

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime

_NOTIFY: Final = Param("notify", "k", Ref.NOTIFY)
_STREAM: Final = Param("stream", "k", Ref.STREAM)
_HANDLE: Final = (not_null("notify", rule="f16"), live_handle("notify", Notify))
_LONGEST_KEY: Final = 1024
_LARGEST_COUNT: Final = 1 << 32
_PEER_ACCESS: Final = 2
_CREATE_FLAGS: Final = (0, 1)
_EXPORT_FLAGS: Final = (0, 2)
_SOURCE: Final = "src/acl/aclrt_impl/notify.cpp, src/runtime/api/api_c_event.cc"


def _seconds(value: object) -> object:
    seconds = cast("int", value)
    if seconds < 0:
        raise TypeError("timeout can't be a negative number!")
    if seconds >= _LARGEST_COUNT:
        raise TypeError("timeout should be less than 2**32!")
    return seconds


def _length(value: object) -> object:
    if cast("int", value) >= _LONGEST_KEY:
        raise ValueError("key len should be less than 1024")
    return value


def _elsewhere(me: Caller, value: object) -> bool:
    """Rule f18: one that processes share is waited for on the device where it was made."""
    notify = cast("Notify", value)
    context = me.live_context
    return notify.shared and context is not None and context.device is not notify.device


def _batch_reset(rt: Runtime, me: Caller, handles: tuple[int, ...]) -> object:
    """Reset one after the other; the first that fails ends it, and those before it are reset."""
    for handle in handles:
        if not rt.profile.features.notify_reset:
            return Fault.NOT_SUPPORTED
        found = live_handle("notifies", Notify)
        notify = None if found.lookup is None else found.lookup(me, handle)
        if notify is MISSING:
            return Fault.INVALID_HANDLE
        if notify is None:
            return Fault.PARAM_INVALID
        context = me.live_context
        if context is None:
            return Fault.CONTEXT_NULL
        if context.default_stream is None:
            return Fault.INTERNAL
        notifies.reset_notify(cast("Notify", notify))
    return None


ROWS = (
    Row(
        "acl.rt.create_notify",
        "aclrtCreateNotify",
        notifies.create_notify,
        params=(Param("flag", "K"),),
        checks=(
            Check(
                "f16",
                codes.ACL_ERROR_RT_PARAM_INVALID,
                "flag is neither 0 nor 1",
                ("flag",),
                lambda _me, value: value not in _CREATE_FLAGS,
            ),
            has_context("f16"),
        ),
        outs=("notify",),
        failed=(0,),
        errors=(codes.ACL_ERROR_RT_FEATURE_NOT_SUPPORT, codes.ACL_ERROR_RT_NO_NOTIFY_RESOURCE),
        says="Create a notify on the current device.",
        source=f"rule f16; {_SOURCE}",
    ),
    Row(
        "acl.rt.destroy_notify",
        "aclrtDestroyNotify",
        lambda rt, _me, notify: notifies.destroy_notify(rt, notify),
        params=(_NOTIFY,),
        checks=(*_HANDLE, has_context("f16")),
        says="Destroy at once; what waits for it waits on.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.record_notify",
        "aclrtRecordNotify",
        notifies.record_notify,
        params=(_NOTIFY, _STREAM),
        checks=(*_HANDLE, live_stream(), *stream_here("f17", "f17")),
        kind=Kind.ENQUEUE,
        says="Queue a task that sets the notify; several before a wait count as one.",
        source="rule f17",
    ),
    Row(
        "acl.rt.wait_and_reset_notify",
        "aclrtWaitAndResetNotify",
        notifies.wait_and_reset_notify,
        params=(_NOTIFY, _STREAM, Param("timeout", "L", reads=_seconds)),
        checks=(
            *_HANDLE,
            live_stream(),
            *stream_here("f17", "f17"),
            Check(
                "f18",
                codes.ACL_ERROR_RT_PARAM_INVALID,
                "the notify is shared between processes and of another device",
                ("notify",),
                _elsewhere,
            ),
        ),
        kind=Kind.ENQUEUE,
        says="Queue a task that waits for the notify, so many seconds at most (0: for ever), and clears it.",
        source="rules f17, f18",
    ),
    Row(
        "acl.rt.get_notify_id",
        "aclrtGetNotifyId",
        lambda _rt, _me, notify: (notify.number,),
        params=(_NOTIFY,),
        checks=(*_HANDLE, has_context("f16")),
        outs=("notify_id",),
        failed=(0,),
        says="The notify's number on its device.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.notify_batch_reset",
        "aclrtNotifyBatchReset",
        _batch_reset,
        params=(
            Param(
                "notifies",
                "O",
                reads=list_of_sized_ints(
                    "argument only support the format of list",
                    "get notify pointers from PyList failed",
                    bits=64,
                    signed=False,
                ),
                annotation="list[int]",
            ),
        ),
        checks=(
            Check(
                "f18",
                codes.ACL_ERROR_RT_PARAM_INVALID,
                "the list is empty",
                ("notifies",),
                lambda _me, value: not value,
            ),
        ),
        errors=(
            codes.ACL_ERROR_RT_FEATURE_NOT_SUPPORT,
            codes.ACL_ERROR_RT_INVALID_HANDLE,
            codes.ACL_ERROR_RT_PARAM_INVALID,
            codes.ACL_ERROR_RT_CONTEXT_NULL,
            codes.ACL_ERROR_RT_INTERNAL_ERROR,
        ),
        says="Clear notifies from the host, one after the other, up to the first that fails.",
        source=f"rule f18; {_SOURCE}",
    ),
    Row(
        "acl.rt.notify_get_export_key",
        "aclrtNotifyGetExportKey",
        lambda rt, _me, notify, length, flag: notifies.export_key(rt, notify, length, flag),
        params=(_NOTIFY, Param("len", "k", reads=_length), Param("flag", "K")),
        checks=(
            *_HANDLE,
            Check(
                "f18", codes.ACL_ERROR_RT_PARAM_INVALID, "len is 0", ("len",), lambda _me, value: value == 0
            ),
            device_feature("ipc_notify", "this product shares no notifies", "f18"),
            Check(
                "f18",
                codes.ACL_ERROR_RT_PARAM_INVALID,
                "flag is neither 0 nor 2",
                ("flag",),
                lambda _me, value: value not in _EXPORT_FLAGS,
            ),
        ),
        outs=("key",),
        failed=("",),
        errors=(codes.ACL_ERROR_RT_INTERNAL_ERROR, codes.ACL_ERROR_RT_PARAM_INVALID),
        says="Let other processes import the notify; here each process has a machine of its own.",
        source=f"{_SOURCE}; what a len below 65 gives is INFERRED",
    ),
    Row(
        "acl.rt.notify_set_import_pid",
        "aclrtNotifySetImportPid",
        lambda _rt, _me, notify, pids: notifies.set_import_pid(notify, pids),
        params=(
            _NOTIFY,
            Param(
                "pids",
                "O",
                reads=list_of_sized_ints(
                    "argument 2 only support the format of list",
                    "get values from PyList failed",
                    bits=64,
                    signed=True,
                ),
                annotation="list[int]",
            ),
        ),
        checks=(
            not_null("notify", rule="f18"),
            device_feature("ipc_notify", "this product shares no notifies", "f18"),
            live_handle("notify", Notify),
            Check(
                "f18",
                codes.ACL_ERROR_RT_PARAM_INVALID,
                "the list is empty",
                ("pids",),
                lambda _me, value: not value,
            ),
            has_context("f18"),
        ),
        errors=(codes.ACL_ERROR_RT_DRV_INTERNAL_ERROR,),
        says="Name the processes that may import a notify which was exported.",
        source="src/runtime/api/api_c_standard_soc.cc; that a notify without a key fails in the driver is INFERRED",
    ),
    Row(
        "acl.rt.notify_import_by_key",
        "aclrtNotifyImportByKey",
        lambda rt, me, key, _flag: notifies.import_by_key(rt, me, key),
        params=(Param("key", "s"), Param("flag", "K")),
        checks=(
            device_feature("ipc_notify", "this product shares no notifies", "f18"),
            Check(
                "f18",
                codes.ACL_ERROR_RT_PARAM_INVALID,
                "flag is above 3",
                ("flag",),
                lambda _me, value: cast("int", value) & 0xFFFF_FFFF > (1 | _PEER_ACCESS),
            ),
            has_context("f18"),
        ),
        outs=("notify",),
        failed=(0,),
        errors=(codes.ACL_ERROR_RT_DRV_INTERNAL_ERROR,),
        says="Make a notify out of a key; only keys of this process are known, as nothing goes between processes.",
        source="src/runtime/api/api_c_standard_soc.cc; the code for an unknown key is UNVERIFIED",
    ),
)
