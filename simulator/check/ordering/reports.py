"""Guarantees about report threads: order (O5), one at a time (O6), batches (O9), the hidden thread (O10)."""

from __future__ import annotations

from typing import ClassVar, Final

from simulator.base.subscription_records import Subscribed, Unsubscribed
from simulator.base.trace import (
    Blocked,
    CallbackEnded,
    CallbackStarted,
    Called,
    Moved,
    ReportPosted,
    ReportsTaken,
    StreamCreated,
)
from simulator.check.ordering.facts import PROCESS_REPORT, Batch, Facts, Key, ThreadFacts, op_name
from simulator.check.ordering.guarantee import Watch, at

REPORT_TIMEOUT: Final = 507012
_SHOWN: Final = 4


class LaunchOrder(Watch):
    """O5."""

    guarantee: ClassVar[str] = "O5"

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        # Per thread and stream, the last (task, place) entered at each depth of nested process_report calls.
        self._last: dict[tuple[str, str], dict[int, tuple[int, int]]] = {}
        self.on(ReportPosted, self._posted)
        self.on(CallbackStarted, self._started)

    def _started(self, index: int, record: CallbackStarted) -> None:
        self._matches_its_report(index, record)
        self._inside_process_report(index, record)
        self._in_order(index, record)

    def _posted(self, index: int, record: ReportPosted) -> None:
        stream = self.facts.stream(record.stream)
        launch = stream.by_seq.get(record.seq)
        if launch is None or not launch.is_callback:
            what = f"{stream.describe(record.seq)} posted a report {at(record.time)}"
            self.complain(f"{what}, but no callback was launched there", index)
            return
        # Rules b15-b18: a launch keeps the thread it was made for, even when the stream gets another one.
        allowed = {launch.subscriber, stream.subscriber} - {None}
        if allowed and record.thread not in allowed:
            text = (
                f"{launch} posted its report to {record.thread}, which was not subscribed to {record.stream}"
            )
            self.complain(text, launch.index, index)

    def _matches_its_report(self, index: int, record: CallbackStarted) -> None:
        stream = self.facts.stream(record.stream)
        launch = stream.by_seq.get(record.seq)
        what = f"{stream.describe(record.seq)} started its function {at(record.time)}"
        if launch is None or not launch.is_callback:
            self.complain(f"{what}, but no callback was launched there", index)
        elif launch.started and (record.stream, record.seq) not in self.facts.doubled:
            self.complain(f"{what} a second time", launch.started_index, index)
        elif launch.posted is None:
            self.complain(f"{what} before its report was posted", launch.index, index)
        elif launch.posted.thread != record.thread:
            text = f"{what} on {record.thread}, not on the subscribed thread {launch.posted.thread}"
            self.complain(text, launch.posted_index, index)

    def _inside_process_report(self, index: int, record: CallbackStarted) -> None:
        batches = self.facts.thread(record.thread).batches
        if batches and (record.stream, record.seq) in batches[-1].todo:
            return
        where = (
            f"outside any process_report of {record.thread}"
            if not batches
            else f"inside a process_report of {record.thread} that had not taken its report"
        )
        text = (
            f"{self.facts.describe(record.stream, record.seq)} started its function {at(record.time)} {where}"
        )
        self.complain(text, batches[-1].index if batches else -1, index)

    def _in_order(self, index: int, record: CallbackStarted) -> None:
        """A nested process_report may run later reports before the rest of the outer batch (rule c9)."""
        depth = len(self.facts.thread(record.thread).batches)
        last = self._last.setdefault((record.thread, record.stream), {})
        seq, place = max((entry for level, entry in last.items() if level <= depth), default=(0, -1))
        if record.seq < seq:
            stream = self.facts.stream(record.stream)
            text = (
                f"{stream.describe(record.seq)} started its function {at(record.time)}, after"
                f" {stream.describe(seq)}, which was launched later"
            )
            self.complain(text, place, index)
        last[depth] = (record.seq, index)


