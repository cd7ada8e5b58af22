"""The walk along a snapshot: says each link once, and remembers what would mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.check.deadlock import locks, streams, threads
from simulator.check.deadlock.mends import Mends
from simulator.check.deadlock.wording import idle, listed, stuck, workless

if TYPE_CHECKING:
    from simulator.core.views import Named, Snapshot, StreamView, ThreadView


class Walk:
    """One explanation in the making. The links of each kind are told by a module of their own."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.threads = {thread.name: thread for thread in snapshot.threads}
        self.streams = {stream.name: stream for stream in snapshot.streams}
        self.queues = {queue.thread: queue for queue in snapshot.queues}
        self.mends = Mends()
        # The thread whose wait is being explained: the first link of the chain.
        self.victim: ThreadView | None = None
        self._said: list[str] = []
        self._seen: set[Named] = set()

    def __repr__(self) -> str:
        return f"<walk of {len(self._said)} sentences>"

    def sentences(self) -> list[str]:
        """Walk from everybody who waits, and return what there is to say."""
        gil = self.snapshot.gil
        acting = [
            view
            for view in self.snapshot.threads
            if view.state not in ("ended", "not started")
            and not (view.internal and idle(view))
            and not workless(view)
        ]
        # Who waits for a report waits for work, not for a rescue: first those who need somebody to act.
        acting.sort(key=lambda view: (view.name != gil, not stuck(view), idle(view), view.internal))
        for view in acting:
            self.victim = view
            self.mends.next_victim()
            self.thread(view)
        for remark in self.snapshot.remarks:
            self.say(f"The run was not under control throughout: {remark}.")
        for fault in self.snapshot.faults:
            self.say(fault)
        self._ids()
        mend = self.mends.best()
        if mend is not None:
            self.say(f"To mend: {mend}.")
        return self._said

    def say(self, sentence: str) -> None:
        """Add a sentence unless it was said before."""
        if sentence not in self._said:
            self._said.append(sentence)

    def first(self, kind: str, name: str) -> bool:
        """Tell whether this thing has not been explained yet; from now on it has."""
        if (kind, name) in self._seen:
            return False
        self._seen.add((kind, name))
        return True

    # -- links, so that their modules need not know each other -------------------------------------------------

    def thread(self, view: ThreadView) -> None:
        """Say what a thread does, and go on to what it needs."""
        if self.first("thread", view.name):
            threads.tell(self, view)

    def stream(self, view: StreamView) -> None:
        """Say what a stream's head needs, and go on to it."""
        if self.first("stream", view.name):
            streams.tell(self, view)

    def event(self, name: str, source: tuple[str, int] | None, waiting: StreamView | None = None) -> None:
        """Say which task completes an event, and go on to its stream; *waiting* has the wait at its head."""
        streams.event(self, name, source, waiting)

    def lock(self, name: str, waiting: ThreadView) -> None:
        """Say who holds a lock, and go on to what holds that thread up."""
        locks.tell(self, name, waiting)

    def responsible(self, name: str, duty: str) -> ThreadView | None:
        """Say what the thread that should act does instead; *duty* is what it will never do, once it is gone."""
        return threads.responsible(self, name, duty)

    def pollers(self, but: str) -> list[ThreadView]:
        """Return the threads of the program, other than *but*, that are in process_report."""
        return [
            view
            for view in self.snapshot.threads
            if view.name != but and not view.internal and threads.is_poller(view)
        ]

    def _ids(self) -> None:
        named = [
            f"{view.name} {view.ident}"
            for view in self.snapshot.threads
            if view.ident is not None and ("thread", view.name) in self._seen
        ]
        if named:
            self.say(f"Thread ids: {listed(named)}.")
