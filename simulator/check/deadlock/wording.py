"""How the explanation says things that several of its parts say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from simulator.core.views import StreamView, ThreadView

# What operations call their waits; explanations treat these differently from others.
FULL: Final = "launch into a full queue"
REPORTS: Final = "process_report"
_SHOWN: Final = 5


def at(view: ThreadView) -> str:
    """Return where a thread is, as the end of a clause."""
    return f" at {view.site}" if view.site else ""


def call(view: ThreadView) -> str:
    """Return what a thread has called, by the name its program knows it by: "Event.wait"."""
    primitive = view.primitive if view.on_kind in (None, "thread", "program lock") else None
    if view.op == "join_thread" and view.ident is not None:  # a thread of Python's own, with an id
        primitive = "Thread.join"
    return primitive or view.op or "its own code"


def call_at(view: ThreadView) -> str:
    """Return what a thread has called, and where."""
    return f"{call(view)}{at(view)}"


def head(view: StreamView) -> str:
    """Return what stands at the head of a stream and is no callback."""
    launched = f", launched at {view.launched_at}," if view.launched_at else ","
    return f"The head of stream {view.name}, task {view.head_seq} ({view.head_kind} {view.head}){launched}"


def begin(text: str) -> str:
    """Return *text* as the beginning of a sentence."""
    return text[:1].upper() + text[1:]


def third(duty: str) -> str:
    """Return a duty in the third person: "call process_report" becomes "calls process_report"."""
    verb, _, rest = (duty or "act").partition(" ")
    return f"{verb}s {rest}".rstrip()


def listed(names: Sequence[str]) -> str:
    """Return the first few of *names*, and how many more there are."""
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def polls(view: ThreadView) -> bool:
    """Tell whether the thread is in process_report, waiting for reports or asking in vain."""
    return view.op == REPORTS and view.on_kind != "lock"


def idle(view: ThreadView) -> bool:
    """Tell whether the thread waits in process_report for work."""
    return view.op == REPORTS and view.on_kind == "report queue"


def workless(view: ThreadView) -> bool:
    """Tell whether the thread is an executor's without work: no line of the program waits there."""
    return view.primitive == "SimpleQueue.get" and view.site is None


def stuck(view: ThreadView) -> bool:
    """Tell whether the thread is in a wait that only somebody else can end."""
    return view.op is not None and view.timeout is None and not view.asking


def acknowledges(view: ThreadView | None) -> bool:
    """Tell whether the thread has run a callback and waits for the lock to release its stream."""
    return view is not None and view.op == REPORTS and view.on_kind == "lock"
