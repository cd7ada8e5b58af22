"""Subscriptions and report queues: how callbacks find the thread that runs them (rules b, c)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

from simulator.base.errors import Fault
from simulator.base.lifecycle import Lifecycle
from simulator.base.subscription_records import Inherited
from simulator.base.trace import REPORT_POSTED, REPORTS_TAKEN, ReportLost
from simulator.engine.wait import EXPIRED, Outcome, Wait

if TYPE_CHECKING:
    from simulator.base.trace import Trace
    from simulator.core.agents import ReportAgent
    from simulator.core.devices import Device
    from simulator.core.signals import Signal
    from simulator.core.streams import Stream
    from simulator.core.tasks import CallbackTask, Task
    from simulator.engine.hosts.sites import Site
    from simulator.engine.kernel import Kernel


class Batch(deque["CallbackTask"]):
    """Reports in order: those that are ready, and once a process_report has taken them, those not begun yet."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<batch of {len(self)} reports>"


class ReportQueue:
    """The callback queue of one thread on one device, shared by all its streams (rule b8).

    `ready` are posted reports in arrival order; `held` counts reports a process_report has taken and not yet
    released: they still occupy the queue (rules c9, b8b).
    """

    __slots__ = (
        "agent",
        "depth",
        "device",
        "full_code",
        "held",
        "ident",
        "kernel",
        "label",
        "last_wait",
        "latency",
        "life",
        "one_by_one",
        "post_waits",
        "ready",
        "spare",
        "streams",
        "thread_name",
        "trace",
        "unusual",
        "wait",
    )

    def __init__(self, ident: int, thread_name: str, device: Device, latency: int) -> None:
        self.ident = ident
        self.thread_name = thread_name
        self.device = device
        self.kernel: Kernel = device.kernel
        self.trace: Trace | None = device.trace
        self.label = f"report queue of {thread_name} on device {device.index}"
        self.depth: int = device.profile.limits.callback_cq_depth
        self.latency = latency
        # Whether a process_report takes one report only (rule c4).
        self.one_by_one = False
        # Whether a process_report must look twice: options of a run, see `operations.reports`.
        self.unusual = False
        # What a callback fails with that finds the queue full; 0: it waits for room (rule b8b).
        self.full_code = 0
        self.life = Lifecycle("report queue", self.label)
        self.ready = Batch()
        # A batch that is done with, to be filled next: most queues are emptied again and again.
        self.spare: Batch | None = None
        self.held = 0
        self.streams: list[Stream] = []
        self.post_waits: deque[CallbackTask] = deque()
        self.wait: Wait | None = None
        self.last_wait: Wait | None = None
        self.agent: ReportAgent | None = None

    def __repr__(self) -> str:
        return f"<{self.label} {self.life.state}, {len(self.ready)} ready, {self.held} held>"

    def __str__(self) -> str:
        return self.label

    @property
    def busy(self) -> bool:
        """True while a thread is inside process_report with a queue that was closed (rule b10)."""
        return self.held > 0 or (self.last_wait is not None and self.last_wait.outcome is None)

    @property
    def open(self) -> bool:
        """True until the last subscription of the thread is gone (rule b13)."""
        return self.life.state == "open"

    def post(self, task: CallbackTask) -> bool:
        """Post a report; True when the callback task is complete, False when it keeps its stream's head."""
        trace = self.trace
        if self.life.state != "open":
            # Rule b16: the queue went with the last subscription. A blocking callback's stream stays blocked.
            if trace is not None:
                now = self.kernel.now
                trace.append(
                    ReportLost(now, task.stream.label, task.seq, task.name, f"{self.label} was closed")
                )
            return not task.waits_for_host
        if len(self.ready) + self.held >= self.depth:
            if self.full_code:
                self._refuse(task)
            else:
                self.post_waits.append(task)
            return False
        task.posted = self.kernel._now  # noqa: SLF001 - no call on the hot path
        if trace is not None:
            stream, thread, device = task.stream.label, self.thread_name, self.device.index
            trace.append_raw(
                (REPORT_POSTED, task.posted, stream, task.seq, task.name, thread, device, task.block)
            )
        agent = self.agent
        if agent is not None and agent.current is None:
            agent.serve(task)  # an idle agent has left nothing in `ready`
            return not task.waits_for_host
        self.ready.append(task)
        if self.wait is not None:
            wait, self.wait = self.wait, None
            wait.fire()
        return not task.waits_for_host

    def _refuse(self, task: CallbackTask) -> None:
        """Let a callback fail for which there is no room, and its stream go on behind it."""
        if self.trace is not None:
            reason = f"{self.label} was full"
            self.trace.append(ReportLost(self.kernel.now, task.stream.label, task.seq, task.name, reason))
        task.code = self.full_code
        self.kernel.after(0, task.stream.fail)
        if not task.waits_for_host:
            task.release()

    def lost_by(self, task: CallbackTask) -> str | None:  # noqa: ARG002 - queues that faults fall on know better
        """Return the declared fault that has lost the report of *task*; None when there is none."""
        return None

    def wait_arrival(self) -> Wait:
        """Return a wait for the next report, for somebody who then looks by himself."""
        self.wait = Wait("process_report", self)
        return self.wait

    def arrived(self, outcome: Outcome) -> Batch | Fault:
        """Return what a wait for reports comes to: all that are ready, or why there are none (rules c3, c4)."""
        if self.ready:
            return self.take()
        return Fault.REPORT_TIMEOUT if outcome is EXPIRED else Fault.THREAD_SUBSCRIBE

    def take(self) -> Batch:
        """Take every ready report, in order (rule c4); they are held until released one by one."""
        if self.one_by_one:
            taken = Batch((self.ready.popleft(),))
        else:
            taken, spare = self.ready, self.spare
            self.ready, self.spare = Batch() if spare is None else spare, None
        self.held += len(taken)
        trace = self.trace
        if trace is not None:
            reports = tuple((task.stream.label, task.seq) for task in taken)
            trace.append_raw((REPORTS_TAKEN, self.kernel.now, self.thread_name, self.device.index, reports))
        return taken

    def take_back(self, batches: Iterable[Batch]) -> None:
        """Make reports ready again that *batches* hold: a call took them and has not begun them (rule c9)."""
        for batch in batches:
            self.held -= len(batch)
            self.ready.extendleft(reversed(batch))
            batch.clear()

    def pass_to(self, heir: str) -> None:
        """Serve thread *heir* from now on: queues go by thread ids (rule b8), which systems use again."""
        if self.trace is not None:
            self.trace.append(Inherited(self.kernel.now, self.thread_name, heir, self.device.index))
        self.thread_name = heir

    def admit(self) -> None:
        """Let callback tasks that found the queue full post now, as far as there is room."""
        # A waiting task whose stream was dropped takes no place: the next one gets it.
        while self.post_waits and len(self.ready) + self.held < self.depth:
            waiting = [each.stream for each in self.post_waits]
            task = self.post_waits[at := self.kernel.choose("waiter", waiting)]
            del self.post_waits[at]
            if task.stream.queue and task.stream.queue[0] is task and self.post(task):
                task.stream.finish()

    def close(self, reason: str) -> None:
        """Close with the last subscription; what is still in the queue is lost, and said (rule b16)."""
        now, trace = self.kernel.now, self.trace
        self.life.advance("close", now, trace)
        for task in self.ready:
            if trace is not None:
                trace.append(ReportLost(now, task.stream.label, task.seq, task.name, reason))
        self.ready.clear()
        for task in self.post_waits:
            if task.stream.queue and task.stream.queue[0] is task and self.post(task):
                task.stream.finish()
        self.post_waits.clear()
        # A thread still inside process_report keeps waiting on the dead group until its timeout (rule b10).
        self.last_wait, self.wait = self.wait, None


