"""What a misuse check is: a reader of the trace that notes findings, and what all of them want to know."""

from __future__ import annotations

from typing import Final

from simulator.base.subscription_records import Subscribed
from simulator.base.trace import (
    CallbackEnded,
    CallbackStarted,
    Called,
    ReportLost,
    Submitted,
    Synchronized,
    TaskDropped,
)
from simulator.check.finding import Finding
from simulator.check.ordering.facts import Facts, Reader, op_name
from simulator.check.ordering.launches import Launch


class Watch(Reader):
    """One group of checks; while a handler sees a record, `facts` and `pending` hold what came before."""

    def __init__(self, facts: Facts, pending: Pending) -> None:
        super().__init__()
        self.facts: Final = facts
        self.pending: Final = pending
        # With the place in the trace that shows it.
        self.found: list[tuple[int, Finding]] = []

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self.found)} findings>"

    def at_cut(self) -> None:
        """Tell what is known of calls that the trace does not see the end of."""

    def at_end(self, last: int) -> None:
        """Judge what is left over in a trace of *last* records that tells a whole run."""


class Pending(Reader):
    """Callbacks that were launched and are still to run, and which tasks a sync has made sure of.

    A blocking one is over when it has returned, since its stream waits for that; another one when it has begun:
    nothing waits for its end, and what it was to tell it may have told. It reads a record after `Facts` has noted it.
    """

    def __init__(self, facts: Facts) -> None:
        super().__init__()
        self._facts = facts
        self._callbacks: dict[str, dict[int, Launch]] = {}
        # Launches given up by the call that is being made: its own record comes after those of its effects.
        self._given_up: dict[str, dict[int, Launch]] = {}
        self.synced: dict[str, int] = {}
        # Where each stream was subscribed last.
        self.subscribed_at: dict[str, str] = {}
        self._subscribing: list[str] = []
        self.on(Submitted, self._submitted)
        self.on(CallbackStarted, self._started)
        self.on(CallbackEnded, self._ended)
        self.on(TaskDropped, self._lost)
        self.on(ReportLost, self._lost)
        self.on(Synchronized, self._synchronized)
        self.on(Subscribed, self._subscribed)
        self.on(Called, self._called)

    def __repr__(self) -> str:
        return f"<pending: {sum(map(len, self._callbacks.values()))} callbacks>"

    def callbacks(self, stream: str) -> list[Launch]:
        """Return the callbacks of *stream* that are still to run, as of when the call being made began."""
        given_up = [launch for launch in self._given_up.get(stream, {}).values() if launch.is_callback]
        return [*given_up, *self._callbacks.get(stream, {}).values()]

    def tasks(self, stream: str) -> list[Launch]:
        """Return what else of *stream* had not run then: the oldest task, or all that were just given up."""
        given_up = [launch for launch in self._given_up.get(stream, {}).values() if not launch.is_callback]
        facts = self._facts.stream(stream)
        oldest = facts.oldest_queued()
        if given_up or oldest is None:
            return given_up
        launch = facts.by_seq[oldest]
        return [] if launch.is_callback else [launch]

    def _submitted(self, index: int, record: Submitted) -> None:
        del index
        launch = self._facts.launch(record.stream, record.first)
        if launch is not None and launch.is_callback:
            self._callbacks.setdefault(record.stream, {})[record.first] = launch

    def _started(self, index: int, record: CallbackStarted) -> None:
        del index
        launch = self._callbacks.get(record.stream, {}).get(record.seq)
        if launch is not None and not launch.is_blocking:
            del self._callbacks[record.stream][record.seq]

    def _ended(self, index: int, record: CallbackEnded) -> None:
        del index
        self._callbacks.get(record.stream, {}).pop(record.seq, None)

    def _lost(self, index: int, record: TaskDropped | ReportLost) -> None:
        del index
        launch = self._facts.launch(record.stream, record.seq)
        if launch is None or launch.returned or (launch.started and not launch.is_blocking):
            return
        first = launch.submitted.first
        self._callbacks.get(record.stream, {}).pop(first, None)
        self._given_up.setdefault(record.stream, {})[first] = launch

    def _synchronized(self, index: int, record: Synchronized) -> None:
        del index
        if record.code == 0:
            for stream, last in record.targets:
                self.synced[stream] = max(last, self.synced.get(stream, 0))

    def _subscribed(self, index: int, record: Subscribed) -> None:
        del index
        self._subscribing.append(record.stream)

    def _called(self, index: int, record: Called) -> None:
        del index
        self._given_up.clear()
        if record.site is not None and op_name(record.op) == "subscribe_report":
            self.subscribed_at.update(dict.fromkeys(self._subscribing, record.site))
        self._subscribing.clear()
