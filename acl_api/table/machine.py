"""Rows: several devices in one machine: their numbers, and how they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from acl_api import codes
from acl_api.table.checks import device_in_range
from acl_api.table.row import MISSING, Check, Param, Row, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.core.devices import Devices
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


_UNKNOWN: Final = -1


def _utilization(rt: Runtime, me: Caller, number: int) -> tuple[dict[str, int]]:
    """Return the rates in percent; -1 for what cannot be told, and for all of a device that nobody could ask."""
    found = 0 <= number < len(rt.devices) and me.live_context is not None
    cube = rt.devices[number].cores_in_use() if found else _UNKNOWN
    rest = 0 if found else _UNKNOWN
    rates = {"cube_utilization": cube, "vector_utilization": rest, "aicpu_utilization": rest}
    return (rates | {"memory_utilization": _UNKNOWN, "utilization_extend": 0},)


ROWS = (
    Row(
        "acl.rt.query_device_status",
        "aclrtQueryDeviceStatus",
        lambda _rt, _me, device: (int(bool(device.lost)),),
        params=_DEVICE,
        checks=(device_in_range(),),
        outs=("status",),
        failed=(0,),
        says="0 normal, 1 abnormal: a device that a declared fault has taken away.",
        source="aclrtDeviceStatus",
    ),
    Row(
        "acl.rt.get_device_utilization_rate",
        "aclrtGetDeviceUtilizationRate",
        _utilization,
        params=_DEVICE,
        outs=("info",),
        failed=({},),
        status=Status.PARTIAL,
        says="How many AI cores work now, in percent; tasks do not tell what they do on vector cores and AI CPUs: 0.",
        source="src/acl/aclrt_impl/device.cpp: the call itself never fails; keys from pyACL rt",
    ),
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
)