class Subscription:
    """One stream bound to one report queue; `internal` when the runtime bound it itself (rules b11, d4).

    `site` is where the program did it.
    """

    __slots__ = ("behind", "first_signal", "internal", "life", "number", "queue", "signal", "site", "stream")

    def __init__(
        self,
        stream: Stream,
        queue: ReportQueue,
        signal: Signal | None,
        number: int = 0,
        *,
        internal: bool,
        site: Site = None,
    ) -> None:
        self.stream = stream
        self.queue = queue
        # Rules a13, a14: the event or notify that all blocking callbacks of this subscription reuse.
        self.signal = signal
        # The id of that event or notify on its device (rule b7b).
        self.number = number
        self.internal = internal
        self.site = site
        self.first_signal = signal
        # What stands behind each blocking callback; made at the first one, as tasks have no state.
        self.behind: tuple[Task, ...] | None = None
        self.life = Lifecycle("subscription", f"{stream.label} to {queue.thread_name}")

    def __repr__(self) -> str:
        return f"<subscription {self.life.name} {self.life.state}>"

    def waits_with(self, signal: Signal) -> bool:
        """Tell whether *signal* is the one this subscription was made with, even if it was deleted since."""
        return signal is self.first_signal


class ReportRegistry:
    """Which thread id has a queue on which device; a thread serves one device only (rule b4)."""

    __slots__ = ("by_ident", "leaving")

    def __init__(self) -> None:
        self.by_ident: dict[int, ReportQueue] = {}
        # Closed queues whose thread may still be inside process_report.
        self.leaving: list[ReportQueue] = []

    def __repr__(self) -> str:
        return f"<reports of {len(self.by_ident)} threads>"

    def groups_on(self, device: Device) -> int:
        """Count the callback groups that cannot be handed out on *device* (rules b9, b10)."""
        self.leaving = [queue for queue in self.leaving if queue.busy]
        return sum(queue.device is device for queue in (*self.by_ident.values(), *self.leaving))
