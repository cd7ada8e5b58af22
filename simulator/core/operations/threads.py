"""Threads that a program starts and joins through the binding: acl.util.start_thread and stop_thread.

The binding makes a bare pthread: it is nobody's daemon and nobody's child, has no context (rule g12), and ends
with the process.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import TYPE_CHECKING

from simulator.base.errors import InternalError
from simulator.engine.hosts.ends import ThreadKilled
from simulator.engine.wait import Outcome, Wait

if TYPE_CHECKING:
    from simulator.core.runtime import Runtime
    from simulator.engine.hosts.thread import HostThread


class StartedThread:
    """A thread that nobody has joined yet, and what its function raised."""

    __slots__ = ("raised", "thread")

    def __init__(self, thread: HostThread) -> None:
        self.thread = thread
        self.raised: BaseException | None = None

    def __repr__(self) -> str:
        return f"<started {self.thread!r}>"


def start_thread(
    rt: Runtime, function: Callable[..., object], argument: object, display: Callable[[BaseException], None]
) -> tuple[int]:
    """Start a thread that calls `function(argument)`, or `function()` when *argument* is None: (its id,).

    *display* shows an exception that ends the function, at once and in the thread, as the binding does; the
    exception comes out again, as a text, where the thread is joined.
    """
    thread = rt.host.thread(str(getattr(function, "__name__", "start_thread")), daemon=True)
    started = StartedThread(thread)

    # Hosts keep what they start; the function, often a method, must not outlive its thread: `del net` counts.
    calls = [(function, () if argument is None else (argument,))]

    def body() -> None:
        call, arguments = calls.pop()
        try:
            call(*arguments)
        except (ThreadKilled, KeyboardInterrupt, InternalError):
            raise  # the run's end, not the function's own
        except BaseException as raised:  # SystemExit too: the binding treats it as any other
            if rt.host.end is not None:
                raise
            started.raised = thread.error = raised
            display(raised)
            rt.note(
                "thread-raised",
                f"the function of thread {thread.name} ended by {type(raised).__name__}: {raised}; "
                "if it was a report thread, nobody takes its reports from now on",
                "c8",
            )

    rt.host.start(thread, body)
    # Only now: on hosts of real threads the id is that of the thread that runs.
    rt.started[thread.ident] = started
    return (thread.ident,)


def stop_thread(rt: Runtime, ident: int) -> object:
    """Join a thread that `start_thread` made: None, an errno, or the wait for its end. It stops nothing.

    Joining twice, and a thread of another origin, are undefined in C; here they give ESRCH. Raises RuntimeError
    with the binding's text when the function raised.
    """
    started = rt.started.get(ident)
    if started is None:
        return errno.ESRCH
    thread = started.thread
    if thread is rt.host.current():
        return errno.EDEADLK

    def joined(_outcome: Outcome) -> None:
        rt.started.pop(ident, None)
        if started.raised is not None:
            # The type's bare name, as in C's tp_name of a class made in Python.
            msg = f"exception={type(started.raised).__name__},msg=thread call failed;"
            raise RuntimeError(msg)

    # As with joins of other threads: who is ready goes first.
    rt.host.give_way("join")
    wait = Wait("stop_thread", on=thread, then=joined)
    if thread.ended:
        wait.fire()
    else:
        thread.joiners.append(wait)
    return wait
