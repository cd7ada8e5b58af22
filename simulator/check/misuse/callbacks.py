"""What callbacks do that they had better not, and the two families of them on one stream (rules a11, a19, d7)."""

from __future__ import annotations

from typing import Final

from simulator.base.subscription_records import Subscribed, Unsubscribed
from simulator.base.trace import Blocked, Called, Submitted
from simulator.check.catalogue import finding
from simulator.check.misuse.watch import Pending, Watch
from simulator.check.ordering.facts import Facts, Key, op_name
from simulator.check.ordering.launches import Launch

# What the vendor's page forbids inside callbacks (rule a11), as a person would group it.
_FORBIDDEN: Final = (
    ("allocates or frees memory", ("malloc", "free")),
    ("waits for streams", ("synchronize_stream", "synchronize_device")),
    ("queues tasks", ("launch_", "execute", "memcpy_async", "memset_async", "memcpy2d_async")),
    ("queues tasks", ("record_event", "stream_wait_event", "reset_event")),
    ("aborts tasks", ("stream_abort", "device_task_abort")),
)
_HOST_FUNCTIONS: Final = frozenset({"launch_host_func"})
_LAUNCHES: Final = frozenset({"launch_callback", "subscribe_report", "unsubscribe_report"})
_OTHER_FAMILY: Final = 107011


class Callbacks(Watch):
    """Calls that are made inside callbacks."""

    def __init__(self, facts: Facts, pending: Pending) -> None:
        super().__init__(facts, pending)
        self._told: set[tuple[str, str]] = set()
        self._waiting: dict[str, tuple[int, str]] = {}
        # Where each event was recorded last.
        self._recorded: dict[str, Key] = {}
        # The line of the launch that each thread is making: calls that queue a task have none of their own.
        self._sent: dict[str, str | None] = {}
        self.on(Blocked, self._blocked)
        self.on(Called, self._called)
        self.on(Submitted, self._submitted)

    def at_cut(self) -> None:
        """Tell of waits that never ended."""
        for thread in list(self._waiting):
            self._tell_wait(thread, None)

    def _submitted(self, index: int, record: Submitted) -> None:
        del index
        self._sent[record.thread] = record.site
        if record.kind == "record":
            self._recorded[record.name] = (record.stream, record.first)

    def _running(self, thread: str) -> Launch | None:
        """Return the callback that *thread* is inside of."""
        facts = self.facts.threads.get(thread)
        if facts is None or not facts.in_callback:
            return None
        stream, seq = facts.running[-1][0]
        return self.facts.launch(stream, seq)

    def _blocked(self, index: int, record: Blocked) -> None:
        launch = self._running(record.thread)
        if launch is None or record.on is None or record.thread in self._waiting:
            return
        stream = self._recorded[record.on][0] if record.on in self._recorded else record.on
        own = stream == launch.submitted.stream and launch.is_blocking
        others = [
            each
            for each in self.pending.callbacks(stream)
            if each.is_blocking and each is not launch and each.subscriber == record.thread
        ]
        if not own and not others:
            return
        name = launch.submitted.name
        if own:
            why = f"stream {stream} goes on only when {name} has returned"
        else:
            other = others[0].submitted.name
            why = f"stream {stream} waits for callback {other!r}, which must run on {record.thread} too"
        self._waiting[record.thread] = (index, f"callback {name!r} waits in {record.op}, and {why}")

    def _called(self, index: int, record: Called) -> None:
        self._tell_wait(record.thread, record.site)
        site = self._sent.pop(record.thread, None) or record.site
        launch = self._running(record.thread)
        if launch is None:
            return
        op, name = op_name(record.op), launch.submitted.name
        does = next((does for does, names in _FORBIDDEN if op.startswith(names)), None)
        if does is not None and (name, op) not in self._told:
            self._told.add((name, op))
            says = (
                f"callback {name!r} calls {op}: it {does}, which the vendor's page forbids inside callbacks"
            )
            self.found.append((index, finding("forbidden-in-callback", says, site)))

    def _tell_wait(self, thread: str, site: str | None) -> None:
        index, says = self._waiting.pop(thread, (0, ""))
        launch = self._running(thread)
        if says:
            lines = (site, None if launch is None else launch.submitted.site)
            self.found.append((index, finding("callback-waits-for-itself", says, *lines)))


class Families(Watch):
    """Streams that launch_callback and aclrtLaunchHostFunc were both used on."""

    def __init__(self, facts: Facts, pending: Pending) -> None:
        super().__init__(facts, pending)
        # The first use of each stream by the program's own family, and by the runtime's: place in the source.
        self._users: dict[str, tuple[str, str | None]] = {}
        self._runtimes: dict[str, tuple[str, str | None]] = {}
        self._told: set[str] = set()
        self.on(Subscribed, self._subscribed)
        self.on(Unsubscribed, self._unsubscribed)
        self.on(Submitted, self._submitted)
        self.on(Called, self._called)

    def _subscribed(self, index: int, record: Subscribed) -> None:
        del index
        if not record.internal:
            at = self.pending.subscribed_at.get(record.stream)
            self._users.setdefault(record.stream, ("subscribe_report", at))

    def _unsubscribed(self, index: int, record: Unsubscribed) -> None:
        """Rule b11: a stream that nobody is subscribed to belongs to neither family."""
        del index
        self._users.pop(record.stream, None)

    def _submitted(self, index: int, record: Submitted) -> None:
        if record.kind == "host-func":
            self._runtimes.setdefault(record.stream, ("aclrtLaunchHostFunc", record.site))
            self._judge(index, record.stream)
        elif record.kind in ("callback", "callback-no-block"):
            self._users.setdefault(record.stream, ("launch_callback", record.site))
            self._judge(index, record.stream)

    def _called(self, index: int, record: Called) -> None:
        op, stream = op_name(record.op), record.on
        if stream is None or record.code != _OTHER_FAMILY:
            return
        if op in _HOST_FUNCTIONS and stream in self._users:
            self._runtimes.setdefault(stream, ("aclrtLaunchHostFunc", record.site))
            self._judge(index, stream, record.site)
        elif op in _LAUNCHES and stream in self._runtimes:
            self._users.setdefault(stream, (op, record.site))
            self._judge(index, stream, record.site)

    def _judge(self, index: int, stream: str, refused: str | None = None) -> None:
        if stream in self._told or stream not in self._users or stream not in self._runtimes:
            return
        self._told.add(stream)
        (own, own_site), (other, other_site) = self._users[stream], self._runtimes[stream]
        says = f"stream {stream} was used with {own} and with {other}: the second of them fails, or runs elsewhere"
        self.found.append((index, finding("mixed-callback-families", says, refused, other_site, own_site)))
