"""Guarantees about a callback and its own stream: what it waits for (O2) and what waits for it (O3, O4)."""

from __future__ import annotations

from typing import ClassVar

from simulator.base.trace import (
    CallbackEnded,
    CallbackReleased,
    CallbackStarted,
    Called,
    EventRecorded,
    ReportPosted,
    ReportsTaken,
    TaskDropped,
    TaskRan,
)
from simulator.check.ordering.facts import Facts, Key
from simulator.check.ordering.guarantee import Watch, at
from simulator.check.ordering.launches import Launch


class AfterEarlierWork(Watch):
    """O2."""

    guarantee: ClassVar[str] = "O2"

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self.on(CallbackStarted, self._started)

    def _started(self, index: int, record: CallbackStarted) -> None:
        stream = self.facts.stream(record.stream)
        ahead = stream.oldest_queued()
        if ahead is not None and ahead < record.seq:
            text = (
                f"{stream.describe(record.seq)} started its function {at(record.time)}"
                f" before the earlier {stream.describe(ahead)} had run"
            )
            self.complain(text, stream.by_seq[ahead].index, index)


class BlockingHolds(Watch):
    """O3 (rules a13-a16)."""

    guarantee: ClassVar[str] = "O3"

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self._told: set[Key] = set()
        # Per thread, the blocking callback that has returned and whose stream is still held.
        self._unreleased: dict[str, Launch] = {}
        self.on(TaskRan, self._ran)
        self.on(TaskDropped, self._dropped)
        self.on(ReportPosted, self._acted)
        self.on(EventRecorded, self._acted)
        self.on(CallbackEnded, self._ended)
        self.on(CallbackReleased, self._released)
        self.on(CallbackStarted, self._moved_on)
        self.on(ReportsTaken, self._moved_on)
        self.on(Called, self._moved_on)

    def _ran(self, index: int, task: TaskRan) -> None:
        if self._held(index, task, left=task.code == 0):
            return
        stream = self.facts.stream(task.stream)
        returned = stream.last_returned
        if returned is not None and task.seq > returned.submitted.last and task.start < returned.ended:
            text = (
                f"{stream.describe(task.seq)} started {at(task.start)}, before blocking {returned} returned"
                f" {at(returned.ended)}"
            )
            self.complain(text, returned.ended_index, index)
        launch = stream.by_seq.get(task.seq)
        if launch is not None and launch.is_blocking and launch.hold == task.seq and task.code == 0:
            self._resumed(index, task, launch)

    def _acted(self, index: int, record: ReportPosted | EventRecorded) -> None:
        self._held(index, record, left=False)

    def _held(self, index: int, record: TaskRan | ReportPosted | EventRecorded, *, left: bool) -> bool:
        """Complain, once per callback, when a task acts that an unreturned blocking callback should hold."""
        stream = self.facts.stream(record.stream)
        launch = stream.oldest_blocking()
        if launch is None or not (record.seq > launch.submitted.last or (left and record.seq >= launch.hold)):
            return False
        if (stream.name, launch.submitted.first) not in self._told:
            self._told.add((stream.name, launch.submitted.first))
            text = (
                f"{stream.describe(record.seq)} went on {at(record.time)}, before blocking {launch} returned"
            )
            self.complain(text, launch.index, launch.started_index, index)
        return True

    def _resumed(self, index: int, task: TaskRan, launch: Launch) -> None:
        """The task that held the stream has left: it must have been released, and at that instant if times count."""
        if launch.failed:  # rule b8b: nobody ran it
            return
        if launch.released_index < 0:
            text = f"{task.stream} went on {at(task.time)} although blocking {launch} was never released"
            self.complain(text, launch.ended_index, index)
        elif task.start < launch.released != task.time and not self.facts.untimed:
            text = (
                f"{task.stream} went on {at(task.time)}, not {at(launch.released)} when blocking {launch}"
                " was released"
            )
            self.complain(text, launch.released_index, index)

    def _dropped(self, index: int, task: TaskDropped) -> None:
        """The task that held the stream was given up: it must not have been released before that instant."""
        stream = self.facts.stream(task.stream)
        launch = stream.by_seq.get(task.seq)
        if launch is None or not launch.is_blocking or launch.hold != task.seq or launch.released_index < 0:
            return
        late = task.time > launch.released and not self.facts.untimed
        if late and stream.oldest_queued() == task.seq:
            text = (
                f"blocking {launch} was released {at(launch.released)}, but {task.stream} had not gone on"
                f" when its tasks were dropped {at(task.time)}"
            )
            self.complain(text, launch.released_index, index)

    def _ended(self, index: int, record: CallbackEnded) -> None:
        del index
        launch = self.facts.launch(record.stream, record.seq)
        # Rule c8: a callback that raises need not be released.
        # Released before: a declared fault has doubled its report.
        released = launch is not None and launch.released_index >= 0
        if launch is not None and launch.is_blocking and record.error is None and not released:
            self._unreleased[record.thread] = launch

    def _released(self, index: int, record: CallbackReleased) -> None:
        launch = self.facts.launch(record.stream, record.seq)
        if launch is None or not launch.is_blocking:
            return
        for thread, waiting in list(self._unreleased.items()):
            if waiting is launch:
                del self._unreleased[thread]
        if not launch.returned:
            text = f"blocking {launch} was released {at(record.time)} before it returned"
            self.complain(text, launch.started_index, index)

    def _moved_on(self, index: int, record: CallbackStarted | ReportsTaken | Called) -> None:
        """Rule a16: the release comes before anything else the thread does."""
        launch = self._unreleased.pop(record.thread, None)
        if launch is None or launch.dropped is not None:
            return
        # Rule b15: unsubscribed meanwhile, the release finds no notify and the stream stays blocked.
        if self.facts.stream(launch.submitted.stream).unsubscribed_index > launch.index:
            return
        if isinstance(record, CallbackStarted):
            what = f"{record.thread} started {self.facts.describe(record.stream, record.seq)}"
        else:
            what = f"{record.thread} went on"
        text = f"{what} {at(record.time)} before blocking {launch}, which had returned, was released"
        self.complain(text, launch.ended_index, index)


class NonBlockingPasses(Watch):
    """O4 is a permission; to check is that the task leaves the instant its report is posted (rule a12)."""

    guarantee: ClassVar[str] = "O4"

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self._ran: dict[Key, tuple[int, int]] = {}
        self.on(TaskRan, self._left)
        self.on(ReportPosted, self._posted)

    def _left(self, index: int, task: TaskRan) -> None:
        launch = self._non_blocking(task)
        if launch is None:
            return
        if launch.posted is None:
            self._ran[task.stream, task.seq] = (index, task.time)
        else:
            self._compare(launch, (launch.posted_index, launch.posted.time), (index, task.time))

    def _posted(self, index: int, record: ReportPosted) -> None:
        launch = self._non_blocking(record)
        if launch is not None and (ran := self._ran.pop((record.stream, record.seq), None)) is not None:
            self._compare(launch, (index, record.time), ran)

    def _non_blocking(self, record: TaskRan | ReportPosted) -> Launch | None:
        launch = self.facts.launch(record.stream, record.seq)
        return launch if launch is not None and launch.submitted.kind == "callback-no-block" else None

    def _compare(self, launch: Launch, posted: tuple[int, int], ran: tuple[int, int]) -> None:
        if posted[1] != ran[1]:
            text = f"{launch} posted its report {at(posted[1])} but left its stream {at(ran[1])}"
            self.complain(text, posted[0], ran[0])
