"""What the records say of one launch and of one stream."""

from __future__ import annotations

from collections import deque
from typing import Final

from simulator.base.trace import ReportLost, ReportPosted, Submitted, TaskDropped, TaskRan

BLOCKING: Final = frozenset({"callback", "host-func"})
CALLBACKS: Final = BLOCKING | {"callback-no-block"}


class Launch:
    """One launch: the tasks first..last of a stream.

    Fields that end in `index` are places in the trace, and like times -1 for what has not happened.
    """

    __slots__ = (
        "dropped",
        "dropped_index",
        "ended",
        "ended_index",
        "failed",
        "index",
        "lost",
        "lost_index",
        "posted",
        "posted_index",
        "released",
        "released_index",
        "started_index",
        "submitted",
        "subscriber",
    )

    def __init__(self, submitted: Submitted, index: int, subscriber: str | None) -> None:
        self.submitted = submitted
        self.index = index
        # Who was subscribed at the launch; a later unsubscribe does not redirect it (rules b15, b16).
        self.subscriber = subscriber
        self.posted: ReportPosted | None = None
        self.lost: ReportLost | None = None
        self.dropped: TaskDropped | None = None
        self.posted_index = self.lost_index = self.dropped_index = -1
        self.started_index = self.ended_index = self.released_index = -1
        self.ended = self.released = -1
        self.failed = False

    def __repr__(self) -> str:
        return f"<launch {self}>"

    def __str__(self) -> str:
        kind, name, first = self.submitted.kind, self.submitted.name, self.submitted.first
        return f"{kind} {name!r} (task {first} of {self.submitted.stream})"

    @property
    def is_callback(self) -> bool:
        """Whether the launch ends in a user's function."""
        return self.submitted.kind in CALLBACKS

    @property
    def is_blocking(self) -> bool:
        """Whether the stream waits for the user's function."""
        return self.submitted.kind in BLOCKING

    @property
    def hold(self) -> int:
        """The task that holds the stream: a wait behind the callback task, or that task (rules a13-a15)."""
        return min(self.submitted.first + 1, self.submitted.last)

    @property
    def started(self) -> bool:
        """Whether the user's function was entered."""
        return self.started_index >= 0

    @property
    def returned(self) -> bool:
        """Whether the user's function returned or raised."""
        return self.ended_index >= 0


class StreamFacts:
    """One stream: its launches in order, which tasks left, who is subscribed."""

    __slots__ = (
        "_blocking",
        "_queued",
        "by_seq",
        "last",
        "last_ran",
        "last_ran_index",
        "last_returned",
        "launches",
        "left",
        "name",
        "subscriber",
        "unsubscribed_index",
    )

    def __init__(self, name: str) -> None:
        self.name = name
        self.launches: list[Launch] = []
        self.by_seq: dict[int, Launch] = {}
        self.last = 0
        self.left: dict[int, int] = {}
        self.last_ran: TaskRan | None = None
        self.last_ran_index = -1
        self.last_returned: Launch | None = None
        self.subscriber: str | None = None
        self.unsubscribed_index = -1
        self._queued: deque[int] = deque()
        self._blocking: deque[Launch] = deque()

    def __repr__(self) -> str:
        return f"<facts of {self.name}: {self.last} submitted, {len(self.left)} left>"

    def submit(self, launch: Launch) -> None:
        """Add *launch* and its tasks."""
        first, last = launch.submitted.first, launch.submitted.last
        self.launches.append(launch)
        for seq in range(first, last + 1):
            self.by_seq[seq] = launch
            self._queued.append(seq)
        self.last = max(self.last, last)
        if launch.is_blocking and first <= last:
            self._blocking.append(launch)

    def describe(self, seq: int) -> str:
        """Return "task 3 of s1 (execute 'resnet50')"."""
        launch = self.by_seq.get(seq)
        what = f" ({launch.submitted.kind} {launch.submitted.name!r})" if launch is not None else ""
        return f"task {seq} of {self.name}{what}"

    def oldest_queued(self) -> int | None:
        """Return the lowest task that neither ran nor was dropped."""
        queued = self._queued
        while queued and queued[0] in self.left:
            queued.popleft()
        return queued[0] if queued else None

    def oldest_blocking(self) -> Launch | None:
        """Return the first blocking launch that holds the stream or will: not returned, failed or dropped."""
        holding = self._blocking
        while holding and (holding[0].returned or holding[0].failed or holding[0].dropped is not None):
            holding.popleft()
        return holding[0] if holding else None
