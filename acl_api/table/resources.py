"""Rows: how many cores tasks may use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from acl_api import codes
from acl_api.table.checks import current_device, default_stream, device_in_range, has_context, live_stream
from acl_api.table.row import Check, Param, Ref, Row, Run, Status
from simulator.core.operations import resources

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.streams import Stream

_DEVICE: Final = Param("device_id", "i")
_STREAM: Final = Param("stream", "k", Ref.STREAM)
_KINDS: Final = 2
_SOURCE: Final = "src/runtime/api/impl/api_impl.cc"
_NOT_SET_UP: Final = (codes.ACL_ERROR_RT_DEV_SETUP_ERROR,)
_TYPE: Final = Check(
    "0.1",
    codes.ACL_ERROR_RT_PARAM_INVALID,
    "type is neither 0 (cube) nor 1 (vector)",
    ("type",),
    lambda _me, value: not 0 <= cast("int", value) < _KINDS,
)
_HERE: Final = (has_context("g12"), default_stream("a6"))


def _set(_rt: Runtime, _me: Caller, stream: Stream, kind: int, cores: int) -> None:
    stream.resources[kind] = cores


def _use(_rt: Runtime, me: Caller, stream: Stream) -> None:
    me.resources_of = stream


def _leave(_rt: Runtime, me: Caller, _stream: Stream) -> None:
    me.resources_of = None


def _of_stream(op: str, c_name: str, run: Run, says: str) -> Row:
    """Return a row that is about a stream and nothing else."""
    return Row(
        f"acl.rt.{op}",
        c_name,
        run,
        params=(_STREAM,),
        checks=(live_stream(), *_HERE),
        misfit=f"acl.rt.{op} parse failed",
        says=says,
        source=_SOURCE,
    )


ROWS = (
    Row(
        "acl.rt.set_device_res_limit",
        "aclrtSetDeviceResLimit",
        lambda _rt, _me, device, kind, cores: resources.set_device_limit(device, kind, cores),
        params=(_DEVICE, Param("type", "I"), Param("value", "I")),
        checks=(_TYPE, device_in_range()),
        errors=(*_NOT_SET_UP, codes.ACL_ERROR_RT_PARAM_INVALID),
        status=Status.PARTIAL,
        says="Let tasks of the device use so many cores: kept for whoever asks, runs keep the cores of their model.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.get_device_res_limit",
        "aclrtGetDeviceResLimit",
        lambda _rt, _me, device, kind: resources.get_device_limit(device, kind),
        params=(_DEVICE, Param("type", "I")),
        checks=(_TYPE, device_in_range()),
        outs=("value",),
        failed=(0,),
        errors=_NOT_SET_UP,
        says="The device's limit; without one the number of its cores.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.reset_device_res_limit",
        "aclrtResetDeviceResLimit",
        lambda _rt, _me, device: resources.reset_device_limits(device),
        params=(_DEVICE,),
        checks=(device_in_range(),),
        errors=_NOT_SET_UP,
        says="Let tasks of the device use all cores again.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.set_stream_res_limit",
        "aclrtSetStreamResLimit",
        _set,
        params=(_STREAM, Param("type", "i"), Param("value", "I")),
        checks=(live_stream(), _TYPE, *_HERE),
        status=Status.PARTIAL,
        misfit="acl.rt.set_stream_res_limit parse failed",
        says="Let tasks of the stream use so many cores: kept for whoever asks, runs keep the cores of their model.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.get_stream_res_limit",
        "aclrtGetStreamResLimit",
        lambda _rt, _me, stream, kind: resources.stream_limit(stream, kind),
        params=(_STREAM, Param("type", "i")),
        checks=(live_stream(), _TYPE, *_HERE),
        outs=("value",),
        failed=(0,),
        misfit="acl.rt.get_stream_res_limit parse failed",
        says="The stream's limit, or else its device's.",
        source=_SOURCE,
    ),
    _of_stream(
        "reset_stream_res_limit",
        "aclrtResetStreamResLimit",
        lambda _rt, _me, stream: stream.resources.clear(),
        "Let the limits of the device hold for the stream again.",
    ),
    _of_stream(
        "use_stream_res_in_current_thread",
        "aclrtUseStreamResInCurrentThread",
        _use,
        "Let the limits of the stream hold for what the calling thread asks.",
    ),
    _of_stream(
        "unuse_stream_res_in_current_thread",
        "aclrtUnuseStreamResInCurrentThread",
        _leave,
        "Let the limits of the device hold for the calling thread again.",
    ),
    Row(
        "acl.rt.get_res_in_current_thread",
        "aclrtGetResInCurrentThread",
        lambda _rt, me, kind: resources.thread_limit(me, current_device(me), kind),
        params=(Param("type", "i"),),
        checks=(_TYPE, has_context("g12")),
        outs=("value",),
        failed=(0,),
        misfit="acl.rt.get_res_in_current_thread parse failed",
        says="How many cores the calling thread may use: its stream's limit, or that of the current device.",
        source=_SOURCE,
    ),
)
