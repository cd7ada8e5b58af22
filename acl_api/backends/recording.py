"""A history of what a program asked of its backend and what came back, as it looked from outside.

Whatever stands behind the surface, the device's side of it is not seen on hardware: recorded are calls with their
beginning, end and code, launches with their numbers, and when each callback ran and where. `simulator.check.history`
judges that. Times are nanoseconds of the real clock since the recording began.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from acl_api.arguments import ABSENT
from acl_api.backends.labels import Labels
from acl_api.table.row import Ref
from simulator.base.subscription_records import Subscribed, Unsubscribed
from simulator.base.trace import CallbackEnded, CallbackStarted, Called, Record, Submitted, Trace
from simulator.check.history.facts import MAKES_FLAGGED, flags_text
from simulator.core.tasks import function_name
from simulator.engine.hosts.places import place_of

if TYPE_CHECKING:
    from acl_api.arguments import Flavour
    from acl_api.backends.protocol import Backend, Call
    from acl_api.table.row import Row

_BLOCK: Final = 1
# What functions about an event put on a stream.
_QUEUED: Final = {
    "record_event": "record",
    "stream_wait_event": "wait",
    "stream_wait_event_with_timeout": "wait",
}


_POLL: Final = "process_report"
# A poll that found nothing, and one of a thread that nobody has subscribed (rules c2, c3).
_IDLE: Final = frozenset({107012, 507012})


class Inside(NamedTuple):
    """A call that has not returned: since when, in ns of the recording, and what it is about."""

    op: str
    began: int
    on: str | None


class RecordingBackend:
    """Passes every call on to *inner*, and writes down what can be seen of it.

    `inside` tells what each thread, by its name, is in the middle of, outermost call first; `moves` counts all
    that happened, other than polls that found nothing. `site` tells where the caller is, for people.
    """

    def __init__(self, inner: Backend) -> None:
        self.inner = inner
        self.trace: Trace = Trace()
        self.trace.observed = True
        self.labels: Labels = Labels()
        self.inside: dict[str, list[Inside]] = {}
        self.moves: int = 0
        self.site: Callable[[], str | None] = _place
        self._began = time.monotonic_ns()
        # How much each stream has been given; one lock, as threads launch at the same time.
        self._launched: dict[str, int] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<recording of {self.inner!r}, {len(self.trace)} records>"

    @property
    def name(self) -> str:
        """The name of the backend that is recorded."""
        return self.inner.name

    def now(self) -> int:
        """Return the time since the recording began, in ns."""
        return time.monotonic_ns() - self._began

    def bind(self, row: Row, flavour: Flavour) -> Call:
        """Return the row's function of the backend, recorded."""
        call = self.inner.bind(row, flavour)
        if not row.in_c:  # the binding's own functions are no business of the runtime
            return call
        if any(param.refers is Ref.FUNCTION for param in row.params) and any(
            param.refers is Ref.STREAM for param in row.params
        ):
            return self._launching(row, call)
        if row.op.endswith("subscribe_report"):
            return self._subscribing(row, call)
        if row.op in _QUEUED:
            return self._queueing(row, call)
        return self._plain(row, call)

    def _plain(self, row: Row, call: Call) -> Call:
        subject = next(
            (at for at, param in enumerate(row.params) if param.refers in (Ref.STREAM, Ref.EVENT)), None
        )
        has_code = not row.bare
        # Nobody waits for some streams (rule e11): that is what making one was about.
        flags = next((at for at, param in enumerate(row.params) if param.name == "flag"), None)
        flags = flags if row.op in MAKES_FLAGGED else None

        def recorded(*given: object) -> object:
            on = None if subject is None else self.labels.of(row.params[subject].refers, given[subject])
            if flags is not None:
                on = flags_text(given[flags])
            began, result = self._through(row.op, on, call, given)
            code = _code(result) if has_code else 0
            value = self.labels.made(row, result) if row.outs and not code else None
            self._write(row.op, began, code, on, value)
            if not code:
                self.labels.ended(row, given)
            return result

        return recorded

    def _launching(self, row: Row, call: Call) -> Call:
        at_fn, at_stream = _at(row, Ref.FUNCTION), _at(row, Ref.STREAM)
        at_block = next((at for at, param in enumerate(row.params) if param.name == "block_type"), None)

        def recorded(*given: Any) -> object:  # noqa: ANN401 - what the program passes
            fn = given[at_fn]
            stream = self.labels.stream(given[at_stream])
            seq, name = 0, ""
            passed = list(given)
            if fn is not ABSENT and callable(fn):
                seq, name = self._next(stream), function_name(fn)
                passed[at_fn] = self._watched(fn, stream, seq, name)
            began, result = self._through(row.op, stream, call, passed)
            code = _code(result)
            if not code:
                block = at_block is None or given[at_block] == _BLOCK
                kind = "callback" if block else "callback-no-block"
                self._submitted(stream, seq, kind, name)
            self._write(row.op, began, code, stream, None)
            return code

        return recorded

    def _queueing(self, row: Row, call: Call) -> Call:
        """Record what is queued and about an event: a record of it, or a wait for it."""
        at_event, at_stream = _at(row, Ref.EVENT), _at(row, Ref.STREAM)

        def recorded(*given: object) -> object:
            stream, event = self.labels.stream(given[at_stream]), self.labels.of(Ref.EVENT, given[at_event])
            began, result = self._through(row.op, stream, call, given)
            code = _code(result)
            if not code:
                self._submitted(stream, self._next(stream), _QUEUED[row.op], event or "no event")
            self._write(row.op, began, code, stream, None)
            return code

        return recorded

    def _next(self, stream: str) -> int:
        """Return the number of the next thing that a stream is given."""
        with self._lock:
            seq = self._launched[stream] = self._launched.get(stream, 0) + 1
            return seq

    def _submitted(self, stream: str, seq: int, kind: str, name: str) -> None:
        thread = self.labels.thread()
        self.note(Submitted(self.now(), thread, stream, seq, seq, kind, name, self.site()))

    def _watched(
        self, fn: Callable[[object], object], stream: str, seq: int, name: str
    ) -> Callable[[object], object]:
        """Return *fn* that writes down when it runs, and where."""

        def watched(data: object) -> object:
            thread = self.labels.thread()
            self.note(CallbackStarted(self.now(), thread, stream, seq, name))
            error: str | None = None
            try:
                return fn(data)
            except BaseException as raised:
                error = f"{type(raised).__name__}: {raised}"
                raise
            finally:
                self.note(CallbackEnded(self.now(), thread, stream, seq, name, error))

        def again() -> None:
            thread = self.labels.thread()
            self.note(CallbackStarted(self.now(), thread, stream, seq, name))
            self.note(CallbackEnded(self.now(), thread, stream, seq, name, None))

        watched.__name__ = name
        # A library that runs a callback twice must not run the program's function twice, but shows in the history.
        vars(watched)["again"] = again
        return watched

    def _subscribing(self, row: Row, call: Call) -> Call:
        ends = row.op.startswith("unsubscribe")

        def recorded(*given: Any) -> object:  # noqa: ANN401 - what the program passes
            stream = self.labels.stream(given[1])
            began, result = self._through(row.op, stream, call, given)
            code = _code(result)
            if not code:
                thread = self.labels.thread_of(given[0])
                self.note(
                    Unsubscribed(self.now(), thread, stream)
                    if ends
                    else Subscribed(self.now(), thread, stream, internal=False)
                )
            self._write(row.op, began, code, stream, None)
            return code

        return recorded

    def note(self, record: Record) -> None:
        """Keep a record; threads do so as they please."""
        self.trace.append(record)
        self.moves += 1

    def _through(self, op: str, on: str | None, call: Call, given: Sequence[object]) -> tuple[int, object]:
        """Make a call; return when it began, and its result."""
        around = self.inside.setdefault(self.labels.thread(), [])
        began = self.now()
        around.append(Inside(op, began, on))
        try:
            return began, call(*given)
        except SystemError:  # a callback has raised: the call that ran it has done its work
            self._write(op, began, 0, on, None)
            raise
        finally:
            around.pop()

    def _write(self, op: str, began: int, code: int, on: str | None, value: str | None) -> None:
        thread = self.labels.thread()
        record = Called(self.now(), thread, op, began, code, on, value, self.site())
        if op == _POLL and code in _IDLE:
            self.trace.append(record)
        else:
            self.note(record)


def _at(row: Row, refers: Ref) -> int:
    return next(at for at, param in enumerate(row.params) if param.refers is refers)


def _code(result: object) -> int:
    last = result[-1] if isinstance(result, tuple) else result
    return last if isinstance(last, int) else 0


def _place() -> str | None:
    """Return the program's line that calls."""
    import sys

    place = place_of(sys._getframe(2))  # noqa: SLF001 - its documented name
    return None if place is None else str(place)
