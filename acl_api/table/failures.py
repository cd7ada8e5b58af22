"""Rows: functions that hear of failed tasks, and what they may ask (rules i1, i2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from acl_api import codes
from acl_api.table.checks import not_null
from acl_api.table.row import Param, Ref, Row
from simulator.core.failures import NOBODY, SLOT, ExceptionInfo, task_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.core.runtime import Caller, Runtime

_INFO: Final = (Param("info", "k", Ref.HANDLE),)
_ONE: Final = "Callable[[int], object] | None"
_FUNCTION: Final = (Param("callback", "O", Ref.FUNCTION),)


def _callable_or_none(value: object) -> object:
    if value is not None and not callable(value):
        raise TypeError("acl.rt.set_exception_info_callback args parse failed")
    return value


def _set_slot(rt: Runtime, _me: Caller, fn: object) -> None:
    if fn is None:
        rt.failures.listeners.pop(SLOT, None)
    else:
        _register(rt, SLOT, fn)


def _register(rt: Runtime, key: object, fn: object) -> None:
    rt.failures.listeners[key] = cast("Callable[[int], object]", fn)
    rt.sites = True  # who has launched what is kept with where it was launched


def _last_task(_rt: Runtime, me: Caller) -> tuple[int]:
    return (task_id(me.last_sent) if me.last_sent else NOBODY,)


def _getter(what: str, says: str) -> Row:
    """Return the row that reads one field of a failure; outside the function that is told of it there is none."""

    def read(rt: Runtime, _me: Caller, info: int) -> tuple[int]:
        found = rt.handles.live.get(info)
        return (getattr(found, what) if isinstance(found, ExceptionInfo) else NOBODY,)

    words = "".join(word.capitalize() for word in what.split("_"))
    word, c_word = ("error_code", "ErrorCode") if what == "code" else (what, words)
    return Row(
        f"acl.rt.get_{word}_from_exception_info",
        f"aclrtGet{c_word}FromExceptionInfo",
        read,
        params=_INFO,
        outs=(what,),
        failed=(NOBODY,),
        bare=True,
        traced=what != "thread_id",
        says=f"{says}; 0xFFFFFFFF for no or an old failure.",
        source="rule i2",
    )


ROWS = (
    Row(
        "acl.rt.set_exception_info_callback",
        "aclrtSetExceptionInfoCallback",
        _set_slot,
        params=(Param("fn", "O", optional=True, reads=_callable_or_none, annotation=_ONE),),
        says="Let one function hear of failed tasks; none takes it back. It runs where the failure is found.",
        source="rule i1; which thread calls it is read for STARS, UNVERIFIED for older products",
    ),
    _getter("task_id", "The failed task's number on its stream"),
    _getter("stream_id", "The number of its stream"),
    _getter("thread_id", "The OS thread that launched it"),
    _getter("device_id", "The device"),
    _getter("code", "The failure's code"),
    Row(
        "acl.rt.get_thread_last_task_id",
        "aclrtGetThreadLastTaskId",
        _last_task,
        outs=("task_id",),
        failed=(0,),
        says="The number that the calling thread's last task has on its stream; 0xFFFFFFFF before the first.",
        source="rule i2; where numbers begin is INFERRED",
    ),
    Row(
        "aclrtExceptionInfoCallbackRegister",
        "aclrtExceptionInfoCallbackRegister",
        lambda rt, _me, fn: _register(rt, fn, fn),
        params=_FUNCTION,
        checks=(not_null("callback", codes.ACL_ERROR_RT_PARAM_INVALID, "i1"),),
        says="Let one more function hear of failed tasks. Not in pyACL.",
        source="rule i1",
    ),
    Row(
        "aclrtExceptionInfoCallbackUnregister",
        "aclrtExceptionInfoCallbackUnregister",
        lambda rt, _me, fn: rt.failures.listeners.pop(fn, None) and None,
        params=_FUNCTION,
        checks=(not_null("callback", codes.ACL_ERROR_RT_PARAM_INVALID, "i1"),),
        says="Take a function back that was registered. Not in pyACL.",
        source="rule i1; what an unknown function gives is INFERRED",
    ),
)