class OneAtATime(Watch):
    """O6; a callback may call process_report itself, and only then runs another inside it."""

    guarantee: ClassVar[str] = "O6"

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self.on(CallbackStarted, self._started)
        self.on(CallbackEnded, self._ended)

    def _started(self, index: int, record: CallbackStarted) -> None:
        thread = self.facts.thread(record.thread)
        if thread.in_callback:
            self.complain(_overlap(self.facts, thread, record), thread.running[-1][2], index)

    def _ended(self, index: int, record: CallbackEnded) -> None:
        running = self.facts.thread(record.thread).running
        key = (record.stream, record.seq)
        if running and running[-1][0] == key:
            return
        what = (
            f"{self.facts.describe(record.stream, record.seq)} returned on {record.thread} {at(record.time)}"
        )
        if not any(entry[0] == key for entry in running):
            self.complain(f"{what}, where it was not running", index)
        else:
            (stream, seq), _, place = running[-1]
            inner = self.facts.describe(stream, seq)
            self.complain(f"{what} while {inner}, entered later, was still running", place, index)


class AllReadyReports(Watch):
    """O9 (rules c3, c4)."""

    guarantee: ClassVar[str] = "O9"

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        # Per thread, when the process_report that it is blocked in gives up: (since, until).
        self._waiting: dict[str, tuple[int, int | None]] = {}
        self.on(ReportsTaken, self._taken)
        self.on(CallbackStarted, self._next)
        # Rule b10: threads inside a process_report whose queue has gone; a new one does not reach it.
        self._cut_off: set[str] = set()
        self.on(Blocked, self._blocked)
        self.on(Called, self._returned)
        self.on(Unsubscribed, self._unsubscribed)

    def _blocked(self, index: int, record: Blocked) -> None:
        del index
        if op_name(record.op) in PROCESS_REPORT:
            until = None if record.timeout is None else record.time + record.timeout
            self._waiting[record.thread] = (record.time, until)

    def _unsubscribed(self, index: int, record: Unsubscribed) -> None:
        del index
        streams = self.facts.streams.values()
        if not any(each.subscriber == record.thread and each.name != record.stream for each in streams):
            self._cut_off.add(record.thread)

    def _taken(self, index: int, record: ReportsTaken) -> None:
        self._waiting.pop(record.thread, None)
        queue = self.facts.ready(record.thread, record.device)
        ready = tuple(queue)[:1] if self.facts.one_by_one else tuple(queue)
        if ready == record.reports or ready == self._once(record.reports):
            return
        known = set(record.reports)
        missing = [key for key in ready if key not in known]
        extra = [key for key in record.reports if key not in queue]
        what = f"process_report of {record.thread} {at(record.time)}"
        if missing:
            text = f"{what} left behind {self._names(missing)} that stood ready in its queue"
            self.complain(text, *(queue[key] for key in missing[:_SHOWN]), index)
        if extra:
            self.complain(f"{what} took {self._names(extra)} that did not stand in its queue", index)
        if not missing and not extra:
            self.complain(
                f"{what} took {self._names(record.reports)}, but the queue held {self._names(ready)}", index
            )

    def _once(self, reports: tuple[Key, ...]) -> tuple[Key, ...]:
        """Return *reports* without the second of each that a declared fault has doubled."""
        doubled = self.facts.doubled
        return tuple(
            key for at, key in enumerate(reports) if not (at and key == reports[at - 1] and key in doubled)
        )

    def _next(self, index: int, record: CallbackStarted) -> None:
        """Inside one batch the functions run in the order of the reports (rule a20)."""
        batches = self.facts.thread(record.thread).batches
        key = (record.stream, record.seq)
        expected = self._first_left(batches[-1]) if batches else None
        if expected is None or expected == key or key not in batches[-1].todo:
            return
        text = (
            f"{self.facts.describe(record.stream, record.seq)} ran on {record.thread} {at(record.time)}"
            f" before {self._names([expected])}, whose report came first"
        )
        self.complain(text, batches[-1].index, index)

    def _returned(self, index: int, record: Called) -> None:
        if op_name(record.op) not in PROCESS_REPORT:
            return
        cut_off = record.thread in self._cut_off
        self._cut_off.discard(record.thread)
        since, until = self._waiting.pop(record.thread, (record.began, record.began))
        if since < record.began:
            until = record.began
        thread = self.facts.thread(record.thread)
        # Another code says that the call stopped early: rules b15, c7.
        if record.code == 0 and thread.batches and not thread.in_callback:
            left = self._first_left(thread.batches[-1])
            if left is not None:
                text = (
                    f"process_report of {record.thread} returned 0 {at(record.time)} without running"
                    f" {self._names([left])}, which it had taken"
                )
                self.complain(text, thread.batches[-1].index, index)
        if record.code == REPORT_TIMEOUT and not cut_off:
            self._timed_out(index, record, until)

    def _timed_out(self, index: int, record: Called, until: int | None) -> None:
        for (thread, _), queue in self.facts.queues.items():
            if thread != record.thread or not queue:
                continue
            key, place = next(iter(queue.items()))
            launch = self.facts.launch(*key)
            # At the very instant of the timeout either may come first.
            if launch is None or launch.posted is None or (until is not None and launch.posted.time >= until):
                continue
            text = (
                f"process_report of {thread} gave up {at(record.time)} with {REPORT_TIMEOUT}, although the"
                f" report of {launch} was ready {at(launch.posted.time)}"
            )
            self.complain(text, place, index)

    def _first_left(self, batch: Batch) -> Key | None:
        while batch.todo:
            launch = self.facts.launch(*batch.todo[0])
            if launch is None or launch.lost is None:
                return batch.todo[0]
            batch.todo.popleft()
        return None

    def _names(self, keys: tuple[Key, ...] | list[Key]) -> str:
        names = [self.facts.describe(stream, seq) for stream, seq in keys[:_SHOWN]]
        more = len(keys) - len(names)
        return ", ".join(names) + (f" and {more} more" if more else "") or "nothing"


