"""Runs generated programs through the public API, as host threads of one session."""

from __future__ import annotations

import ctypes
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import acl_api as acl
from simulator.base.profile import SocProfile, load_profile
from simulator.base.trace import Trace
from simulator.core.snapshot import Snapshot
from simulator.engine.choice import Chooser
from simulator.engine.hosts.ends import RunEnd
from simulator.engine.hosts.stall import StallLimits
from simulator.engine.hosts.thread import HostThread
from tests.properties.programs import (
    UNTIMED,
    Copy,
    Ending,
    EventChoice,
    Execute,
    Fan,
    Fill,
    HostFunc,
    Kind,
    Launch,
    Passing,
    Plan,
    Query,
    QueryEvent,
    Rebind,
    Record,
    Relay,
    ResetEvent,
    Sleep,
    Step,
    Steps,
    Sync,
    SyncDevice,
    SyncEvent,
    WaitEvent,
)

SECOND = 1_000_000_000
# Short, so that a stalled program costs milliseconds; polls of 100 ms reach the thousand within it.
STALL = StallLimits(after=SECOND, polls=4_000, budget=3000 * SECOND)
_SYNC_FLAG = 1
_SIZE = 64
_MOST_ROUNDS = 60
_MODELS = (acl.ModelSpec("small", 3_000), acl.ModelSpec("large", 250_000, cores=20))
REPORT_TIMEOUT = 507012


@dataclass(frozen=True)
class Outcome:
    """What a run left behind; `ran` counts the calls of each callback, `launched` the accepted launches."""

    end: RunEnd
    trace: Trace
    stuck: Snapshot | None
    explanation: tuple[str, ...]
    ran: Counter[str]
    launched: Counter[str]
    errors: dict[str, BaseException]


def machine(plan: Plan, soc: str) -> SocProfile:
    """Return the profile *soc* with the queue depths that *plan* asks for."""
    profile = load_profile(soc)
    limits = profile.limits
    return replace(
        profile,
        limits=replace(
            limits,
            queue_depth=plan.queue_depth or limits.queue_depth,
            callback_cq_depth=plan.report_depth or limits.callback_cq_depth,
        ),
    )


def run(
    plan: Plan,
    soc: str,
    chooser: Chooser,
    costs: str = "profile",
    beside: Plan | None = None,
    host: str = "greenlets",
) -> Outcome:
    """Run *plan* to its end, whatever that is; *beside* is another program in the same process."""
    with acl.Session(
        soc=machine(plan, soc), devices=2, chooser=chooser, costs=costs, stall=STALL, host=host
    ) as session:
        world = World(plan, session)
        if beside is not None:
            World(beside, session)
        end = session.host.run()
        explanation = session.explain()
    errors = {thread.name: thread.error for thread in session.host.threads if thread.error is not None}
    assert session.trace is not None
    return Outcome(end, session.trace, session.stuck, explanation, world.ran, world.launched, errors)


