"""Threads of the program: `threading.Thread` and `_thread.start_new_thread`, registered before they run.

The parent registers the new thread as ready; its OS thread parks as soon as it arrives. So when it arrives
decides nothing.
"""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, Final

from simulator.base.errors import InternalError
from simulator.engine.control import originals
from simulator.engine.control.active import active, by_program, here, nanoseconds
from simulator.engine.control.locks import VirtualLock
from simulator.engine.hosts.ends import ThreadKilled
from simulator.engine.hosts.thread import HostThread

# The attribute of a threading.Thread that says which thread of the host it is.
_TWIN: Final = "_aclsim_thread"


def twin_of(thread: threading.Thread) -> HostThread | None:
    """Return the host's thread behind one of the program's; None for those started outside a scope."""
    twin: HostThread | None = thread.__dict__.get(_TWIN)
    return twin


def start(self: threading.Thread) -> None:
    """Stand in for `Thread.start`."""
    host = active.host
    thread: Any = self
    if host is None or here() is None or not thread._initialized or self.ident is not None:  # noqa: SLF001
        originals.thread_start(self)  # a thread of somebody else, or an error that it raises itself
        return
    if not isinstance(thread._started._cond._lock, VirtualLock):  # noqa: SLF001 - made before the scope
        thread._started = threading.Event()  # noqa: SLF001 - else its creator, who has the turn, waits for real
    twin = host.expect(self.name, daemon=self.daemon)
    thread.__dict__[_TWIN] = twin
    host.start(twin, lambda: _live(self, twin), first=True)
    try:
        # Waits for the new thread to say that it has begun, so that one goes first.
        originals.thread_start(self)
    except BaseException:
        host.forget(twin)
        raise


def bootstrap(self: threading.Thread) -> None:
    """Stand in for `Thread._bootstrap_inner`: the first thing that a new OS thread runs."""
    host, twin = active.host, twin_of(self)
    if host is None or twin is None:
        originals.thread_bootstrap(self)
    else:
        host.carry(twin)


def join(self: threading.Thread, timeout: float | None = None) -> None:
    """Stand in for `Thread.join`: wait in simulated time for the end, then for the little that follows it."""
    me, twin, host = here(), twin_of(self), active.host
    if host is None or me is None or twin is None or twin is me:
        originals.thread_join(self, timeout)
    elif host.join(twin, None if timeout is None else nanoseconds(max(timeout, 0))):
        originals.thread_join(self)


def is_alive(self: threading.Thread) -> bool:
    """Stand in for `Thread.is_alive`, which is true for a random moment after the end."""
    me, twin, host = here(), twin_of(self), active.host
    if host is None or me is None or twin is None:
        return originals.thread_is_alive(self)
    if not twin.ended and twin is not me and by_program():
        host.peeked("Thread.is_alive", twin)
    return not twin.ended


def is_set(self: threading.Event) -> bool:
    """Stand in for `Event.is_set`, which takes no lock: a loop over it would never let anybody set it."""
    if not originals.event_is_set(self):
        host = active.host
        if host is not None and here() is not None and by_program():
            host.peeked("Event.is_set", self)
    return originals.event_is_set(self)


def start_new_thread(
    function: Callable[..., object], args: tuple[Any, ...], kwargs: Mapping[str, Any] | None = None
) -> int:
    """Stand in for `_thread.start_new_thread`."""
    host = active.host
    named = dict(kwargs or {})
    if host is None or here() is None or type(args) is not tuple:
        return originals.start_new_thread(function, args, named)
    twin = host.expect(getattr(function, "__name__", "thread"), daemon=True)
    host.start(twin, lambda: _live_raw(function, args, named, twin))
    return originals.start_new_thread(host.carry, (twin,))


def _live(thread: threading.Thread, twin: HostThread) -> None:
    """Run what CPython runs in a new thread, and let the host see what ended it."""
    hook = thread._invoke_excepthook  # type: ignore[attr-defined]  # noqa: SLF001 - the same in all versions
    raised: list[BaseException] = []

    def note(ended: threading.Thread) -> None:
        error = sys.exc_info()[1]
        if error is not None:
            raised.append(error)
        if not isinstance(error, ThreadKilled):
            hook(ended)

    thread._invoke_excepthook = note  # type: ignore[attr-defined]  # noqa: SLF001 - same
    originals.thread_bootstrap(thread)
    _come_out(raised, twin)


def _live_raw(
    function: Callable[..., object], args: tuple[Any, ...], named: dict[str, Any], twin: HostThread
) -> None:
    raised: list[BaseException] = []
    try:
        function(*args, **named)
    except SystemExit:
        pass
    except BaseException as error:  # noqa: BLE001 - shown, as the real one does, and told to the host
        raised.append(error)
        if not isinstance(error, ThreadKilled):
            show_ignored(error, "Exception ignored in thread started by", function)
    _come_out(raised, twin)


def show_ignored(error: BaseException, text: str, about: object) -> None:
    """Show an exception that nobody catches, as the interpreter shows those."""
    hook: Callable[[Any], object] = sys.unraisablehook
    if hook is sys.__unraisablehook__:  # it takes only what the interpreter itself makes
        sys.stderr.write(f"{text}: {about!r}\n")
        traceback.print_exception(error)
        return
    kind, where = type(error), error.__traceback__
    hook(SimpleNamespace(exc_type=kind, exc_value=error, exc_traceback=where, err_msg=text, object=about))


def _come_out(raised: list[BaseException], twin: HostThread) -> None:
    """Hand on to the host what ended a thread; the program has been told already."""
    for error in raised:
        if isinstance(error, Exception | ThreadKilled | InternalError):
            raise error
        twin.error = error
