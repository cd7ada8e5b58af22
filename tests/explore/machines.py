"""Small programs of API calls as what is explored: host threads that share nothing but the runtime's objects."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from hypothesis import strategies as st

import acl_api as acl
from simulator.base.memory_records import Forked
from simulator.engine.choice import Chooser, Recorder
from simulator.engine.hosts.thread import HostThread
from simulator.explore.subject import Seen, end_state_of, fingerprint_of

_STREAMS = 2
_SIZE = 64


class CallOf(NamedTuple):
    """One call: which, and on which stream."""

    do: str
    stream: int


Plan = tuple[tuple[CallOf, ...], ...]
calls = st.builds(
    CallOf,
    st.sampled_from(
        (
            *("block", "no block", "fill", "record", "wait", "give", "take", "abort"),
            *("sync", "sync 1ms", "query event", "query stream"),
        )
    ),
    st.integers(0, _STREAMS - 1),
)


def plans(threads: int, steps: int) -> st.SearchStrategy[Plan]:
    """Return programs of so many threads with at most so many calls each."""
    return st.lists(
        st.lists(calls, min_size=1, max_size=steps).map(tuple), min_size=threads, max_size=threads
    ).map(tuple)


class Machine:
    """Runs a plan: main sets up two streams, an event and a report thread, and starts the plan's threads."""

    def __init__(self, plan: Plan, timing: str = "untimed") -> None:
        self.plan = plan
        self.name = "machine"
        self.timing = timing
        self.timed = timing != "untimed"

    def run(self, chooser: Chooser, *, detail: bool = False) -> Seen:
        recorder = Recorder(chooser, detail=detail)
        session = acl.Session(chooser=recorder, timing=self.timing)
        trace = session.trace
        assert trace is not None
        trace.isolated = True
        with session:
            world = _World(session)
            world.begin(self.plan)
            end = session.host.run()
        return Seen(
            failure=None,
            inconclusive=None,
            choices=tuple(recorder.records),
            trace=trace,
            fingerprint=fingerprint_of(trace),
            end_state=f"{end.kind.value}: {end_state_of(trace)}; {sorted(world.answers)}",
            steps=session.kernel.events_run,
        )


class _World:
    def __init__(self, session: acl.Session) -> None:
        self.session = session
        self.context = self.event = self.notify = self.buffer = 0
        self.streams: list[int] = []
        self.answers: list[tuple[str, int]] = []

    def begin(self, plan: Plan) -> None:
        host = self.session.host
        main, reporter = host.thread("main"), host.thread("reporter", daemon=True)
        threads = [host.thread(f"t{number}") for number in range(len(plan))]

        def set_up() -> None:
            acl.init()
            acl.rt.set_device(0)
            self.context = acl.rt.get_context()[0]
            self.streams = [acl.rt.create_stream()[0] for _ in range(_STREAMS)]
            self.event = acl.rt.create_event()[0]
            self.notify = acl.rt.create_notify(0)[0]
            self.buffer = acl.rt.malloc(_SIZE, 0)[0]
            for stream in self.streams:
                acl.rt.subscribe_report(reporter.ident, stream)
            self._start(reporter, self._report)
            for thread, steps in zip(threads, plan, strict=True):
                self._start(thread, partial(self._do, thread.name, steps))

        host.start(main, set_up)

    def _start(self, thread: HostThread, entry: Callable[[], object]) -> None:
        self.session.host.start(thread, entry)
        trace = self.session.trace
        assert trace is not None
        trace.append(Forked(self.session.kernel.now, "main", thread.name))

    def _report(self) -> None:
        while acl.rt.process_report(-1) == 0:
            pass

    def _do(self, name: str, steps: tuple[CallOf, ...]) -> None:
        rt = acl.rt
        rt.set_context(self.context)
        launches: dict[str, Callable[[int], object]] = {
            "fill": lambda stream: rt.memset_async(self.buffer, _SIZE, 1, _SIZE, stream),
            "record": lambda stream: rt.record_event(self.event, stream),
            "wait": lambda stream: rt.stream_wait_event(stream, self.event),
            "give": lambda stream: rt.record_notify(self.notify, stream),
            "take": lambda stream: rt.wait_and_reset_notify(self.notify, stream, 0),
            "sync": rt.synchronize_stream,
        }
        for do, number in steps:
            stream = self.streams[number]
            if do in launches:
                launches[do](stream)
                continue
            match do:
                case "block" | "no block":
                    rt.launch_callback(_callback, None, int(do == "block"), stream)
                case "abort":
                    self.answers.append((name, rt.stream_abort(stream)))
                case "sync 1ms":
                    self.answers.append((name, rt.synchronize_stream_with_timeout(stream, 1)))
                case "query event":
                    self.answers.append((name, rt.query_event_status(self.event)[0]))
                case _:
                    self.answers.append((name, rt.stream_query(stream)[0]))


def _callback(_data: object) -> None:
    pass
