"""Rows: steps of a training, marks and spans that a program sets itself. Failures are mostly -1 here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from acl_api import codes
from acl_api.profiling.stamps import LONGEST_MESSAGE, Stamp, StepInfo
from acl_api.table.checks import live_handle, not_null, of_kind
from acl_api.table.prof import SOURCE, profiler
from acl_api.table.row import Check, Kind, Param, Ref, Row
from acl_api.table.texts import LOUD
from simulator.base.errors import Fault
from simulator.core.operations.submit import submit
from simulator.core.profiling import MarkTask
from simulator.core.streams import Stream

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime

_FAILED: Final = -1
_LONGEST_MARK: Final = 155
_STAMP: Final = Param("stamp", "k", Ref.HANDLE)
_INFO: Final = Param("info", "k", Ref.HANDLE)


def _create(rt: Runtime, _me: Caller) -> tuple[int]:
    stamp = profiler(rt).stamps.make()
    return (0 if stamp is None else rt.handles.add(stamp),)


def _destroy(rt: Runtime, _me: Caller, handle: int) -> tuple[None]:
    stamp = rt.handles.live.get(handle)
    if isinstance(stamp, Stamp):
        profiler(rt).stamps.give_back(stamp)
        rt.handles.remove(handle)
    return (None,)


def _stamped(use: Callable[[Runtime, Caller, Stamp], object]) -> Callable[[Runtime, Caller, int], object]:
    """Give *use* the stamp behind a handle, if there is one and stamps are recorded."""

    def run(rt: Runtime, me: Caller, handle: int) -> object:
        stamp = rt.handles.live.get(handle)
        return use(rt, me, stamp) if isinstance(stamp, Stamp) and profiler(rt).stamps.on else _FAILED

    return run


def _push(rt: Runtime, me: Caller, stamp: Stamp) -> None:
    stamp.began = rt.kernel.now
    profiler(rt).stamps.stacks.setdefault(me.thread.name, []).append(stamp)


def _pop(rt: Runtime, me: Caller) -> int | None:
    state = profiler(rt)
    stack = state.stamps.stacks.get(me.thread.name)
    if not state.stamps.on or not stack:
        return _FAILED
    stamp = stack.pop()
    state.stamp(me.thread.name, "push/pop", stamp.message, stamp.began, rt.kernel.now)
    return None


def _range_start(rt: Runtime, _me: Caller, stamp: Stamp) -> tuple[int]:
    stamp.began = rt.kernel.now
    profiler(rt).stamps.ranges[stamp.number] = stamp
    return (stamp.number,)


def _range_stop(rt: Runtime, me: Caller, number: int) -> int | None:
    state = profiler(rt)
    stamp = state.stamps.ranges.pop(number, None)
    if not state.stamps.on or stamp is None:
        return _FAILED
    state.stamp(me.thread.name, "start/end", stamp.message, stamp.began, rt.kernel.now)
    return None


def _mark(rt: Runtime, me: Caller, stamp: Stamp) -> None:
    profiler(rt).stamp(me.thread.name, "marker", stamp.message, rt.kernel.now, rt.kernel.now)


def _message(rt: Runtime, _me: Caller, handle: int, text: str, length: int) -> int | None:
    stamp = rt.handles.live.get(handle)
    if not isinstance(stamp, Stamp) or not profiler(rt).stamps.on or length >= LONGEST_MESSAGE:
        return _FAILED
    stamp.message = text.encode()[:length].decode("utf-8", "replace")
    return None


def _mark_on(rt: Runtime, me: Caller, text: str, stream: Stream | None) -> object:
    state = profiler(rt)
    if not state.stamps.on or stream is None or not 1 <= len(text.encode()) <= _LONGEST_MARK:
        return _FAILED
    now = rt.kernel.now
    state.stamp(me.thread.name, "marker_ex", text, now, now)
    return submit(rt, me, stream, lambda: (MarkTask(text),), "mark")


def _step(rt: Runtime, me: Caller, info: StepInfo, tag: int, stream: Stream) -> object:
    if info.ended if tag else info.began:
        return Fault.INVALID_ARGUMENT
    if tag:
        info.ended = True
    else:
        info.began = True
    return submit(rt, me, stream, lambda: (MarkTask("step end" if tag else "step start"),), "mark")


def _drop(rt: Runtime, _me: Caller, handle: int) -> tuple[None]:
    if isinstance(rt.handles.live.get(handle), StepInfo):
        rt.handles.remove(handle)
    return (None,)


def _live(code: int) -> Check:
    """Replace the stream by its object; NULL passes, what is none gives *code*."""
    found = live_handle("stream", Stream)
    return Check(found.rule, code, found.says, found.on, lookup=found.lookup)


def _pure(name: str, c_name: str, run: Callable[..., object], params: tuple[Param, ...], says: str) -> Row:
    return Row(
        f"acl.prof.{name}",
        c_name,
        run,
        params=params,
        errors=(_FAILED,),
        misfit=LOUD,
        says=says,
        source=SOURCE,
    )


ROWS = (
    Row(
        "acl.prof.create_step_info",
        "aclprofCreateStepInfo",
        lambda rt, _me: (rt.handles.add(StepInfo()),),
        outs=("info",),
        failed=(0,),
        bare=True,
        says="Make what tells about a step of a training.",
        source=SOURCE,
    ),
    Row(
        "acl.prof.destroy_step_info",
        "aclprofDestroyStepInfo",
        _drop,
        params=(_INFO,),
        outs=("None",),
        failed=(None,),
        bare=True,
        says="Destroy it.",
        source=SOURCE,
    ),
    Row(
        "acl.prof.get_step_timestamp",
        "aclprofGetStepTimestamp",
        _step,
        params=(_INFO, Param("tag", "i"), Param("stream", "k", Ref.STREAM)),
        checks=(
            *of_kind("info", StepInfo),
            _live(codes.ACL_ERROR_GE_FAILURE),
            not_null("stream", codes.ACL_ERROR_GE_FAILURE),
        ),
        kind=Kind.ENQUEUE,
        errors=(codes.ACL_ERROR_INVALID_PARAM,),
        says="Put the begin (tag 0) or the end of a step on a stream, each once.",
        source=SOURCE,
    ),
    Row(
        "acl.prof.create_stamp",
        "aclprofCreateStamp",
        _create,
        outs=("stamp",),
        failed=(0,),
        bare=True,
        misfit=LOUD,
        says="Make a stamp, of which there are 100; 0 unless profiling with stamps has started.",
        source=SOURCE,
    ),
    Row(
        "acl.prof.destroy_stamp",
        "aclprofDestroyStamp",
        _destroy,
        params=(_STAMP,),
        outs=("None",),
        failed=(None,),
        bare=True,
        misfit=LOUD,
        says="Give a stamp back.",
        source=SOURCE,
    ),
    _pure(
        "set_stamp_trace_message",
        "aclprofSetStampTraceMessage",
        _message,
        (_STAMP, Param("msg", "s"), Param("msg_len", "I")),
        "Say what a stamp is called.",
    ),
    _pure(
        "push",
        "aclprofPush",
        _stamped(_push),
        (_STAMP,),
        "Begin a span of this thread, inside of the others.",
    ),
    _pure("pop", "aclprofPop", _pop, (), "End the innermost span of this thread."),
    Row(
        "acl.prof.range_start",
        "aclprofRangeStart",
        _stamped(_range_start),
        params=(_STAMP,),
        outs=("range_id",),
        failed=(0,),
        errors=(_FAILED,),
        misfit=LOUD,
        says="Begin a span that any thread may end.",
        source=SOURCE,
    ),
    _pure("range_stop", "aclprofRangeStop", _range_stop, (Param("range_id", "I"),), "End such a span."),
    _pure("mark", "aclprofMark", _stamped(_mark), (_STAMP,), "Mark this moment."),
    Row(
        "acl.prof.mark_ex",
        "aclprofMarkEx",
        _mark_on,
        params=(Param("msg", "s"), Param("stream", "k", Ref.STREAM)),
        checks=(_live(_FAILED),),
        kind=Kind.ENQUEUE,
        errors=(_FAILED,),
        misfit=LOUD,
        says="Mark this moment, and the place on a stream.",
        source=SOURCE,
    ),
)
