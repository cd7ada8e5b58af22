"""Rows: overflow of floats: switches of streams, the device's status, the mode of the process (rule e21)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from acl_api import codes
from acl_api.table.checks import live_stream, not_null, stream_here
from acl_api.table.row import Check, Kind, Param, Ref, Row, Status
from simulator.base.errors import Fault
from simulator.core.operations import attributes, overflow

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.streams import Stream

_STREAM: Final = Param("stream", "k", Ref.STREAM)
_MODES: Final = 2
_STATUS_BYTES: Final = 64
_SOURCE: Final = "rule e21; src/runtime/api/impl/api_impl.cc"


def _unsupported(me: Caller, _value: object) -> bool:
    return not me.rt.profile.features.overflow_status


_NO_STATUS: Final = Check(
    "e21", codes.ACL_ERROR_RT_FEATURE_NOT_SUPPORT, "this product has no overflow status", (), _unsupported
)


def _switch(_rt: Runtime, _me: Caller, stream: Stream, flag: int) -> None:
    stream.switches[attributes.OVERFLOW] = flag


def _switched(rt: Runtime, _me: Caller, stream: Stream) -> tuple[int]:
    return (stream.switches.get(attributes.OVERFLOW, 0) if rt.has_stars else 1,)


def _set_mode(rt: Runtime, _me: Caller, mode: int) -> Fault | None:
    features = rt.profile.features
    if 0 <= mode < _MODES and not (features.saturation_mode, features.infnan_mode)[mode]:
        return Fault.NOT_SUPPORTED
    if mode == 0 and not features.infnan_mode:
        return None
    if not 0 <= mode < _MODES:
        return Fault.PARAM_INVALID
    rt.saturates = mode == 0
    return None


ROWS = (
    Row(
        "acl.rt.set_stream_overflow_switch",
        "aclrtSetStreamOverflowSwitch",
        _switch,
        params=(_STREAM, Param("flag", "I")),
        checks=(
            Check(
                "e21",
                codes.ACL_ERROR_INVALID_PARAM,
                "flag is neither 0 nor 1",
                ("flag",),
                lambda _me, value: cast("int", value) > 1,
            ),
            Check(
                "e21",
                0,
                "a product without the switch accepts it without effect",
                (),
                lambda me, _value: not me.rt.profile.features.overflow_switch,
            ),
            live_stream("e21"),
            *stream_here("e21", "e21"),
        ),
        status=Status.PARTIAL,
        says="Kept and given back: runs here compute no floats that could overflow.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.get_stream_overflow_switch",
        "aclrtGetStreamOverflowSwitch",
        _switched,
        params=(_STREAM,),
        checks=(live_stream("e21"), *stream_here("e21", "e21")),
        outs=("flag",),
        failed=(0,),
        says="Whether tasks of the stream look for overflow; always 1 on products without the switch.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.get_overflow_status",
        "aclrtGetOverflowStatus",
        overflow.get_status,
        params=(Param("output_addr", "k", Ref.MEMORY), Param("output_size", "k"), _STREAM),
        checks=(
            not_null("output_addr", rule="e21"),
            live_stream("e21"),
            _NO_STATUS,
            Check(
                "e21",
                codes.ACL_ERROR_RT_PARAM_INVALID,
                f"output_size is not {_STATUS_BYTES}",
                ("output_size",),
                lambda _me, value: value != _STATUS_BYTES,
            ),
            *stream_here("e21", "e21"),
        ),
        errors=(codes.ACL_ERROR_RT_PARAM_INVALID,),
        kind=Kind.ENQUEUE,
        status=Status.PARTIAL,
        misfit="acl.rt.get_overflow_status args parse failed!",
        says="Queue a copy of the status to memory: zeros, as nothing overflows here.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.reset_overflow_status",
        "aclrtResetOverflowStatus",
        overflow.reset_status,
        params=(_STREAM,),
        checks=(live_stream("e21"), _NO_STATUS, *stream_here("e21", "e21")),
        kind=Kind.ENQUEUE,
        status=Status.PARTIAL,
        misfit="acl.rt.reset_overflow_status args parse failed!",
        says="Queue a task that clears the status, which is clear already.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.set_device_sat_mode",
        "aclrtSetDeviceSatMode",
        _set_mode,
        params=(Param("mode", "i"),),
        errors=(codes.ACL_ERROR_RT_FEATURE_NOT_SUPPORT, codes.ACL_ERROR_RT_PARAM_INVALID),
        status=Status.PARTIAL,
        says="Let overflow give the largest number (0) or infinity (1): kept and given back, nothing overflows here.",
        source="src/runtime/api/api_c.cc, property supportOverflowMode",
    ),
    Row(
        "acl.rt.get_device_sat_mode",
        "aclrtGetDeviceSatMode",
        lambda rt, _me: (int(not rt.saturates),),
        outs=("mode",),
        failed=(0,),
        says="The mode of the process: infinity where the product has it and nobody has set another.",
        source="src/runtime/core/src/runtime.cc, feature OVERFLOW_MODE",
    ),
)
