"""Which frame of a thread is the program's, and which primitive of the standard library it is inside of."""

from __future__ import annotations

import sys
from types import CodeType, FrameType
from typing import Any, Final

from simulator.engine.hosts.sites import ours
from simulator.engine.hosts.thread import Place

# Pure Python on top of our primitives: a thread in there is in a wait of the program's.
_LIBRARY: Final = frozenset({"threading", "queue", "selectors", "contextlib"})
_EXECUTORS: Final = "concurrent.futures.thread"
_PACKAGES: Final = ("concurrent.futures", "asyncio", "logging")
# Functions of ours that only make a real call for the program: a thread that blocks in one is outside.
passages: Final[set[CodeType]] = set()
# What threads begin with: nothing that anybody waits in.
_STARTERS: Final = frozenset({"_bootstrap", "_bootstrap_inner", "_worker", "run"})


def is_ours(frame: FrameType) -> bool:
    """Tell whether *frame* runs code of the simulator."""
    return ours[str(frame.f_globals.get("__name__", ""))]


def is_library(frame: FrameType) -> bool:
    """Tell whether *frame* runs a module of the standard library that threads wait in."""
    name = str(frame.f_globals.get("__name__", ""))
    return name in _LIBRARY or name.startswith(_PACKAGES)


def program_frame(frame: FrameType | None) -> FrameType | None:
    """Return the innermost frame of the program itself at or below *frame*; None if there is none."""
    while frame is not None and (is_ours(frame) or is_library(frame)):
        frame = frame.f_back
    return frame


def place_of(frame: FrameType | None) -> Place | None:
    """Return the line of the program that *frame* was reached from."""
    frame = program_frame(frame)
    return None if frame is None else Place(frame.f_code, frame.f_lineno)


def worker_without_work(frame: FrameType) -> bool:
    """Tell whether *frame* is that of an executor's thread that waits for something to do."""
    executors: Any = sys.modules.get(_EXECUTORS)
    worker = getattr(executors, "_worker", None)  # None also while the program is importing the module
    if worker is None or frame.f_code is not worker.__code__:
        return False
    variables = frame.f_locals
    queue = variables.get("work_queue")
    return queue is not None and queue.empty() and variables.get("work_item") is None


def idles(frame: FrameType | None) -> bool:
    """Tell whether a thread whose innermost frame is *frame* is an executor's, without work."""
    while frame is not None and (is_ours(frame) or is_library(frame)):
        if worker_without_work(frame):
            return True
        frame = frame.f_back
    return False


def primitive_of(frame: FrameType | None) -> str | None:
    """Return what of the standard library the thread waits in, such as "Event.wait"; None for nothing.

    It is the function that the program called, not those that this one calls in turn.
    """
    found: FrameType | None = None
    while frame is not None and (is_library(frame) if found else is_ours(frame) or is_library(frame)):
        if is_library(frame) and frame.f_code.co_name not in _STARTERS:
            found = frame
        frame = frame.f_back
    if found is None:
        return None
    # The Python twins of C classes stand in for them here; the program knows them by the plain name.
    return found.f_code.co_qualname.removeprefix("_Py").removeprefix("_").replace("._", ".")
