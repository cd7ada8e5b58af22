"""Functions of the program's in the library's hands: kept alive as long as the library may call them.

A callback's function and data live until the callback has run, its launch has failed, its stream is destroyed or
the runtime finalised (which streams a reset device takes with it, is not known here); what
is registered under its own address (exception callbacks, allocators) lives as long as the process, as the library
never says when it has let go of it.

The binding prints nothing when a callback raises, and leaves the exception set: out of process_report comes a
SystemError with it as its cause (pyacl.md, "Callbacks"). So it is here.
"""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from acl_api.backends.native.library import number_type
from acl_api.cabi.declarations import callbacks
from acl_api.cabi.spelling import declared

if TYPE_CHECKING:
    from acl_api.cabi.declarations import CFunction

# How many callbacks that have run are remembered, in case the library runs one again.
_REMEMBERED: Final = 1024
# At the end of the process, for callbacks under way.
_LAST_CALLBACKS_S: Final = 5.0
_LOOKS_S: Final = 0.001
_RAISED = "process_report returned a result with an exception set (a callback raised)"


class Held(NamedTuple):
    """One callback that was handed over: what runs, with what, and on which stream."""

    fn: Callable[..., object]
    data: object
    stream: int


class HeldFunctions:
    """What one library holds. Safe from any thread: each step is one operation on a dict."""

    def __init__(self, ffi: Any) -> None:  # noqa: ANN401 - cffi's objects have no types
        self._ffi = ffi
        self._held: dict[int, Held] = {}
        self._keys = count(1)
        # Of those that have run last: what hears that one runs again, which no right library does (guarantee O5).
        self._ran: dict[int, Callable[[], object] | None] = {}
        # By C type: the function that stands in for all of the program's, which finds its own by the data.
        self._common: dict[str, Any] = {}
        # By C type, function and data: one of its own, where the library knows functions by address. What the key
        # names is kept beside it, so that no other object comes to have the same id.
        self._own: dict[tuple[str, int, int], tuple[Any, object, object]] = {}
        self._raised = threading.local()
        # Threads inside of callbacks; at the end of the process no thread may come back into Python from one.
        self._busy: set[int] = set()
        self._closed = False
        atexit.register(self._close)
        # Calls a callback's function; whoever records a run puts itself in between.
        self.runner: Callable[[Held], object] = run_plainly

    def __repr__(self) -> str:
        return f"<{len(self._held)} held functions>"

    def __len__(self) -> int:
        return len(self._held)

    # -- handed over once, with data -------------------------------------------------------------------------

    def hold(self, fn: Callable[..., object], data: object, stream: int) -> int:
        """Keep a callback, and return the number that the library is to pass on in place of its data."""
        key = next(self._keys)
        self._held[key] = Held(fn, data, stream)
        return key

    def drop(self, key: int) -> None:
        """Let go of a callback whose launch has failed."""
        self._held.pop(key, None)

    def drop_stream(self, stream: int) -> None:
        """Let go of everything that was to run for a stream that is gone."""
        for key in [key for key, held in list(self._held.items()) if held.stream == stream]:
            self._held.pop(key, None)

    def drop_all(self) -> None:
        """Let go of everything that was to run: the runtime is gone, and every stream with it."""
        self._held.clear()

    def common(self, ctype: str) -> int:
        """Return the address of the function that runs what `hold` keeps, as one of C type *ctype*."""
        made = self._common.get(ctype)
        if made is None:
            made = self._common[ctype] = self._ffi.callback(_type_of(callbacks()[ctype]), self._run)
        return int(self._ffi.cast("uintptr_t", made))

    def _run(self, key: int) -> None:
        me = threading.get_ident()
        nested = me in self._busy
        self._busy.add(me)
        try:
            if self._closed and not nested:
                self._busy.discard(me)
                _stay_here()
            self._run_held(key)
        finally:
            if not nested:
                self._busy.discard(me)

    def _close(self) -> None:
        """Let callbacks under way come to their end; the process ends around those that come now.

        A thread that wants to run Python while the interpreter goes down is unwound, and with it the frames of the
        library below it: C++ then ends the process by abort().
        """
        self._closed = True
        limit = time.monotonic() + _LAST_CALLBACKS_S
        while self._busy - {threading.get_ident()} and time.monotonic() < limit:
            time.sleep(_LOOKS_S)

    def _run_held(self, key: int) -> None:
        held = self._held.pop(key, None)
        if held is None:  # it has run before, or its stream was destroyed
            again = self._ran.get(key)
            if again is not None:
                again()
            return
        self._remember(key, held)
        try:
            self.runner(held)
        except BaseException as error:  # noqa: BLE001 - SystemExit too: the binding treats it as any other
            self._raised.error = error

    def _remember(self, key: int, held: Held) -> None:
        """Keep what a recording wants to hear, and nothing of the program's."""
        self._ran[key] = getattr(held.fn, "again", None)
        if len(self._ran) > _REMEMBERED:
            with suppress(KeyError, RuntimeError):  # another thread forgets, too
                del self._ran[next(iter(self._ran))]

    def raise_pending(self) -> None:
        """Raise what a callback of this thread's call has left behind."""
        error = getattr(self._raised, "error", None)
        if error is not None:
            self._raised.error = None
            raise SystemError(_RAISED) from error

    # -- registered by address -------------------------------------------------------------------------------

    def own(
        self, ctype: str, fn: Callable[..., object] | None, data: object = None, *, with_data: bool = False
    ) -> int:
        """Return an address for *fn* that is its own, the same each time; 0 for None.

        The library calls it with its own arguments; with *with_data*, *data* stands in the place of the last one.
        """
        if fn is None:
            return 0
        key = ctype, id(fn), id(data)
        if key not in self._own:
            called = _passing(fn, data) if with_data else fn
            taken = callbacks()[ctype]
            nothing = None if taken.returns == "void" else 0
            made = self._ffi.callback(_type_of(taken), _quiet(called, nothing))
            self._own[key] = made, fn, data
        return int(self._ffi.cast("uintptr_t", self._own[key][0]))


def _stay_here() -> None:
    """Block for good, without the interpreter's lock."""
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


def run_plainly(held: Held) -> object:
    """Call a callback's function with its data."""
    return held.fn(held.data)


def _passing(fn: Callable[..., object], data: object) -> Callable[..., object]:
    return lambda *args: fn(*args[:-1], data)


def _quiet(fn: Callable[..., object], nothing: object) -> Callable[..., object]:
    """Return *fn* for C, which can take no exception: it is dropped there, as the binding drops it.

    *nothing* is what C gets of a function without a result; None where it wants none, whatever *fn* returns.
    """

    def call(*args: object) -> object:
        try:
            result = fn(*args)
        except Exception:  # noqa: BLE001 - nobody in C could catch it
            return nothing
        return None if nothing is None else result or nothing

    return call


def _type_of(callback: CFunction) -> str:
    """Return a callback's type in numbers, as cffi reads it."""
    given = ", ".join(number_type(param.ctype) for param in callback.params) or "void"
    returned = "void" if callback.returns == "void" else number_type(callback.returns)
    return declared(returned, f"(*)({given})")
