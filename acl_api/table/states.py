"""Rows: functions for the states of streams and devices (rule g15). Not in pyACL."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from acl_api import codes
from acl_api.table.checks import not_null
from acl_api.table.row import Param, Ref, Row

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.states import Function, StateListeners


def _row(c_name: str, which: str, says: str) -> Row:
    def run(rt: Runtime, _me: Caller, name: object, fn: object, args: object) -> object:
        listeners: StateListeners = getattr(rt, which)
        return listeners.register(str(name), cast("Function | None", fn), args)

    return Row(
        c_name,
        c_name,
        run,
        params=(
            Param("reg_name", "s"),
            Param("callback", "O", Ref.FUNCTION),
            Param("args", "O", Ref.ANY),
        ),
        checks=(not_null("reg_name", rule="g15"),),
        errors=(codes.ACL_ERROR_RT_PARAM_INVALID,),
        says=says,
        source="rule g15; src/runtime/api/api_c.cc; what a taken name gives is read there",
    )


ROWS = (
    _row(
        "aclrtRegStreamStateCallback",
        "stream_states",
        "Let a function hear of streams: 1 after one is made, 2 before one is destroyed. Not in pyACL.",
    ),
    _row(
        "aclrtRegDeviceStateCallback",
        "device_states",
        "Let a function hear of devices: before and after they are set and reset, 0 to 3. Not in pyACL.",
    ),
)
