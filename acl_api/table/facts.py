"""Rows: what a program can ask about devices, and access between them."""

from __future__ import annotations

import os
from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, cast

from acl_api import codes
from acl_api.table.checks import as_int32, current_device, device_feature, device_in_range, has_context
from acl_api.table.row import Check, Param, Row, Status
from simulator.base.errors import Fault

if TYPE_CHECKING:
    from simulator.core.devices import Device
    from simulator.core.runtime import Caller, Runtime

_DEVICE: Final = Param("device_id", "i")
_PEER: Final = Param("peer_device_id", "i")
_NUMBERED: Final = Param("device_id", "I")
_OTHER: Final = Param("other_device_id", "I")
_SLOTS: Final = 64
_CONNECTED: Final = 1  # by HCCS, the bit for which is 1
_TASK_UPDATE: Final = 1
_QUEUES_ACROSS: Final = 21
_AICPU_SCHEDULE: Final = 10001
_TASK_ID_BITS: Final = 20001
_CAPABILITIES: Final = (_TASK_UPDATE, _QUEUES_ACROSS, _AICPU_SCHEDULE, _TASK_ID_BITS)
_TASK_IDS: Final = 16
_WIDE_TASK_IDS: Final = 32
_BY_SOFTWARE: Final = 1
_BY_HARDWARE: Final = 2
# Attributes that the driver knows of a real device, and nothing says here: UNVERIFIED.
_UNKNOWN: Final = frozenset((*range(202, 213), 401, *range(403, 410)))
_SOURCE: Final = "src/runtime/api/impl/api_impl.cc; numbers from include/external/acl/acl_rt.h"
_NO_PEERS: Final = device_feature("peer_access", "devices of this product reach no others", "g13")


_SAME: Final = Check(
    "0.2",
    codes.ACL_ERROR_INVALID_PARAM,
    "both devices are the same",
    ("device_id", "peer_device_id"),
    lambda _me, pair: cast("tuple[object, object]", pair)[0] == cast("tuple[object, object]", pair)[1],
)


_SAME_AS_CURRENT: Final = Check(
    "0.2",
    codes.ACL_ERROR_INVALID_PARAM,
    "the peer is the current device",
    ("peer_device_id",),
    lambda me, value: current_device(me).index == as_int32(cast("int", value)),
)
_NO_SLOT: Final = Check(
    "0.1",
    codes.ACL_ERROR_RT_PARAM_INVALID,
    "peer_device_id is no slot of a machine",
    ("peer_device_id",),
    lambda _me, value: not 0 <= cast("int", value) < _SLOTS,
)


def _info(rt: Runtime, _me: Caller, device: Device, attr: int) -> tuple[int] | Fault:
    """Return a figure as the binding gives it, cut to 32 bits with a sign."""
    engines = rt.profile.engines
    known = {
        1: engines.ai_cpus,
        101: engines.ai_cores,
        102: engines.ai_cores,
        201: engines.vector_cores,
        301: engines.memory_bytes,
        302: engines.l2_cache_bytes,
        402: device.index,
        501: 0,
        601: engines.npu_arch,
    }
    if attr in known:
        return (as_int32(known[attr]),)
    return Fault.NOT_SUPPORTED if attr in _UNKNOWN else Fault.PARAM_INVALID


def _capability(rt: Runtime, me: Caller, _device: Device, feature: int) -> tuple[int] | Fault:
    if feature == _TASK_UPDATE:
        return Fault.CONTEXT_NULL if me.live_context is None else (0,)
    if feature == _TASK_ID_BITS:
        return (_WIDE_TASK_IDS if rt.profile.family == "950" else _TASK_IDS,)
    if feature == _AICPU_SCHEDULE:
        return (_BY_HARDWARE if rt.has_stars else _BY_SOFTWARE,)
    return (0,)


def _uuid(rt: Runtime, _me: Caller, device: Device) -> tuple[dict[str, list[int]]]:
    """Return 16 bytes that are the same in every run, and differ between devices and products."""
    made = blake2b(f"{rt.profile.key} {device.index}".encode(), digest_size=16)
    return ({"bytes": list(made.digest())},)


def _status(rt: Runtime, _me: Caller, device: Device, peer: int) -> tuple[int] | Fault:
    if peer >= len(rt.devices):
        return Fault.DRIVER_FAILED
    return (int(peer in device.peers),)


