"""Waits for events that nobody recorded, and events and notifies destroyed under a wait (rules f5, f14)."""

from __future__ import annotations

from typing import Final

from simulator.base.trace import (
    Called,
    EventBound,
    EventRecorded,
    Moved,
    Submitted,
    TaskDropped,
    TaskRan,
)
from simulator.base.wait_records import Held
from simulator.check.catalogue import finding
from simulator.check.misuse.watch import Pending, Watch
from simulator.check.ordering.facts import Facts, op_name

_DESTROYS: Final = frozenset({"destroy_event", "destroy_notify"})


class Events(Watch):
    """Events by name; their records and waits in order."""

    def __init__(self, facts: Facts, pending: Pending) -> None:
        super().__init__(facts, pending)
        # Waits without a record, by stream and event: the place, and the line.
        self._empty: dict[tuple[str, str], tuple[int, str | None]] = {}
        self._later: set[tuple[str, str]] = set()
        # Waits of the old kind for whichever record comes: (stream, task) by event.
        self._waits: dict[str, list[tuple[str, int]]] = {}
        self._records: dict[str, int] = {}
        self._record_site: dict[str, str | None] = {}
        self._destroyed: tuple[int, str, str] | None = None
        # Tasks that wait for a notify or a value, and records of notifies that are queued.
        self._holding: dict[tuple[str, int], str] = {}
        self._notify_records: dict[str, int] = {}
        self.on(Held, self._held)
        self.on(TaskRan, self._ran)
        self.on(TaskDropped, self._ran)
        self.on(EventBound, self._bound)
        self.on(Submitted, self._submitted)
        self.on(EventRecorded, self._recorded)
        self.on(Moved, self._moved)
        self.on(Called, self._called)

    def at_end(self, last: int) -> None:
        """Judge the waits that found no record by what came later."""
        del last
        self._tell_destroyed(None)
        for (stream, event), (index, site) in self._empty.items():
            recorded = event in self._record_site
            kind = "first-wait-empty" if (stream, event) in self._later else "wait-before-record"
            after = "; it was recorded later" if recorded else ", and never was later"
            says = f"stream {stream} was to wait for event {event}, which had not been recorded: the wait is empty"
            self.found.append((index, finding(kind, says + after, site, self._record_site.get(event))))

    def _bound(self, index: int, record: EventBound) -> None:
        key = (record.stream, record.event)
        if record.seq == 0 and record.source is None:
            self._empty.setdefault(key, (index, record.site))
        elif key in self._empty:
            self._later.add(key)
        if record.seq and record.source is None:
            self._waits.setdefault(record.event, []).append((record.stream, record.seq))

    def _submitted(self, index: int, record: Submitted) -> None:
        del index
        if record.kind == "notify-record":
            self._notify_records[record.name] = self._notify_records.get(record.name, 0) + 1
        if record.kind == "record":
            self._records[record.name] = self._records.get(record.name, 0) + 1
            self._record_site.setdefault(record.name, record.site)

    def _recorded(self, index: int, record: EventRecorded) -> None:
        del index
        self._records[record.event] = self._records.get(record.event, 0) - 1

    def _moved(self, index: int, record: Moved) -> None:
        if record.kind == "notify" and record.after == "destroyed":
            self._notify_gone(index, record.name)
        if record.kind != "event" or record.after != "destroyed" or self._records.get(record.name, 0) > 0:
            return
        waiting = [
            stream
            for stream, seq in self._waits.get(record.name, ())
            if seq not in self.facts.stream(stream).left
        ]
        if waiting:
            stream = waiting[0]
            says = f"event {record.name} was destroyed while stream {stream} waits for a record of it: none can come"
            self._destroyed = (index, record.name, says)

    def _notify_gone(self, index: int, notify: str) -> None:
        """Judge a notify that goes while a stream waits for it, and no record of it is queued."""
        waiting = [key for key, what in self._holding.items() if what == notify]
        if waiting and self._notify_records.get(notify, 0) <= 0:
            stream = waiting[0][0]
            says = (
                f"notify {notify} was destroyed while stream {stream} waits for a record of it: none can come"
            )
            self._destroyed = (index, notify, says)

    def _held(self, index: int, record: Held) -> None:
        del index
        self._holding[record.stream, record.seq] = record.what

    def _ran(self, index: int, record: TaskRan | TaskDropped) -> None:
        del index
        self._holding.pop((record.stream, record.seq), None)
        if record.kind == "notify-record":
            self._notify_records[record.name] = self._notify_records.get(record.name, 0) - 1

    def _called(self, index: int, record: Called) -> None:
        del index
        if self._destroyed is not None and op_name(record.op) in _DESTROYS:
            self._tell_destroyed(record.site)

    def _tell_destroyed(self, site: str | None) -> None:
        if self._destroyed is not None:
            index, event, says = self._destroyed
            self._destroyed = None
            self.found.append(
                (index, finding("event-destroyed-in-use", says, site, self._record_site.get(event)))
            )
