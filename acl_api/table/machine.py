"""Rows: several devices in one machine, how they are, and settings that have no effect here."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from acl_api import codes
from acl_api.table.checks import device_in_range, has_context
from acl_api.table.row import MISSING, Check, Param, Row, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.core.devices import Device, Devices
    from simulator.core.runtime import Caller, Runtime

_DEVICE = (Param("device_id", "i"),)


def _ids(name: str, c_name: str, given: str, asked: str, find: Callable[[Devices, int], int | None]) -> Row:
    """Return the row that turns one numbering of devices into another: 107001 for a device that it does not have."""

    def lookup(me: Caller, value: object) -> object:
        found = find(me.rt.devices, cast("int", value))
        return MISSING if found is None else found

    code, says = (
        codes.ACL_ERROR_RT_INVALID_DEVICEID,
        f"{given} is not a device of this machine, or not visible",
    )
    return Row(
        f"acl.rt.{name}",
        c_name,
        lambda _rt, _me, number: (number,),
        params=(Param(given, "i"),),
        checks=(Check("g5", code, says, (given,), lookup=lookup),),
        outs=(asked,),
        failed=(0,),
        says="The device's number in the other numbering; ASCEND_RT_VISIBLE_DEVICES makes user ids others.",
        source="rule g5; pyACL rt; runtime.cc ChgUserDevIdToDeviceId, GetUserDevIdByDeviceId",
    )


def _logic_of_user(devices: Devices, number: int) -> int | None:
    return devices.logical[number] if 0 <= number < len(devices) else None


def _user_of_logic(devices: Devices, number: int) -> int | None:
    return devices.logical.index(number) if number in devices.logical else None


def _itself(devices: Devices, number: int) -> int | None:
    # Physical ids are logical ones here: nothing public says how a machine numbers its boards.
    return number if 0 <= number <= devices.logical[-1] else None


def _peer(name: str, c_name: str, *more: Param) -> Row:
    """Return the row of a switch for access between devices, which is always open here."""
    return Row(
        f"acl.rt.{name}",
        c_name,
        lambda _rt, _me, _peer, _flags=0: None,
        params=(Param("peer_device_id", "i"), *more),
        checks=(device_in_range("peer_device_id"), has_context("g12")),
        status=Status.PARTIAL,
        says="Accepted without effect: every device reaches every other one.",
        source="rule g12; pyACL rt",
    )


def _time_out(name: str, c_name: str, says: str) -> Row:
    return Row(
        f"acl.rt.{name}",
        c_name,
        lambda _rt, _me, _seconds: None,
        params=(Param("timeout", "I"),),
        checks=(has_context("g12"),),
        status=Status.PARTIAL,
        says=says,
        source="rule g12; pyACL rt",
    )


# A rate for each unit, as the binding's dict has it; nothing measures how busy a simulated device is.
_IDLE = dict.fromkeys(
    ("cube_utilization", "vector_utilization", "aicpu_utilization", "memory_utilization"), 0
) | {"utilization_extend": 0}


def _utilization(_rt: Runtime, _me: Caller, device: Device) -> tuple[dict[str, int]]:
    used = 100 * device.memory_used // device.profile.engines.memory_bytes
    return (_IDLE | {"memory_utilization": used},)


ROWS = (
    Row(
        "acl.rt.query_device_status",
        "aclrtQueryDeviceStatus",
        lambda _rt, _me, _device: (0,),
        params=_DEVICE,
        checks=(device_in_range(),),
        outs=("status",),
        failed=(0,),
        status=Status.PARTIAL,
        says="0 (normal): devices do not fail of themselves here.",
        source="aclrtDeviceStatus",
    ),
    Row(
        "acl.rt.get_device_utilization_rate",
        "aclrtGetDeviceUtilizationRate",
        _utilization,
        params=_DEVICE,
        checks=(device_in_range(),),
        outs=("info",),
        failed=({},),
        status=Status.PARTIAL,
        says="How much of a device's memory is taken, in percent; the rates of its units are not measured: 0.",
        source="aclrtUtilizationInfo; keys from pyACL rt",
    ),
    Row(
        "acl.rt.device_can_access_peer",
        "aclrtDeviceCanAccessPeer",
        lambda _rt, _me, device, peer: (int(device is not peer),),
        params=(Param("device_id", "i"), Param("peer_device_id", "i")),
        checks=(device_in_range(), device_in_range("peer_device_id")),
        outs=("can_access",),
        failed=(0,),
        status=Status.PARTIAL,
        says="1 for any two different devices of the machine.",
        source="pyACL rt",
    ),
    _peer("device_enable_peer_access", "aclrtDeviceEnablePeerAccess", Param("flags", "I")),
    _peer("device_disable_peer_access", "aclrtDeviceDisablePeerAccess"),
    _ids(
        "get_logic_dev_id_by_user_dev_id",
        "aclrtGetLogicDevIdByUserDevId",
        "user_dev_id",
        "logic_dev_id",
        _logic_of_user,
    ),
    _ids(
        "get_user_dev_id_by_logic_dev_id",
        "aclrtGetUserDevIdByLogicDevId",
        "logic_dev_id",
        "user_dev_id",
        _user_of_logic,
    ),
    _ids(
        "get_logic_dev_id_by_phy_dev_id",
        "aclrtGetLogicDevIdByPhyDevId",
        "phy_dev_id",
        "logic_dev_id",
        _itself,
    ),
    _ids(
        "get_phy_dev_id_by_logic_dev_id",
        "aclrtGetPhyDevIdByLogicDevId",
        "logic_dev_id",
        "phy_dev_id",
        _itself,
    ),
    _time_out(
        "set_op_wait_timeout",
        "aclrtSetOpWaitTimeout",
        "Accepted without effect: no task waits too long of itself. In seconds.",
    ),
    _time_out(
        "set_op_execute_time_out",
        "aclrtSetOpExecuteTimeOut",
        "Accepted without effect: no task runs too long. In seconds.",
    ),
)
