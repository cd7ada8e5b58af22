"""Does the steps of a program through the public API, on the objects that its plan asks for."""

from __future__ import annotations

import ctypes
from collections import Counter
from collections.abc import Callable
from typing import Final, Protocol

import acl_api as acl
from simulator.app.kit.programs import (
    Copy,
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
from simulator.engine.hosts.thread import HostThread

MODELS: Final = (acl.ModelSpec("small", 3_000), acl.ModelSpec("large", 250_000, cores=20))
_SYNC_FLAG: Final = 1
_SIZE: Final = 64


class Threads(Protocol):
    """What a program asks of the host that runs it."""

    def current(self) -> HostThread:
        """Return the calling thread."""

    def sleep(self, duration: int) -> None:
        """Let the calling thread wait for so many ns."""


class Doer:
    """The streams, events, buffers and callbacks of one running program, and what it does with them.

    `ran` counts the calls of each callback, `launched` its accepted launches.
    """

    def __init__(self, plan: Plan, host: Threads) -> None:
        self.host = host
        self.ran: Counter[str] = Counter()
        self.launched: Counter[str] = Counter()
        self.streams: list[tuple[int, int]] = []
        self._plan = plan
        self._contexts: list[int] = []
        self._events: list[int] = []
        self._models: list[int] = []
        self._dataset = 0
        self._reporters: list[int] = []
        self._current: dict[HostThread, int] = {}
        self._memory: dict[int, tuple[int, int, int]] = {}
        self._pageable = (ctypes.c_ubyte * _SIZE)()
        self._bodies = [self._body(number, steps) for number, steps in enumerate(plan.bodies)]

    def __repr__(self) -> str:
        return f"<doer with {len(self.streams)} streams, {self.ran.total()} callbacks have run>"

    def set_up(self, reporters: list[int]) -> None:
        """Create everything; *reporters* are the ids of the report threads."""
        self._reporters = reporters
        acl.init()
        for device in self._plan.contexts:
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
        self._models = [acl.mdl.load_from_file(f"{model.name}.om")[0] for model in MODELS]
        self._dataset = acl.mdl.create_dataset()
        for stream in self._plan.streams:
            context = self._contexts[stream.context % len(self._contexts)]
            acl.rt.set_context(context)
            handle = 0 if stream.default else acl.rt.create_stream()[0]
            self.streams.append((context, handle))
            if stream.reporter is not None:
                reporter = reporters[stream.reporter % len(reporters)]
                acl.rt.subscribe_report(reporter, handle)
        for event in self._plan.events:
            make: dict[EventChoice, Callable[[], tuple[int, int]]] = {
                EventChoice.DEFAULT: acl.rt.create_event,
                EventChoice.OLD_SYNC: lambda: acl.rt.create_event_with_flag(_SYNC_FLAG),
                EventChoice.NEW: lambda: acl.rt.create_event_ex_with_flag(_SYNC_FLAG),
            }
            self._events.append(make[event]()[0])

    def _body(self, number: int, steps: Steps) -> Callable[[object], None]:
        def callback(data: object) -> None:
            self.ran[str(data)] += 1
            self.do(steps, depth=number + 1)

        callback.__name__ = f"callback{number}"
        return callback

    def do(self, steps: Steps, depth: int = 0) -> None:
        """Do *steps*; *depth* is how many callbacks they are inside of."""
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
                for stream in range(len(self.streams)):
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
                self.do(relay if again is None else (*relay, Record(event, again)), depth)
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
                for ident in self._reporters:
                    rt.unsubscribe_report(ident, on)
                rt.subscribe_report(self._reporters[reporter % len(self._reporters)], on)

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
        name = f"{fn.__name__} on {stream % len(self.streams)}"
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

    def enter(self, context: int) -> None:
        """Make *context* the current one of the calling thread."""
        thread = self.host.current()
        if self._current.get(thread) != context:
            acl.rt.set_context(context)
            self._current[thread] = context

    def _here(self) -> tuple[int, int, int]:
        return self._memory[self._current[self.host.current()]]

    def _on(self, stream: int) -> int:
        context, handle = self.streams[stream % len(self.streams)]
        self.enter(context)
        return handle

    def _event(self, event: int) -> int:
        return self._events[event % len(self._events)]
