"""A stream: a FIFO of tasks that the kernel walks, one task at a time (guarantee O1)."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, cast

from simulator.base.errors import Fault
from simulator.base.lifecycle import Lifecycle
from simulator.base.trace import TASK_RAN, StreamFailed, TaskDropped
from simulator.core.tasks import CallbackTask, EffectTask, FailingTask, WaitTask
from simulator.engine.wait import CANCELLED, EXPIRED, Outcome, Wait

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.base.trace import Trace
    from simulator.core.contexts import Context
    from simulator.core.engines import Engine
    from simulator.core.gates import Gate
    from simulator.core.reports import Subscription
    from simulator.core.tasks import Task
    from simulator.engine.hosts.sites import Site
    from simulator.engine.hosts.thread import HostThread
    from simulator.engine.kernel import Kernel


_MANY_WAITS: Final = 16
_UNKNOWN_THREAD: Final = 0xFFFF_FFFF


class Stream:
    """Tasks in submission order; `submitted` and `done` count them, so the head has sequence number done + 1.

    The kernel calls the entries: `start` when an idle stream got its first task, `finish` when the head is
    complete, `land`, `fail` and `post` when it ends with an effect, a failure, or a report.

    `site` is where the program made it; `sent_from` has, for each launch that is still queued and when sites
    are kept at all, its first task and where the program made it.
    """

    __slots__ = (
        "busy",
        "context",
        "depth",
        "done",
        "error",
        "failure",
        "finish_entry",
        "flags",
        "gate",
        "given_up",
        "handle",
        "hold",
        "index",
        "kernel",
        "label",
        "last_blocking",
        "last_callback",
        "life",
        "observed",
        "priority",
        "queue",
        "refused",
        "refuses",
        "resources",
        "room_waits",
        "sender",
        "sent_by",
        "sent_from",
        "settle_waits",
        "site",
        "start_entry",
        "started",
        "stop_on_failure",
        "stopped",
        "stopped_by",
        "submitted",
        "subscription",
        "switches",
        "trace",
        "unsent",
    )

    def __init__(
        self,
        context: Context,
        index: int,
        label: str,
        *,
        priority: int = 0,
        flags: int = 0,
        site: Site = None,
    ) -> None:
        self.context = context
        self.index = index
        self.label = label
        self.priority = priority
        self.flags = flags
        self.kernel: Kernel = context.device.kernel
        self.trace: Trace | None = context.device.trace
        self.depth: int = context.device.profile.limits.queue_depth
        self.handle = 0
        self.site = site
        self.life = Lifecycle("stream", label)
        self.queue: deque[Task] = deque()
        # Bound once: these entries go into the event queue for nearly every task.
        self.start_entry = self.start
        self.finish_entry = self.finish
        self.submitted = 0
        self.done = 0
        self.busy = False
        # When the head began: the end of its predecessor, or the time an engine was granted.
        self.started = 0
        self.hold: tuple[Engine, int] | None = None
        # What the head waits at, when that can end in several ways.
        self.gate: Gate | None = None
        self.error: Fault | int = 0
        # The task that failed last: itself, its number, where it was launched, and its code.
        self.failure: tuple[Task, int, Site, int] | None = None
        self.stop_on_failure = False
        # What answers syncs and launches while the stream is aborted, and what answered those who waited then.
        self.refuses: Fault | None = None
        self.refused: Fault | None = None
        # The last task that an abort has given up.
        self.given_up = 0
        # Whether its head does not go on, as a program has stopped it, and where (rule e17).
        self.stopped = False
        self.stopped_by: Site = None
        # What a program has set, where it is not the default: cores by type, attributes by number.
        self.resources: dict[int, int] = {}
        self.switches: dict[int, int] = {}
        # The last task of the newest blocking callback: unsubscribing waits for it on STARS (rule b14).
        self.last_blocking = 0
        # The callback that was at the head last: what a wait task behind it waits for.
        self.last_callback: CallbackTask | None = None
        self.subscription: Subscription | None = None
        # The thread that is half-way through a launch of several tasks: others queue behind it (rule e8).
        self.sender: HostThread | None = None
        # What that launch has announced and not queued yet.
        self.unsent: Sequence[Task] = ()
        # Bounded instead of emptied: a queue of so many tasks holds no more launches.
        self.sent_from: deque[tuple[int, Site]] = deque(maxlen=self.depth + 1)
        # The same with the OS threads, while somebody wants to hear of failures (rule i2).
        self.sent_by: deque[tuple[int, int]] = deque(maxlen=self.depth + 1)
        self.settle_waits: list[tuple[int, Wait]] = []
        self.room_waits: deque[Wait] = deque()
        # One flag for everything that wants to hear of finished tasks keeps the hot path short.
        self.observed = self.trace is not None or context.device.observer is not None

    def __repr__(self) -> str:
        return f"<stream {self.label} {self.life.state} {self.done} of {self.submitted} done>"

    def __str__(self) -> str:
        return self.label

    @property
    def live(self) -> bool:
        """True until destroying begins."""
        return self.life.state in ("live", "failed")

    @property
    def idle(self) -> bool:
        """True when every submitted task has left the stream."""
        return self.done == self.submitted

    @property
    def full(self) -> bool:
        """True when the task queue has no room (rule e7)."""
        return len(self.queue) >= self.depth

    def submit(self, task: Task) -> None:
        """Append *task*; the caller has made sure there is room."""
        self.queue.append(task)
        self.submitted += 1
        if not self.busy:
            self.wake()

    def wake(self) -> None:
        """Let an idle stream start with its head, at this instant and in turn."""
        self.busy = True
        self.kernel.after(0, self.start_entry)

    def wait_settled(self, op: str, target: int, timeout: int | None = None) -> Wait:
        """Return a wait for task *target* and all before it to have left the stream (rule e11b)."""
        wait = Wait(op, self, timeout)
        if len(self.settle_waits) >= _MANY_WAITS:  # a loop of syncs that time out leaves its dead waits here
            self.settle_waits = [entry for entry in self.settle_waits if entry[1].outcome is None]
        self.settle_waits.append((target, wait))
        self.observed = True
        return wait

    def wait_room(self, op: str) -> Wait:
        """Return a wait for a place in the task queue, or for the send lock (rule e8)."""
        wait = Wait(op, self)
        self.room_waits.append(wait)
        self.observed = True
        return wait

    def sent_at(self, seq: int) -> Site:
        """Return where the program launched task *seq*, which is queued; None when sites are not kept."""
        return next((site for first, site in reversed(self.sent_from) if first <= seq), None)

    def thread_of(self, seq: int) -> int:
        """Return the OS thread that launched task *seq*, which is queued; 32 bits set when nobody noted it."""
        return next((thread for first, thread in reversed(self.sent_by) if first <= seq), _UNKNOWN_THREAD)

    def callback_at_head(self) -> CallbackTask | None:
        """Return the callback that the head is, or whose release the head waits for (rules a13, a14)."""
        head, last = self.queue[0] if self.queue else None, self.last_callback
        if isinstance(head, CallbackTask):
            return head
        if isinstance(head, WaitTask) and last is not None and last.subscription.waits_with(head.signal):
            return last
        return None

    def take_error(self) -> Fault | int:
        """Return the stored failure, 0 for none, and forget it (rule e13)."""
        error, self.error = self.error, 0
        if error and self.life.state == "failed" and not self.stop_on_failure:
            self.life.advance("clear", self.kernel.now, self.trace)
        return error

    def settled(self, outcome: Outcome) -> Fault | int | None:
        """Return what a wait for the stream comes to: the stored failure, which is then forgotten (rule e13)."""
        if outcome is EXPIRED:
            return Fault.STREAM_SYNC_TIMEOUT
        if outcome is CANCELLED or self.refuses:
            return self.refused
        if self.context.stop_code:
            return self.context.stop_code
        return self.take_error() if self.error else None

    def admit(self) -> None:
        """Let everybody who waits to launch try again, in order (rule e8: they recycle and retry)."""
        waits, self.room_waits = self.room_waits, deque()
        for wait in waits:
            wait.fire()

    # -- entries of the kernel -------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin the head of a stream that was idle."""
        self.started = self.kernel._now  # noqa: SLF001 - no call on the hot path
        if self.queue and self.queue[0].begin(self):
            self.finish()

    def finish(self) -> None:
        """Take the completed head off and go on until a task has to wait."""
        queue = self.queue
        if not queue:  # dropped meanwhile
            return
        if self.hold is not None:
            self.release_engine()
        while True:
            task = queue.popleft()
            self.done += 1
            if self.observed:
                # `_settled` written out.
                trace = self.trace
                if trace is not None:
                    now = self.kernel._now  # noqa: SLF001 - no call on the hot path
                    kind, name = task.kind, task.name
                    trace.append_raw((TASK_RAN, now, self.label, self.done, kind, name, self.started, 0))
                observer = self.context.device.observer
                if observer is not None:
                    observer(self, task, self.started, 0)
                self.started = self.kernel._now  # noqa: SLF001 - no call on the hot path
                if self.settle_waits or self.room_waits:
                    self._wake_settled()
            if not queue:
                self.busy = False
                return
            if not queue[0].begin(self):
                return

    def land(self) -> None:
        """Apply the effect of a copy or set, then go on; its memory may have been freed meanwhile."""
        code = cast("EffectTask", self.queue[0]).effect() if self.queue else 0
        watches = self.context.device.watches
        if watches is not None and watches.gates:
            watches.look((self, self.done + 1))
        if code:
            self.fail_head(code)
        else:
            self.finish()

    def post(self) -> None:
        """Post the report of the callback at the head, after the latency of reports."""
        head = self.queue[0] if self.queue else None
        if isinstance(head, CallbackTask) and head.queue.post(head):
            self.finish()

    def fail(self) -> None:
        """End the head as failed: store the code, and in stop mode give up what is queued (rules i3, e19)."""
        if self.queue:
            self.fail_head(cast("FailingTask | CallbackTask", self.queue[0]).code)

    def give_up(self, code: int, reason: str) -> None:
        """Fail the head with *code*, and drop what is behind it: its device does not answer any more (rule i5)."""
        if self.queue:
            self.stop_on_failure = True
            self.fail_head(code, reason)

    def fail_head(
        self, code: int, reason: str = "the stream stopped at an earlier failure (rule i4)"
    ) -> None:
        """End the head, which there is, with the failure *code*; in stop mode drop what is behind it for *reason*."""
        self.error = code
        self.failure = (self.queue[0], self.done + 1, self.sent_at(self.done + 1), code)
        if self.life.state == "live":
            self.life.advance("fail", self.kernel.now, self.trace)
        if self.trace is not None:
            self.trace.append(StreamFailed(self.kernel.now, self.label, self.done + 1, code))
        failures = self.context.device.failures
        if failures is not None and failures.listeners:
            failures.task_failed(self, self.done + 1, code)
        if self.hold is not None:
            self.release_engine()
        task = self.queue.popleft()
        self.done += 1
        self._settled(task, code)
        if self.stop_on_failure:
            self.context.stop_code = self.context.stop_code or code
            self.drop(reason)
        elif self.queue:
            if self.queue[0].begin(self):
                self.finish()
        else:
            self.busy = False

    # -- giving up -------------------------------------------------------------------------------------------

    def drop(self, reason: str) -> None:
        """Give up everything queued; each task is recorded as dropped with *reason* (guarantee O12)."""
        if self.hold is not None:
            self.release_engine()
        if self.gate is not None:
            self.gate.close()
        dropped = deque(self.queue)
        self.queue.clear()
        self.submitted += len(self.unsent)
        dropped.extend(self.unsent)
        self.sender, self.unsent = None, ()
        for task in dropped:
            self.done += 1
            if self.trace is not None:
                self.trace.append(
                    TaskDropped(self.kernel.now, self.label, self.done, task.kind, task.name, reason)
                )
        self.busy = False
        self._wake_settled()

    def release_engine(self) -> None:
        """Give back what the head holds, if anything."""
        if self.hold is not None:
            engine, units = self.hold
            self.hold = None
            engine.release(units)

    def _settled(self, task: Task, code: int) -> None:
        """Tell the trace and whoever waits that *task* has left the stream."""
        now = self.kernel._now  # noqa: SLF001 - no call on the hot path
        if self.trace is not None:
            self.trace.append_raw(
                (TASK_RAN, now, self.label, self.done, task.kind, task.name, self.started, code)
            )
        observer = self.context.device.observer
        if observer is not None:
            observer(self, task, self.started, code)
        self.started = now
        if self.settle_waits or self.room_waits:
            self._wake_settled()

    def _wake_settled(self) -> None:
        waits = self.settle_waits
        if len(waits) == 1 and not self.room_waits:  # by far the most common: one thread synchronises
            target, wait = waits[0]
            if target <= self.done:
                waits.clear()
                self.observed = self.trace is not None or self.context.device.observer is not None
                wait.fire()
            return
        if waits:
            done = self.done
            due = [wait for target, wait in self.settle_waits if target <= done]
            self.settle_waits = [entry for entry in self.settle_waits if entry[0] > done]
            for wait in due:
                wait.fire()
        if self.room_waits and len(self.queue) < self.depth:
            self.admit()
        observing = self.trace is not None or self.context.device.observer is not None
        self.observed = observing or bool(self.settle_waits) or bool(self.room_waits)