def _switch(name: str, c_name: str, *more: Param) -> Row:
    """Return the row that opens or closes the way from a device to the current one."""

    def run(_rt: Runtime, me: Caller, peer: Device, *_flags: int) -> None:
        peers = current_device(me).peers
        (peers.add if more else peers.discard)(peer.index)

    flags = Check(
        "0.2",
        codes.ACL_ERROR_FEATURE_UNSUPPORTED,
        "flags is not 0",
        ("flags",),
        lambda _me, value: value != 0,
    )
    return Row(
        f"acl.rt.{name}",
        c_name,
        run,
        params=(_PEER, *more),
        checks=(
            *((flags,) if more else ()),
            has_context("g12"),
            _SAME_AS_CURRENT,
            device_in_range("peer_device_id"),
        ),
        status=Status.PARTIAL,
        says="Kept and given back: copies between devices work with and without it.",
        source="src/acl/aclrt_impl/memory.cpp",
    )


ROWS = (
    Row(
        "acl.rt.get_device_info",
        "aclrtGetDeviceInfo",
        _info,
        params=(_NUMBERED, Param("attr", "I")),
        checks=(replace(device_in_range(), code=codes.ACL_ERROR_RT_PARAM_INVALID),),
        outs=("value",),
        failed=(0,),
        errors=(codes.ACL_ERROR_RT_FEATURE_NOT_SUPPORT, codes.ACL_ERROR_RT_PARAM_INVALID),
        status=Status.PARTIAL,
        says="Cores, memory, L2 and architecture, in 32 bits as in the binding; others are not known here: 207000.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.get_device_capability",
        "aclrtGetDeviceCapability",
        _capability,
        params=(_DEVICE, Param("feature", "I")),
        checks=(
            Check(
                "0.1",
                codes.ACL_ERROR_RT_PARAM_INVALID,
                "feature is none of 1, 21, 10001 and 20001",
                ("feature",),
                lambda _me, value: value not in _CAPABILITIES,
            ),
            device_in_range(),
        ),
        outs=("value",),
        failed=(0,),
        errors=(codes.ACL_ERROR_RT_CONTEXT_NULL,),
        status=Status.PARTIAL,
        says="Bits of task ids, and who schedules AI CPUs; what firmware and driver decide is answered with 0.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.get_devices_topo",
        "aclrtGetDevicesTopo",
        lambda _rt, _me, _device, _other: (_CONNECTED,),
        params=(_NUMBERED, _OTHER),
        checks=(device_in_range(), device_in_range("other_device_id")),
        outs=("value",),
        failed=(0,),
        status=Status.PARTIAL,
        misfit="acl.rt.reset_device_res_limit args parse failed",
        says="1: how the devices of a machine are connected is not modelled, they all are by HCCS.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.device_get_uuid",
        "aclrtDeviceGetUuid",
        _uuid,
        params=(_DEVICE,),
        checks=(device_in_range(), device_feature("device_uuid", "this product has no such number", "g13")),
        outs=("uuid",),
        failed=({},),
        says="A number that no other device has, made up here from product and device.",
        source="src/runtime/api/api_c_device.cc",
    ),
    Row(
        "acl.rt.device_can_access_peer",
        "aclrtDeviceCanAccessPeer",
        lambda _rt, _me, _device, _peer: (1,),
        params=(_DEVICE, _PEER),
        checks=(_SAME, device_in_range("peer_device_id"), device_in_range(), _NO_PEERS),
        outs=("can_access",),
        failed=(0,),
        says="1 for any two different devices of the machine.",
        source="src/acl/aclrt_impl/memory.cpp",
    ),
    _switch("device_enable_peer_access", "aclrtDeviceEnablePeerAccess", Param("flags", "I")),
    _switch("device_disable_peer_access", "aclrtDeviceDisablePeerAccess"),
    Row(
        "acl.rt.device_peer_access_status",
        "aclrtDevicePeerAccessStatus",
        _status,
        params=(_DEVICE, _PEER),
        checks=(device_in_range(), _NO_SLOT),
        outs=("status",),
        failed=(0,),
        errors=(codes.ACL_ERROR_RT_DRV_INTERNAL_ERROR,),
        says="1 when the first device has access to the second one enabled.",
        source="src/acl/aclrt_impl/memory.cpp; the code for a peer that is not there is UNVERIFIED",
    ),
    Row(
        "acl.rt.device_get_bare_tgid",
        "aclrtDeviceGetBareTgid",
        lambda _rt, _me: (os.getpid(),),
        outs=("pid",),
        failed=(0,),
        traced=False,
        says="The number of the process, as the operating system has it.",
        source="src/acl/aclrt_impl/device.cpp",
    ),
)