class World:
    """The state of one running program."""

    def __init__(self, plan: Plan, session: acl.Session) -> None:
        self.plan = plan
        self.host = session.host
        self.ran: Counter[str] = Counter()
        self.launched: Counter[str] = Counter()
        self._stop = False
        self._contexts: list[int] = []
        self._streams: list[tuple[int, int]] = []
        self._events: list[int] = []
        self._models: list[int] = []
        self._dataset = 0
        self._current: dict[HostThread, int] = {}
        self._memory: dict[int, tuple[int, int, int]] = {}
        self._pageable = (ctypes.c_ubyte * _SIZE)()
        self._bodies = [self._body(number, steps) for number, steps in enumerate(plan.bodies)]
        for model in _MODELS:
            session.declare_model(model)
        main = self.host.thread("main")
        self._reporters = [
            self.host.thread(
                f"reporter{number}", daemon=reporter.polls is None and reporter.timeout == UNTIMED
            )
            for number, reporter in enumerate(plan.reporters)
        ]
        self.host.start(main, self._main)

    # -- threads -------------------------------------------------------------------------------------------------

    def _main(self) -> None:
        self._set_up()
        launchers = [self.host.thread(f"launcher{number}") for number in range(len(self.plan.launchers))]
        for thread, reporter in zip(self._reporters, self.plan.reporters, strict=True):
            self.host.start(thread, partial(self._report, reporter))
        for thread, steps in zip(launchers, self.plan.launchers, strict=True):
            self.host.start(thread, partial(self._do, steps))
        for thread in launchers:
            self.host.join(thread)
        self._finish()
        self._stop = True
        for thread in self._reporters:
            if not thread.daemon:
                self.host.join(thread)

    def _set_up(self) -> None:
        acl.init()
        for device in self.plan.contexts:
            if acl.rt.get_primary_ctx_state(device)[0]:
                context, _ = acl.rt.create_context(device)
            else:
                acl.rt.set_device(device)
                context, _ = acl.rt.get_context()
            self._contexts.append(context)
            self._memory[context] = (
                acl.rt.malloc(_SIZE, 0)[0],
                acl.rt.malloc(_SIZE, 0)[0],
                acl.rt.malloc_host(_SIZE)[0],
            )
        self._models = [acl.mdl.load_from_file(f"{model.name}.om")[0] for model in _MODELS]
        self._dataset = acl.mdl.create_dataset()
        for stream in self.plan.streams:
            context = self._contexts[stream.context % len(self._contexts)]
            acl.rt.set_context(context)
            handle = 0 if stream.default else acl.rt.create_stream()[0]
            self._streams.append((context, handle))
            if stream.reporter is not None:
                reporter = self._reporters[stream.reporter % len(self._reporters)]
                acl.rt.subscribe_report(reporter.ident, handle)
        for event in self.plan.events:
            make: dict[EventChoice, Callable[[], tuple[int, int]]] = {
                EventChoice.DEFAULT: acl.rt.create_event,
                EventChoice.OLD_SYNC: lambda: acl.rt.create_event_with_flag(_SYNC_FLAG),
                EventChoice.NEW: lambda: acl.rt.create_event_ex_with_flag(_SYNC_FLAG),
            }
            self._events.append(make[event]()[0])

    def _report(self, reporter) -> None:
        polls, code = 0, 0
        if reporter.late_us:
            self.host.sleep(reporter.late_us * 1000)
        while (reporter.polls is None or polls < reporter.polls) and not (self._stop and code != 0):
            code = acl.rt.process_report(reporter.timeout)
            polls += 1

    def _finish(self) -> None:
        ending = self.plan.ending
        if ending is Ending.DRAIN:
            for _ in range(_MOST_ROUNDS):
                before = self.launched.total()
                for context, stream in self._streams:
                    self._enter(context)
                    acl.rt.synchronize_stream(stream)
                if before == self.launched.total() == self.ran.total():
                    break
                self.host.sleep(1_000_000)
        elif ending is Ending.RESET:
            for device in dict.fromkeys(self.plan.contexts):
                acl.rt.reset_device(device)
        elif ending is Ending.FINALIZE:
            acl.finalize()

    # -- steps ---------------------------------------------------------------------------------------------------

    def _body(self, number: int, steps: Steps) -> Callable[[object], None]:
        def callback(data: object) -> None:
            self.ran[str(data)] += 1
            self._do(steps, depth=number + 1)

        callback.__name__ = f"callback{number}"
        return callback

    def _do(self, steps: Steps, depth: int = 0) -> None:
        for step in steps:
            self._step(step, depth)

    def _step(self, step: Step, depth: int) -> None:  # noqa: C901, PLR0912 - one case per kind of step
        rt = acl.rt
        match step:
            case Launch(stream, body, block):
                self._launch(
                    stream, body, depth, lambda fn, data, on: rt.launch_callback(fn, data, int(block), on)
                )
            case Fan(body, kind):
                for stream in range(len(self._streams)):
                    host = kind is Kind.HOST_FUNC
                    self._step(
                        HostFunc(stream, body) if host else Launch(stream, body, bool(kind.value)), depth
                    )
            case HostFunc(stream, body):
                self._launch(
                    stream, body, depth, lambda fn, data, on: acl.c.aclrtLaunchHostFunc(on, fn, data)
                )
            case Execute(stream, model):
                self._execute(model, self._on(stream))
            case Copy(stream, way):
                self._copy(self._on(stream), way)
            case Fill(stream):
                on = self._on(stream)
                rt.memset_async(self._here()[0], _SIZE, 1, _SIZE, on)
            case Record(event, stream) if self._events:
                rt.record_event(self._event(event), self._on(stream))
            case WaitEvent(stream, event) if self._events:
                rt.stream_wait_event(self._on(stream), self._event(event))
            case Relay(event, first, second, again):
                relay = (
                    Execute(first, 1),
                    Execute(second, 0),
                    Record(event, first),
                    WaitEvent(second, event),
                )
                self._do(relay if again is None else (*relay, Record(event, again)), depth)
            case ResetEvent(event, stream) if self._events:
                rt.reset_event(self._event(event), self._on(stream))
            case Sync(stream, timeout):
                rt.synchronize_stream_with_timeout(self._on(stream), timeout)
            case SyncEvent(event, timeout) if self._events:
                rt.synchronize_event_with_timeout(self._event(event), timeout)
            case SyncDevice(stream, timeout):
                self._on(stream)
                rt.synchronize_device_with_timeout(timeout)
            case Query(stream, times):
                on = self._on(stream)
                for _ in range(times):
                    if rt.stream_query(on) == (0, 0):
                        break
            case QueryEvent(event) if self._events:
                rt.query_event_status(self._event(event))
            case Sleep(us):
                self.host.sleep(us * 1000)
            case Passing(stream, force):
                self._passing(stream, force=force)
            case Rebind(stream, reporter):
                on = self._on(stream)
                for thread in self._reporters:
                    rt.unsubscribe_report(thread.ident, on)
                rt.subscribe_report(self._reporters[reporter % len(self._reporters)].ident, on)

    def _launch(
        self,
        stream: int,
        body: int,
        depth: int,
        launch: Callable[[Callable[[object], None], object, int], int],
    ) -> None:
        """Launch a callback; those that callbacks launch have higher numbers, so that a cascade ends."""
        if depth >= len(self._bodies):
            return
        fn = self._bodies[depth + body % (len(self._bodies) - depth)]
        on = self._on(stream)
        name = f"{fn.__name__} on {stream % len(self._streams)}"
        if launch(fn, name, on) == 0:
            self.launched[name] += 1

    def _execute(self, model: int, stream: int) -> None:
        acl.mdl.execute_async(self._models[model], self._dataset, self._dataset, stream)

    def _copy(self, stream: int, way: int) -> None:
        first, second, pinned = self._here()
        pageable = ctypes.addressof(self._pageable)
        to, source, kind = ((first, pinned, 1), (pinned, first, 2), (second, first, 3), (first, pageable, 1))[
            way
        ]
        acl.rt.memcpy_async(to, _SIZE, source, _SIZE, kind, stream)

    def _passing(self, stream: int, *, force: bool) -> None:
        self._on(stream)
        passing, code = acl.rt.create_stream()
        if code == 0:
            self._execute(0, passing)
            (acl.rt.destroy_stream_force if force else acl.rt.destroy_stream)(passing)

    def _enter(self, context: int) -> None:
        thread = self.host.current()
        if self._current.get(thread) != context:
            acl.rt.set_context(context)
            self._current[thread] = context

    def _here(self) -> tuple[int, int, int]:
        return self._memory[self._current[self.host.current()]]

    def _on(self, stream: int) -> int:
        context, handle = self._streams[stream % len(self._streams)]
        self._enter(context)
        return handle

    def _event(self, event: int) -> int:
        return self._events[event % len(self._events)]
