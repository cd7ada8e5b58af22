"""Ours: the workload at the core's door, and through the public API with report agents or report threads.

The rivals know no latencies, so those of launches and reports are zero here, and nobody competes for cores.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING, cast

import acl_api as acl
from simulator.base.profile import SocProfile, load_profile
from simulator.core import lowering
from simulator.core.agents import ReportAgent
from simulator.core.events import Event, EventKind
from simulator.core.operations.devices import set_device
from simulator.core.operations.reports import subscribe_report
from simulator.core.operations.streams import make_stream
from simulator.core.options import RuntimeOptions
from simulator.core.tasks import ExecuteTask, WaitTask, record_of
from tests.bench.workload import (
    BLOCK,
    KERNEL,
    RECORD,
    STREAMS_PER_THREAD,
    WAIT,
    Answer,
    Counter,
    Launch,
    answer,
    threads_of,
)

if TYPE_CHECKING:
    from simulator.core.streams import Stream

_NEW_EVENT = 1 | 8  # SYNC: streams can wait for it; TIME_LINE: it has a time
_POLL_MS = 100
# The user data of a callback is how long it takes.
_takes: Callable[[object], int] = attrgetter("data")


def machine(soc: str, *, trace: bool, host: str = "greenlets") -> acl.Session:
    profile: SocProfile = load_profile(soc)
    costs = replace(profile.costs, callback_report_latency_ns=0, kernel_launch_latency_ns=0)
    return acl.Session(
        soc=replace(profile, costs=costs),
        devices=1,
        trace=trace,
        host=host,
        options=RuntimeOptions(compete=False),
    )


class CoreDoor:
    """Tasks made by hand and put on streams, reports served by agents: the core and nothing above it."""

    def __init__(self, launches: Sequence[Launch], streams: int, *, trace: bool = False) -> None:
        self.launches = launches
        self.session = machine("Ascend910", trace=trace)
        self.counter = Counter()
        rt = self.session.runtime
        me, device = rt.caller(), rt.devices[0]
        set_device(rt, me, device)
        made = [make_stream(rt, device.contexts[0], f"s{at}") for at in range(streams)]
        self.streams = [stream for stream in made if stream is not None]
        self.events = [Event(device, f"e{at}", EventKind.NEW, _NEW_EVENT) for at in range(streams)]
        idents = [self.session.host.thread(f"r{at}").ident for at in range(threads_of(streams))]
        for at, stream in enumerate(self.streams):
            subscribe_report(rt, idents[at // STREAMS_PER_THREAD], stream)
        self.agents = [ReportAgent(rt.reports.by_ident[ident], _takes) for ident in idents]

    def launch(self) -> None:
        streams, events, count, fn = self.streams, self.events, len(self.streams), self.counter
        blocking, no_block = lowering.BLOCKING[self.session.profile.lowering], lowering.no_block
        kernels: dict[int, ExecuteTask] = {}
        for at, kind, ns in self.launches:
            stream = streams[at]
            if kind == KERNEL:
                kernel = kernels.get(ns)
                if kernel is None:
                    kernel = kernels[ns] = ExecuteTask("kernel", ns)
                stream.submit(kernel)
            elif kind == RECORD:
                _record(stream, events[at])
            elif kind == WAIT:
                signal = events[(at - 1) % count].latest
                if signal is not None:
                    stream.submit(WaitTask(signal))
            elif stream.subscription is not None:
                lower = blocking if kind == BLOCK else no_block
                for task in lower(stream, stream.subscription, fn, ns, None):
                    stream.submit(task)
        for stream, event in zip(streams, events, strict=True):
            _record(stream, event)  # to read when the stream was through

    def run(self) -> Answer:
        self.session.kernel.run()
        return answer(_ends(self.events), [agent.finished_at for agent in self.agents], self.counter.calls)


class ApiDoor:
    """A pyACL program: every launch goes through the public API."""

    soc = "Ascend910"

    def __init__(self, launches: Sequence[Launch], streams: int, *, trace: bool = False) -> None:
        self.launches = launches
        self.session = machine(self.soc, trace=trace)
        self.session.__enter__()
        self.fn: Callable[[object], object] = Counter()
        self.models = self._load(sorted({ns for _, kind, ns in launches if kind == KERNEL}))
        acl.init()
        acl.rt.set_device(0)
        self.dataset = acl.mdl.create_dataset()
        self.streams = [acl.rt.create_stream()[0] for _ in range(streams)]
        self.events = [acl.rt.create_event_ex_with_flag(_NEW_EVENT)[0] for _ in range(streams)]
        self.threads = [self.session.host.thread(f"r{at}") for at in range(threads_of(streams))]
        for at, stream in enumerate(self.streams):
            assert acl.rt.subscribe_report(self.threads[at // STREAMS_PER_THREAD].ident, stream) == 0
        self._serve()
        # Which call with which arguments is the program's own business, and no work of the API's.
        self.program = [self._call(launch) for launch in launches]
        self.program += [
            self._call(Launch(at, RECORD, 0)) for at in range(streams)
        ]  # read when the stream is through

    def _call(self, launch: Launch) -> tuple[Callable[..., int], tuple[object, ...]]:
        at, kind, ns = launch
        stream = self.streams[at]
        if kind == KERNEL:
            return acl.mdl.execute_async, (self.models[ns], self.dataset, self.dataset, stream)
        if kind == RECORD:
            return acl.rt.record_event, (self.events[at], stream)
        if kind == WAIT:
            return acl.rt.stream_wait_event, (stream, self.events[at - 1])
        return acl.rt.launch_callback, (self.fn, ns, 1 if kind == BLOCK else 0, stream)

    def launch(self) -> None:
        failed = 0
        for function, arguments in self.program:
            failed |= function(*arguments)
        assert failed == 0

    def run(self) -> Answer:
        for stream in self.streams:
            assert acl.rt.synchronize_stream(stream) == 0
        self._stop()
        live = self.session.runtime.handles.live
        # The API has time stamps in us; the model knows them in ns.
        return answer(_ends([cast("Event", live[event]) for event in self.events]), *self._served())

    def _load(self, latencies: list[int]) -> dict[int, int]:
        acl.init()
        acl.rt.set_device(0)
        for ns in latencies:
            self.session.declare_model(acl.ModelSpec(f"kernel-{ns}", latency_ns=ns))
        return {ns: acl.mdl.load_from_file(f"kernel-{ns}.om")[0] for ns in latencies}

    def _serve(self) -> None:
        queues = self.session.runtime.reports.by_ident
        self.agents = [ReportAgent(queues[thread.ident], _takes) for thread in self.threads]

    def _stop(self) -> None:
        self.session.kernel.run()  # callbacks that do not block may outlive the last stream

    def _served(self) -> tuple[list[int], int]:
        return [agent.finished_at for agent in self.agents], cast("Counter", self.fn).calls


class ApiThreads(ApiDoor):
    """The same on Ascend910B with host threads that poll and run the callbacks, as a program has them."""

    soc = "Ascend910B"

    def _serve(self) -> None:
        self.calls = 0
        self.done = False
        self.thread_ends = dict.fromkeys(self.threads, 0)
        self.fn = self._callback
        for thread in self.threads:
            self.session.host.start(thread, self._poll)

    def _callback(self, takes: object) -> None:
        host = self.session.host
        host.sleep(cast("int", takes))
        self.calls += 1
        self.thread_ends[host.current()] = self.session.kernel.now

    def _poll(self) -> None:
        while not self.done:
            acl.rt.process_report(_POLL_MS)

    def _stop(self) -> None:
        self.done = True
        for thread in self.threads:
            self.session.host.join(thread)

    def _served(self) -> tuple[list[int], int]:
        return list(self.thread_ends.values()), self.calls


def _record(stream: Stream, event: Event) -> None:
    task = event.latest = record_of(event, stream, stream.submitted + 1)
    stream.submit(task)


def _ends(events: list[Event]) -> list[int]:
    return [
        -1 if event.latest is None or event.latest.time is None else event.latest.time for event in events
    ]