class HiddenThread(Watch):
    """O10 (rules d2-d6); that they hold their stream is O3, which knows them as blocking."""

    guarantee: ClassVar[str] = "O10"

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self._home: dict[str, tuple[str, int]] = {}
        self._users: set[tuple[str, str]] = set()
        # Rule d3: one thread per context; which context a stream belongs to, and the thread of a context.
        self._context: dict[str, str] = {}
        self._hidden: dict[str, tuple[str, int]] = {}
        self.on(StreamCreated, self._created)
        self.on(Moved, self._moved)
        self.on(Subscribed, self._subscribed)
        self.on(CallbackStarted, self._started)

    def _subscribed(self, index: int, record: Subscribed) -> None:
        home, place = self._home.get(record.stream, (record.thread, index))
        # Rule d4: once the runtime's own, for the stream's whole life.
        if home != record.thread:
            text = f"{record.stream} was bound to {record.thread} although its hidden thread is {home}"
            self.complain(text, place, index)
        elif record.internal:
            self._home[record.stream] = (home, place)
            self._one_per_context(index, record)
        else:
            self._users.add((record.stream, record.thread))

    def _created(self, index: int, record: StreamCreated) -> None:
        del index
        self._context[record.stream] = record.context

    def _moved(self, index: int, record: Moved) -> None:
        """Finalising ends a hidden thread's service; what is launched later gets another thread."""
        del index
        if record.kind == "report queue" and record.after == "closed":
            for context, (thread, _) in list(self._hidden.items()):
                if record.name.startswith(f"report queue of {thread} on "):
                    del self._hidden[context]
                    self._home = {name: home for name, home in self._home.items() if home[0] != thread}

    def _one_per_context(self, index: int, record: Subscribed) -> None:
        context = self._context.get(record.stream)
        if context is None:  # the trace does not tell
            return
        thread, place = self._hidden.setdefault(context, (record.thread, index))
        if thread != record.thread:
            text = f"{record.stream} was bound to {record.thread}, although {context} has the hidden thread {thread}"
            self.complain(text, place, index)

    def _started(self, index: int, record: CallbackStarted) -> None:
        launch = self.facts.launch(record.stream, record.seq)
        if launch is None or launch.submitted.kind != "host-func":
            return
        what = f"host function {record.name!r} (task {record.seq} of {record.stream})"
        home, place = self._home.get(record.stream, (None, -1))
        # Rule d6: a subscriber of a default stream runs it, also if unsubscribed since; else a hidden thread must.
        nobody = (record.stream, record.thread) not in self._users
        thread = self.facts.thread(record.thread)
        if home is not None and home != record.thread:
            self.complain(f"{what} ran on {record.thread}, not on the hidden thread {home}", place, index)
        elif self.facts.internal.get(record.thread) is False and (home is not None or nobody):
            text = f"{what} ran on {record.thread}, which is not the runtime's own thread"
            self.complain(text, place, index)
        if thread.in_callback:
            self.complain(_overlap(self.facts, thread, record), thread.running[-1][2], index)


def _overlap(facts: Facts, thread: ThreadFacts, record: CallbackStarted) -> str:
    (stream, seq), _, _ = thread.running[-1]
    return (
        f"{facts.describe(record.stream, record.seq)} started its function on {record.thread}"
        f" {at(record.time)} while {facts.describe(stream, seq)} was still running there"
    )
