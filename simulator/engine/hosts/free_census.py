"""Who can still act: which Python threads of the process are inside the API, or wait for one that is.

The free host may jump ahead, or speak of a deadlock, only when nobody else can act. It does not control the
threads, it looks at their frames. A thread counts as resting when it is parked inside the API, or when its
innermost frame is one of the standard library's waits without a timeout that only another thread can end: a
join of a thread that rests, a condition nobody has notified (so also events, queues and futures), an executor's
worker without work, the end of the program that joins its threads. Everything else is taken for busy, a thread
in a plain lock too: to miss a rest costs time, to see one that is none would cost a false alarm.
"""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Container, Mapping
from enum import IntEnum
from types import CodeType, FrameType
from typing import Final

from simulator.engine.hosts.places import worker_without_work

Frames = Mapping[int, FrameType]

# How the standard library waits. CPython 3.11 and 3.12 join through `_wait_for_tstate_lock`, 3.13 in `join`.
_JOIN: Final[CodeType] = threading.Thread.join.__code__
_TSTATE: Final = getattr(getattr(threading.Thread, "_wait_for_tstate_lock", None), "__code__", None)
_CONDITION: Final[CodeType] = threading.Condition.wait.__code__
_START: Final[CodeType] = threading.Thread.start.__code__
_SHUTDOWN: Final[CodeType] = threading._shutdown.__code__  # type: ignore[attr-defined]  # noqa: SLF001
# Tools that keep threads of their own, which read sockets all day and never make a call of the program's.
_FURNITURE: Final = frozenset({"IPython", "debugpy", "execnet", "ipykernel", "pydevd", "zmq"})


class Rest(IntEnum):
    """How much of the process rests: an alarm may still come from a signal handler, or from nowhere."""

    NO = 0
    # Somebody waits for a condition: a signal handler, which needs no thread, could still notify it.
    ALMOST = 1
    ALL = 2


def current_frames() -> dict[int, FrameType]:
    """Return the innermost frame of every Python thread, by its id.

    CPython 3.11 makes frame objects with a lock of the interpreter held that the destructor of a
    `threading.local` wants too: a collection just then would hang the process (gh-106883).
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        return sys._current_frames()  # noqa: SLF001 - its documented name
    finally:
        if collects:
            gc.enable()


def rest(frames: Frames, parked: Container[int], ignored: Container[int]) -> Rest:
    """Tell whether all threads in *frames* rest.

    *parked* are the ids of those parked inside the API; *ignored* are threads of the host's own that have not
    begun.
    """
    result = Rest.ALL
    for ident, frame in frames.items():
        if ident in parked or ident in ignored:
            continue
        each = _rests(ident, frames, parked)
        if each is Rest.NO and not _is_furniture(ident, frame):
            return Rest.NO
        result = min(result, each or Rest.ALL)
    return result


def _rests(ident: int, frames: Frames, parked: Container[int]) -> Rest:
    """Follow joins from one thread to where they end."""
    for _ in frames:  # a ring of joins ends here, as busy
        if ident in parked:
            return Rest.ALL
        frame = frames.get(ident)
        if frame is None:
            return Rest.NO
        if _waits_for_notice(frame) or worker_without_work(frame):
            return Rest.ALMOST
        if frame.f_code is _SHUTDOWN:
            return _end_waits(frames, parked)
        target = _joined(frame)
        if target is None:
            return Rest.NO
        ident = target
    return Rest.NO


def _joined(frame: FrameType) -> int | None:
    """Return the id of the thread that is joined there without a timeout; None if that is not what goes on."""
    if frame.f_code is _TSTATE:
        variables = frame.f_locals
        if variables.get("timeout", -1) != -1 or not variables.get("block", True):
            return None
    elif frame.f_code is _JOIN and _TSTATE is None:
        variables = frame.f_locals
        if variables.get("timeout") is not None:
            return None
    else:
        return None
    thread = variables.get("self")
    ident = getattr(thread, "ident", None)
    # Ids are used again: the one of a thread that is over may be another one's by now.
    return ident if ident is not None and thread_of(ident) is thread else None


def _waits_for_notice(frame: FrameType) -> bool:
    if frame.f_code is not _CONDITION:
        return False
    variables = frame.f_locals
    waiters = getattr(variables.get("self"), "_waiters", ())
    # `notify` takes the waiter out: as long as it is in, nobody has called.
    unnotified = variables.get("timeout") is None and variables.get("waiter") in waiters
    return unnotified and not _starts_a_thread(frame)


def _starts_a_thread(frame: FrameType) -> bool:
    """Tell whether that wait is the one in `Thread.start`: until its first line the new thread has no frame."""
    event_wait = frame.f_back
    return event_wait is not None and event_wait.f_back is not None and event_wait.f_back.f_code is _START


def _end_waits(frames: Frames, parked: Container[int]) -> Rest:
    """Tell whether the end of the program waits for a thread that rests inside the API."""
    threads = [thread_of(ident) for ident in frames if ident in parked]
    held = any(thread is not None and not thread.daemon for thread in threads)
    return Rest.ALL if held else Rest.NO


def _is_furniture(ident: int, frame: FrameType) -> bool:
    """Tell whether a thread belongs to the tool the program runs in: a notebook's kernel, a test's runner."""
    if ident == threading.main_thread().ident:
        return False
    outermost = ""
    at: FrameType | None = frame
    while at is not None:
        name = str(at.f_globals.get("__name__", ""))
        outermost = outermost if name == "threading" else name
        at = at.f_back
    return outermost.partition(".")[0] in _FURNITURE


def thread_of(ident: int) -> threading.Thread | None:
    """Return the living thread with that id that `threading` knows; asks without making a dummy."""
    return threading._active.get(ident)  # type: ignore[attr-defined,no-any-return]  # noqa: SLF001


def main_is_over(frames: Frames) -> bool:
    """Tell whether the main thread has come to its end and only waits for the others."""
    frame = frames.get(threading.main_thread().ident or 0)
    while frame is not None:
        if frame.f_code is _SHUTDOWN:
            return True
        frame = frame.f_back
    return False
