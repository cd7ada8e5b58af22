"""Why a call gave its code, in the words of a newcomer: what was wrong, and what to do.

Each text answers what people ask about that code (user_asks.md): which handle, which contexts and
subscriptions there are, which task is pending or has failed, and where in the program those were made.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable
from typing import Final

from acl_api import codes
from acl_api.causes.config import bad_config
from acl_api.causes.failure import Failure, Told
from acl_api.causes.models import model_run, no_tensor, unknown_model
from acl_api.causes.operators import operator_run
from acl_api.causes.resources import no_event, no_memory, no_notify, no_stream
from acl_api.causes.state import (
    bad_handle,
    dead_context,
    no_context,
    not_subscribed,
    other_context,
    wrong_subscription,
)
from acl_api.causes.tasks import event_timeout, never_recorded, sync_timeout, task_failed
from acl_api.table.row import FAULT

__all__ = ["Failure", "cause"]

_MOST_PLAIN: Final = 1 << 20
_FAILED_TASKS: Final = 507
_LOST: Final = frozenset({codes.ACL_ERROR_RT_LOST_HEARTBEAT, codes.ACL_ERROR_RT_SOCKET_CLOSE})


def cause(failure: Failure) -> Told:
    """Return what was wrong, without a full stop, and what to do, as sentences."""
    if failure.check is not None and failure.check.rule == FAULT:
        return failure.check.says, "The run was told to let it happen."
    found = _CAUSES.get(failure.code)
    told = bad_config(failure) or operator_run(failure) or model_run(failure) or no_tensor(failure)
    told = told or never_recorded(failure)
    told = told or (None if found is None else found(failure))
    # A lost device is nobody's task, although the one that ran then has failed by it (rule i5).
    if told is None and failure.code // 1000 == _FAILED_TASKS and failure.code not in _LOST:
        told = task_failed(failure)
    return told or _plain(failure)


def _plain(failure: Failure) -> Told:
    check, info = failure.check, codes.meaning(failure.code)
    hint = "" if info is None else info.hint
    if check is None:
        return f"error {failure.code}" if info is None else info.meaning, hint
    # The hints of the two codes for bad arguments list all that can be wrong; the check knows what is.
    known = failure.code in (codes.ACL_ERROR_INVALID_PARAM, codes.ACL_ERROR_RT_PARAM_INVALID)
    return check.says + _arguments(failure, check.on), "" if known else hint


def _not_joined(failure: Failure) -> Told:
    if failure.code == errno.EDEADLK:
        return "a thread cannot join itself", "Call acl.util.stop_thread in another thread."
    what = f"no thread of acl.util.start_thread has the id {failure.given[0]}, or it was joined before"
    return what, "Join each thread once, with the id that start_thread returned."


def _arguments(failure: Failure, names: Iterable[str]) -> str:
    """Return which arguments a check has looked at, as the program passed them: " (argument 3: 7)"."""
    places = {param.name: at for at, param in enumerate(failure.row.params)}
    told = []
    for name in names:
        value = failure.given[places[name]] if places[name] < len(failure.given) else None
        if value is not None:
            text = (
                hex(value)
                if failure.row.params[places[name]].unit == "k" and value > _MOST_PLAIN
                else str(value)
            )
            told.append(f"argument {places[name] + 1} is {text}")
    return f" ({', '.join(told)})" if told else ""


_CAUSES: Final[dict[int, Callable[[Failure], Told | None]]] = {
    errno.ESRCH: _not_joined,
    errno.EDEADLK: _not_joined,
    codes.ACL_ERROR_GE_EXEC_MODEL_PATH_INVALID: unknown_model,
    codes.ACL_ERROR_GE_EXEC_MODEL_DATA_SIZE_INVALID: unknown_model,
    codes.ACL_ERROR_RT_CONTEXT_NULL: no_context,
    codes.ACL_ERROR_RT_PARAM_INVALID: dead_context,
    codes.ACL_ERROR_RT_STREAM_CONTEXT: other_context,
    codes.ACL_ERROR_RT_STREAM_SUBSCRIBE: wrong_subscription,
    codes.ACL_ERROR_RT_THREAD_SUBSCRIBE: wrong_subscription,
    codes.ACL_ERROR_RT_STREAM_NO_CB_REG: not_subscribed,
    codes.ACL_ERROR_RT_INVALID_HANDLE: bad_handle,
    codes.ACL_ERROR_RT_MEMORY_ALLOCATION: no_memory,
    codes.ACL_ERROR_RT_DEVICE_OOM: no_memory,
    codes.ACL_ERROR_RT_NO_EVENT_RESOURCE: no_event,
    codes.ACL_ERROR_RT_NO_NOTIFY_RESOURCE: no_notify,
    codes.ACL_ERROR_RT_NO_STREAM_RESOURCE: no_stream,
    codes.ACL_ERROR_RT_STREAM_SYNC_TIMEOUT: sync_timeout,
    codes.ACL_ERROR_RT_EVENT_SYNC_TIMEOUT: event_timeout,
}
