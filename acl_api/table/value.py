"""Rows: values in memory that streams write, and wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from acl_api import codes
from acl_api.table.checks import device_feature, live_stream, not_null, stream_here
from acl_api.table.row import Check, Kind, Param, Ref, Row
from simulator.core.operations import values
from simulator.core.values import CONDITIONS

if TYPE_CHECKING:
    from simulator.core.runtime import Caller

_RULE: Final = "0.2"
_SOURCE: Final = "src/runtime/api/api_c_memory.cc, api_error.cc MemWriteValue, MemWaitValue; "
_PARAMS: Final = (
    Param("dev_addr", "k", Ref.MEMORY),
    Param("value", "k"),
    Param("flag", "I"),
    Param("stream", "k", Ref.STREAM),
)


def _not_on_a_device(me: Caller, value: object) -> bool:
    return not values.is_device_word(me.rt.memory, cast("int", value))


def _checks(says: str, flag: Check) -> tuple[Check, ...]:
    code = codes.ACL_ERROR_RT_PARAM_INVALID
    return (
        not_null("dev_addr"),
        device_feature("value_tasks", f"this product has no tasks that {says}", _RULE),
        live_stream(),
        flag,
        Check(_RULE, code, "dev_addr is not eight bytes of device memory", ("dev_addr",), _not_on_a_device),
        *stream_here("0.2", "0.2"),
    )


def _flag(says: str, most: int) -> Check:
    code = codes.ACL_ERROR_RT_PARAM_INVALID
    return Check(_RULE, code, says, ("flag",), lambda _me, value: cast("int", value) > most)


ROWS = (
    Row(
        "acl.rt.value_write",
        "aclrtValueWrite",
        lambda rt, me, address, value, _flag, stream: values.value_write(rt, me, address, value, stream),
        params=_PARAMS,
        checks=_checks("write values", _flag("flag is not 0", 0)),
        kind=Kind.ENQUEUE,
        says="Queue a task that writes eight bytes of device memory.",
        source=f"{_SOURCE}product table of aclrtValueWrite",
    ),
    Row(
        "acl.rt.value_wait",
        "aclrtValueWait",
        values.value_wait,
        params=_PARAMS,
        checks=_checks("wait for values", _flag("flag is above 3", max(CONDITIONS))),
        kind=Kind.ENQUEUE,
        says="Queue a task that waits until eight bytes are >= (0), == (1), & (2) or ~| (3) the value.",
        source=f"{_SOURCE}core/inc/stars/stars_cond_isa_define.hpp; a wait has no time limit",
    ),
)
