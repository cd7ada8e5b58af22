"""Report threads that end too early, give up at the first idle moment, or poll in vain (rules a8, b1, c2, c3)."""

from __future__ import annotations

from typing import Final

from simulator.base.remarks import Unread
from simulator.base.subscription_records import Inherited, Subscribed
from simulator.base.trace import Called, Noted, Submitted, ThreadEnded
from simulator.check.catalogue import finding
from simulator.check.misuse.watch import Pending, Watch
from simulator.check.ordering.facts import PROCESS_REPORT, Facts, op_name
from simulator.check.ordering.launches import CALLBACKS

_NOT_SUBSCRIBED: Final = 107012
_NOTHING_CAME: Final = 507012
_NO_SUBSCRIPTION: Final = 107015
# A thread that starts before it is subscribed asks in vain, too, but not for long.
_IN_VAIN: Final = 3
_FOR_EVER: Final = 1000


class _Poller:
    """What one thread got from process_report; `last` is the latest code, `codes` how often each came."""

    __slots__ = ("codes", "ended", "error", "last", "place", "site")

    def __init__(self) -> None:
        self.codes: dict[int, int] = {}
        self.last: int | None = None
        self.site: str | None = None
        self.place = 0
        self.ended = False
        self.error: str | None = None

    def __repr__(self) -> str:
        return f"<poller: {self.codes!r}{', ended' if self.ended else ''}>"

    @property
    def gave_up(self) -> bool:
        """Whether the thread ended at the first code that only says that there is nothing to do yet."""
        return self.last in (_NOT_SUBSCRIBED, _NOTHING_CAME) and self.codes[self.last] == 1


class Reporters(Watch):
    """Threads that should run callbacks."""

    def __init__(self, facts: Facts, pending: Pending) -> None:
        super().__init__(facts, pending)
        self._pollers: dict[str, _Poller] = {}
        self._subscribed: set[str] = set()
        self._told: set[str] = set()
        # Per thread and stream: how many launches were refused, since when, and where.
        self._refused: dict[tuple[str, str], tuple[int, int, str | None]] = {}
        # Lines that call process_report and do not look at its code: no loop there ends because of it.
        self._unread: set[str | None] = set()
        self.on(Unread, self._overlooked)
        self.on(Called, self._called)
        self.on(ThreadEnded, self._ended)
        self.on(Noted, self._noted)
        self.on(Subscribed, self._subscribe)
        self.on(Inherited, self._inherited)
        self.on(Submitted, self._submitted)

    def at_cut(self) -> None:
        """Tell who only asked in vain, and has done so for long."""
        self._tell_in_vain(_FOR_EVER)

    def at_end(self, last: int) -> None:
        """Tell who only asked in vain, if not for long."""
        del last
        for thread, stream in list(self._refused):
            self._tell_refused(thread, stream)
        self._tell_in_vain(_IN_VAIN)

    def _tell_in_vain(self, least: int) -> None:
        for name, poller in self._pollers.items():
            times = poller.codes.get(_NOT_SUBSCRIBED, 0)
            known = name in self._subscribed or name in self._told
            if not known and times >= least and times == sum(poller.codes.values()):
                self._told.add(name)
                says = f"{name} called process_report {times:,} times, and nobody ever subscribed it"
                self.found.append((poller.place, finding("polls-unsubscribed", says, poller.site)))

    def _called(self, index: int, record: Called) -> None:
        op = op_name(record.op)
        if op in PROCESS_REPORT:
            poller = self._pollers.setdefault(record.thread, _Poller())
            poller.codes[record.code] = poller.codes.get(record.code, 0) + 1
            poller.last, poller.place, poller.site = record.code, index, record.site or poller.site
        elif op == "launch_callback" and record.code == _NO_SUBSCRIPTION and record.on is not None:
            key = (record.thread, record.on)
            count, first, site = self._refused.get(key, (0, index, record.site))
            self._refused[key] = (count + 1, first, site)

    def _overlooked(self, index: int, record: Unread) -> None:
        del index
        if record.op in PROCESS_REPORT and record.site is not None:
            self._unread.add(record.site)

    def _noted(self, index: int, record: Noted) -> None:
        """A thread of start_thread ends quietly for the host: what it raised is the finding that it left."""
        del index
        if record.finding == "thread-raised" and record.thread is not None:
            self._pollers.setdefault(record.thread, _Poller()).error = "an exception"

    def _ended(self, index: int, record: ThreadEnded) -> None:
        poller = self._pollers.setdefault(record.thread, _Poller())
        poller.ended, poller.error = True, record.error or poller.error
        streams = [name for name, stream in self.facts.streams.items() if stream.subscriber == record.thread]
        waiting = [launch for name in streams for launch in self.pending.callbacks(name)]
        if waiting:
            much = f"{len(waiting)} callback{'s' if len(waiting) > 1 else ''} outstanding for it"
            self._tell_gone(index, record.thread, f"with {much}", waiting[0].submitted)
        elif poller.gave_up and poller.error is not None:
            self._tell_gone(index, record.thread, "and was to go on polling", None)

    def _subscribe(self, index: int, record: Subscribed) -> None:
        del index
        self._subscribed.add(record.thread)
        for thread, stream in list(self._refused):
            if stream == record.stream:
                self._tell_refused(thread, stream)

    def _inherited(self, index: int, record: Inherited) -> None:
        del index
        self._subscribed.add(record.heir)

    def _submitted(self, index: int, record: Submitted) -> None:
        thread = self.facts.stream(record.stream).subscriber
        poller = None if thread is None else self._pollers.get(thread)
        if thread is not None and poller is not None and poller.ended and record.kind in CALLBACKS:
            self._tell_gone(index, thread, f"before callback {record.name!r} was launched for it", record)

    def _tell_gone(self, index: int, thread: str, how: str, launch: Submitted | None) -> None:
        if thread in self._told:
            return
        self._told.add(thread)
        poller = self._pollers[thread]
        why = f" by {poller.error}" if poller.error else ""
        stream = None if launch is None else launch.stream
        lines = (
            None if launch is None else launch.site,
            poller.site,
            None if stream is None else self.pending.subscribed_at.get(stream),
        )
        kind, at = "report-thread-gone", ""
        if poller.gave_up and poller.site not in self._unread:
            kind, at = "report-loop-ended", f" at the first {poller.last} of process_report"
        about = "" if stream is None else f" (subscribed to stream {stream})"
        self.found.append((index, finding(kind, f"{thread}{about} ended{why}{at}, {how}", *lines)))

    def _tell_refused(self, thread: str, stream: str) -> None:
        count, first, site = self._refused.pop((thread, stream))
        if count > 1:
            says = (
                f"{thread} called launch_callback for stream {stream} {count:,} times, and each time it answered"
                " 107015: no thread is subscribed to the stream"
            )
            self.found.append((first, finding("launch-retried", says, site)))
