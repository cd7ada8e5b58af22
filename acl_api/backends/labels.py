"""Names for what a recorded program handles: streams, events and threads by small numbers, never by address."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, cast
from weakref import WeakKeyDictionary

from acl_api.table.row import Ref

if TYPE_CHECKING:
    from acl_api.table.row import Row

DEFAULT_STREAM: Final = "default stream"
# What functions make, by the name of their output, and which functions end it.
_KINDS: Final = {"stream": Ref.STREAM, "event": Ref.EVENT, "context": Ref.CONTEXT}
_ENDS: Final = frozenset({"destroy_stream", "destroy_stream_force", "destroy_event", "destroy_context"})


class Labels:
    """The names of one recording. Threads that call at the same time agree on them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._names: dict[tuple[Ref, int], str] = {}
        self._counts: dict[str, int] = {}
        self._threads: WeakKeyDictionary[threading.Thread, str] = WeakKeyDictionary()
        # Of ids that no thread has had yet: they are taken as they are (rule b1).
        self._strangers: dict[int, str] = {}
        # What the caller wants to call the next thing that it makes; None: the next number.
        self.wanted: Callable[[], str | None] = _nothing

    def __repr__(self) -> str:
        return f"<labels {sorted(self._names.values())}>"

    def stream(self, value: object) -> str:
        """Return the name of a stream, whatever was given as one."""
        return self.of(Ref.STREAM, value) or "no stream"

    def of(self, refers: Ref, value: object) -> str | None:
        """Return the name of a handle; None for what is no number. One that nobody has seen made gets a name now."""
        if not isinstance(value, int):
            return None
        if not value:
            return DEFAULT_STREAM if refers is Ref.STREAM else None
        with self._lock:
            return self._named(refers, value)

    def _named(self, refers: Ref, value: int) -> str:
        name = self._names.get((refers, value))
        if name is None:
            name = self._names[refers, value] = self._numbered(refers.value)
        return name

    def known(self, value: object) -> str | None:
        """Return the name that a handle has, of whatever kind it is; None when it has none."""
        if not isinstance(value, int):
            return None
        return next(
            (self._names[kind, value] for kind in _KINDS.values() if (kind, value) in self._names), None
        )

    def made(self, row: Row, result: object) -> str | None:
        """Return the name of what a call has made, a new one; other outputs as a text, addresses as none."""
        value = cast("Sequence[object]", result)[0] if isinstance(result, tuple) else result
        refers = _KINDS.get(row.outs[0])
        if refers is not None and row.op.startswith("create") and isinstance(value, int):
            wanted = self.wanted()
            with self._lock:
                self._names.pop((refers, value), None)
                if wanted is not None:
                    self._names[refers, value] = self._again(wanted)
                return self._named(refers, value)
        return str(value) if row.traced and isinstance(value, int) and value < _SMALL else None

    def ended(self, row: Row, given: Sequence[object]) -> None:
        """Forget the name of what a call has destroyed: its address may come back."""
        if row.op in _ENDS and given and isinstance(given[0], int):
            with self._lock:
                self._names.pop((row.params[0].refers, given[0]), None)

    def thread(self) -> str:
        """Return the name of the calling thread."""
        current = threading.current_thread()
        name = self._threads.get(current)
        if name is None:
            with self._lock:  # somebody may have named it by its id meanwhile
                name = self._threads.get(current) or self._name_thread(current)
        return name

    def thread_of(self, ident: object) -> str:
        """Return the name of the thread with that id, which need not have called, or be there, yet."""
        if not isinstance(ident, int):
            return "no thread"
        with self._lock:
            for thread in threading.enumerate():
                if thread.ident == ident:
                    return self._threads.get(thread) or self._name_thread(thread)
            return self._strangers.setdefault(ident, self._numbered("unknown thread"))

    def _name_thread(self, thread: threading.Thread) -> str:
        # Somebody may have named it by its id before it was there.
        early = self._strangers.pop(cast("int", thread.ident), None)
        main = thread is threading.main_thread()
        name = self._threads[thread] = early or ("main" if main else self._numbered(thread.name, bare=True))
        return name

    def _again(self, wanted: str) -> str:
        """Return *wanted*, and with a number from the second time on, as the simulator does."""
        count = self._counts[wanted] = self._counts.get(wanted, 0) + 1
        return wanted if count == 1 else f"{wanted}-{count}"

    def _numbered(self, kind: str, *, bare: bool = False) -> str:
        """Return *kind* with the next number; *bare*: the first one has none."""
        count = self._counts[kind] = self._counts.get(kind, 0) + 1
        return kind if bare and count == 1 else f"{kind} {count}"


def _nothing() -> None:
    return None


# Outputs above are addresses, or as random: they differ from run to run.
_SMALL: Final = 1 << 31
