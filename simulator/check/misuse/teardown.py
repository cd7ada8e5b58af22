"""Giving things up while work is pending: unsubscribe, destroy, reset, finalize (rules b14-b17, e9, g2, g6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from simulator.base.trace import Blocked, Called, Moved, StreamCreated
from simulator.check.catalogue import finding
from simulator.check.misuse.watch import Pending, Watch
from simulator.check.ordering.facts import Facts, op_name
from simulator.check.ordering.launches import Launch

_UNSUBSCRIBE: Final = "unsubscribe_report"
_DESTROY: Final = frozenset({"destroy_stream", "destroy_stream_force"})
_CONTEXTS: Final = frozenset({"destroy_context", "reset_device", "reset_device_force"})
_FINALIZE: Final = frozenset({"finalize", "finalize_reference"})


_KEEPS_GIL: Final = "the call waits for that, and the binding keeps the GIL meanwhile"
_LOST: Final = "what is pending is lost"


class _Wrong(NamedTuple):
    """The kind of a finding, its sentence, and the lines of the launches it is about."""

    kind: str
    sentence: str
    lines: tuple[str | None, ...]


class _Judged(NamedTuple):
    """What a call that has not returned yet was found to do wrong, at its place in the trace."""

    place: int
    found: list[_Wrong]


class Teardown(Watch):
    """What was pending when a call began; its own line is known when it returns."""

    def __init__(self, facts: Facts, pending: Pending) -> None:
        super().__init__(facts, pending)
        self._context: dict[str, str] = {}
        # By thread for calls about one stream; contexts are torn down by whoever returns next from such a call.
        self._begun: dict[str, _Judged] = {}
        self._contexts: list[_Judged] = []
        self._noted: set[str] = set()
        self.on(StreamCreated, self._created)
        self.on(Blocked, self._blocked)
        self.on(Moved, self._moved)
        self.on(Called, self._called)

    def at_cut(self) -> None:
        """Tell of calls that never returned."""
        for judged in (*self._begun.values(), *self._contexts):
            self._tell(judged, None)

    def at_end(self, last: int) -> None:
        """Tell of callbacks that the end of the program has overtaken, and note those that nobody synchronised."""
        for stream in self.facts.streams:
            ended = _wrong("never-synchronised", "the program ended", self.pending.callbacks(stream), stream)
            self._tell(_Judged(last, ended), None)
        self._unsynchronised(self.facts.streams)

    def _created(self, index: int, record: StreamCreated) -> None:
        del index
        self._context[record.stream] = record.context

    def _blocked(self, index: int, record: Blocked) -> None:
        stream = record.on if record.on in self.facts.streams else None
        if stream is None or record.thread in self._begun:
            return
        if record.op == _UNSUBSCRIBE or record.op in _DESTROY:
            self._begun[record.thread] = _Judged(index, self._about(record.op, stream))

    def _moved(self, index: int, record: Moved) -> None:
        if record.kind == "context" and record.after == "destroying":
            streams = [name for name, context in self._context.items() if context == record.name]
            self._contexts.append(_Judged(index, self._about_context(record.name, streams)))
            self._unsynchronised(streams)

    def _called(self, index: int, record: Called) -> None:
        op = op_name(record.op)
        begun = self._begun.pop(record.thread, None)
        if record.code != 0:
            return
        if op in _CONTEXTS:
            judged, self._contexts = self._contexts, []
            for each in judged:
                self._tell(each, record.site)
        elif op in _FINALIZE:
            self._tell(_Judged(index, self._about_finalize()), record.site)
        elif (op == _UNSUBSCRIBE or op in _DESTROY) and record.on is not None:
            self._tell(begun or _Judged(index, self._about(op, record.on)), record.site)

    def _tell(self, judged: _Judged, site: str | None) -> None:
        for kind, sentence, lines in judged.found:
            self.found.append((judged.place, finding(kind, sentence, site, *lines)))

    # -- what is wrong ---------------------------------------------------------------------------------------

    def _about(self, op: str, stream: str) -> list[_Wrong]:
        callbacks, tasks = self.pending.callbacks(stream), self.pending.tasks(stream)
        blocking = [launch for launch in callbacks if launch.is_blocking]
        what = f"{op} of stream {stream}"
        if op == _UNSUBSCRIBE and blocking:
            why = "it waits holding the lock that their acknowledgement needs, or leaves the stream held for ever"
            return _wrong("unsubscribe-can-deadlock", what, blocking, why=why)
        if op == _UNSUBSCRIBE:
            return _wrong("unsubscribed-too-early", what, callbacks)
        if blocking and op == "destroy_stream":
            return _wrong("destroy-can-deadlock", what, blocking, why=_KEEPS_GIL)
        return _wrong("never-synchronised", what, callbacks) or _wrong("destroyed-with-work", what, tasks)

    def _about_context(self, context: str, streams: Iterable[str]) -> list[_Wrong]:
        found, what = [], f"{context} was given up"
        for stream in streams:
            callbacks, tasks = self.pending.callbacks(stream), self.pending.tasks(stream)
            blocking = [launch for launch in callbacks if launch.is_blocking]
            found += (
                _wrong("destroy-can-deadlock", what, blocking, stream, why=_KEEPS_GIL)
                or _wrong("never-synchronised", what, callbacks, stream)
                or _wrong("reset-with-work", what, tasks, stream)
            )
        return found

    def _about_finalize(self) -> list[_Wrong]:
        found = []
        for stream in self.facts.streams:
            found += _wrong(
                "never-synchronised", "finalize", self.pending.callbacks(stream), stream
            ) or _wrong("early-finalize", "finalize", self.pending.tasks(stream), stream, why=_LOST)
        return found

    def _unsynchronised(self, streams: Iterable[str]) -> None:
        """Note the streams whose last callbacks have run without a sync that covers them."""
        for name in streams:
            ran = [
                launch
                for launch in self.facts.stream(name).launches
                if launch.is_callback and launch.returned
                if launch.submitted.first > self.pending.synced.get(name, 0)
            ]
            if ran and name not in self._noted:
                self._noted.add(name)
                says = (
                    f"{_these(ran)} of stream {name} had run, and no sync of the stream came after the launch"
                )
                self.found.append((ran[-1].index, finding("not-synchronised", says, *_sites(ran))))


def _wrong(
    kind: str, what: str, launches: Sequence[Launch], stream: str | None = None, *, why: str | None = None
) -> list[_Wrong]:
    """Return that *what* came before *launches* had run; nothing when there are none."""
    if not launches:
        return []
    where = f" of stream {stream}" if stream is not None else ""
    because = f": {why}" if why else ""
    return [_Wrong(kind, f"{what} before {_these(launches)}{where} had run{because}", _sites(launches))]


def _these(launches: Sequence[Launch]) -> str:
    """Return "blocking callback 'post' (task 3)", or how many there are."""
    first = launches[0]
    seq, name = first.submitted.first, first.submitted.name
    noun = first.submitted.kind if not first.is_callback else "callback"
    if first.is_callback and first.is_blocking:
        noun = "blocking callback"
    more = f" and {len(launches) - 1} more" if len(launches) > 1 else ""
    return f"{noun} {name!r} (task {seq}){more}"


def _sites(launches: Sequence[Launch]) -> tuple[str | None, ...]:
    return tuple(dict.fromkeys(launch.submitted.site for launch in launches))[:3]
