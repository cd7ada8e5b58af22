"""A state machine over the API for hypothesis: subclass it, add rules and invariants of your own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
)

import acl_api as acl
from simulator.app.kit.checking import assert_ordered
from simulator.app.kit.strategies import schedules
from simulator.app.kit.world import STALL
from simulator.base.profile import DEFAULT_SOC
from simulator.engine.choice import Chooser, Recorder
from simulator.explore.deviations import deviations_of

_SIZE = 64
_SYNC_FLAG = 1
_POLL_MS = 5
_MOST_POLLS = 60
_D2D = 3


class AclMachine(RuleBasedStateMachine):
    """Streams, events, report threads, callbacks and buffers, used in any order that a correct program may.

    Every example runs on a fresh machine (`profile`, `devices`), in an order that is drawn with it and shrinks
    towards the friendly one. After each step the guarantees O1 to O12 hold of what has happened so far; at the end
    everything is synchronised, and each callback that was accepted has run once. `session` is the current one, `ran`
    and `launched` count callbacks by name. The machine itself is thread main. The test: `TestMine = Mine.TestCase`.
    """

    profile: ClassVar[str] = DEFAULT_SOC
    devices: ClassVar[int] = 1

    streams: Bundle[int] = Bundle("streams")
    events: Bundle[int] = Bundle("events")
    reporters: Bundle[Any] = Bundle("reporters")
    buffers: Bundle[int] = Bundle("buffers")

    def __init__(self) -> None:
        super().__init__()
        self.session: acl.Session | None = None
        self.ran: Counter[str] = Counter()
        self.launched: Counter[str] = Counter()
        self._recorder: Recorder | None = None
        self._open: list[int] = []
        self._threads: list[Any] = []
        self._stop = False
        self._model = 0
        self._dataset = 0

    # -- the machine -----------------------------------------------------------------------------------------

    @initialize(target=streams, schedule=schedules())
    def open_session(self, schedule: Chooser) -> int:
        """Open the session, set device 0, and make the first stream, with a report thread of its own.

        Without that thread few short examples would run a callback at all.
        """
        self._recorder = Recorder(schedule)
        self.session = acl.Session(
            soc=self.profile, devices=self.devices, chooser=self._recorder, stall=STALL
        )
        self.session.__enter__()
        self.session.declare_model(acl.ModelSpec("model", 100_000))
        self.expect("set_device", acl.rt.set_device(0))
        self._model = int(acl.mdl.load_from_file("model.om")[0])
        self._dataset = int(acl.mdl.create_dataset())
        stream = self._new_stream()
        self._new_reporter([stream])
        return stream

    def expect(self, op: str, code: int, wanted: int = 0) -> None:
        """Raise AssertionError unless *code* is the one that a call of *op* must return here."""
        assert code == wanted, f"{op} returned {code} instead of {wanted}"  # noqa: S101 - this is a test

    def teardown(self) -> None:
        """Let everything end, and judge the whole run."""
        session = self.session
        if session is None:
            return
        try:
            self.drain()
            self._stop = True
            for thread in self._threads:
                session.host.join(thread)
        finally:
            session.__exit__(None, None, None)
        assert_ordered(session.trace or ())

    def drain(self) -> None:
        """Synchronise every stream, and wait until each callback has run that was accepted."""
        for stream in self._open:
            self.expect("synchronize_stream", acl.rt.synchronize_stream(stream))
        for _ in range(_MOST_POLLS):
            if self.ran == self.launched:
                return
            self._session.host.sleep(_POLL_MS * 1_000_000)
        wrong = sorted(name for name in self.launched | self.ran if self.ran[name] != self.launched[name])
        raise AssertionError(f"callbacks did not run once each: {', '.join(wrong)}")

    @invariant()
    def guarantees_hold(self) -> None:
        """Check O1 to O12 of the run so far; what is wrong comes with the order it came about in."""
        if self.session is None or self._recorder is None:
            return
        try:
            assert_ordered(self.session.trace or (), closed=False)
        except AssertionError as error:
            order = deviations_of(self._recorder.records)
            lines = [str(error), "order:", *(f"  {deviation}" for deviation in order)]
            raise AssertionError(
                "\n".join(lines if order else [str(error), "in the friendly order"])
            ) from None

    # -- making things ---------------------------------------------------------------------------------------

    @rule(target=streams)
    def create_stream(self) -> int:
        """Make a stream."""
        return self._new_stream()

    def _new_stream(self) -> int:
        stream, code = acl.rt.create_stream()
        self.expect("create_stream", code)
        self._open.append(stream)
        return int(stream)

    @rule(target=events, new=st.booleans())
    def create_event(self, *, new: bool) -> int:
        """Make an event of the new or the default kind."""
        event, code = acl.rt.create_event_ex_with_flag(_SYNC_FLAG) if new else acl.rt.create_event()
        self.expect("create_event", code)
        return int(event)

    @rule(target=buffers)
    def malloc(self) -> int:
        """Allocate device memory."""
        buffer, code = acl.rt.malloc(_SIZE, 0)
        self.expect("malloc", code)
        return int(buffer)

    @rule(target=reporters, streams=st.lists(streams, max_size=3, unique=True))
    def start_reporter(self, streams: list[int]) -> Any:  # noqa: ANN401 - what hypothesis keeps
        """Start a report thread, and subscribe it to the *streams* that have none yet."""
        return self._new_reporter(streams)

    def _new_reporter(self, streams: list[int]) -> Any:  # noqa: ANN401 - as above
        session = self._session
        thread = session.host.thread(f"reporter{len(self._threads)}")
        session.host.start(thread, self._report)
        self._threads.append(thread)
        for stream in streams:
            acl.rt.subscribe_report(thread.ident, stream)
        return thread

    def _report(self) -> None:
        while not self._stop:
            acl.rt.process_report(_POLL_MS)

    @property
    def _session(self) -> acl.Session:
        assert self.session is not None  # noqa: S101 - rules come after the first one
        return self.session

    # -- using them ------------------------------------------------------------------------------------------

    @rule(stream=streams, reporter=reporters)
    def subscribe(self, stream: int, reporter: Any) -> None:  # noqa: ANN401 - as above
        """Subscribe a report thread; 107011 when the stream has one."""
        assert acl.rt.subscribe_report(reporter.ident, stream) in {0, 107011}  # noqa: S101 - as above

    @rule(stream=streams, block=st.booleans(), us=st.sampled_from((0, 40, 1000)))
    def launch_callback(self, stream: int, *, block: bool, us: int) -> None:
        """Launch a callback that takes *us* microseconds; 107015 when nobody is subscribed."""
        name = f"callback{self.launched.total()}"
        code = acl.rt.launch_callback(self.callback(us), name, int(block), stream)
        if code:
            self.expect("launch_callback", code, 107015)
        else:
            self.launched[name] += 1

    def callback(self, us: int) -> Callable[[object], None]:
        """Return the function of a callback: it takes *us* microseconds and counts itself under its data."""

        def run(name: object) -> None:
            self._session.host.sleep(us * 1000)
            self.ran[str(name)] += 1

        return run

    @rule(stream=streams)
    def execute(self, stream: int) -> None:
        """Queue a model run."""
        self.expect("execute_async", acl.mdl.execute_async(self._model, self._dataset, self._dataset, stream))

    @rule(stream=streams, first=buffers, second=buffers)
    def copy(self, stream: int, first: int, second: int) -> None:
        """Queue a copy between two buffers."""
        code = acl.rt.memcpy_async(first, _SIZE, second, _SIZE, _D2D, stream)
        self.expect("memcpy_async", code)

    @rule(stream=streams, buffer=buffers, value=st.integers(0, 255))
    def fill(self, stream: int, buffer: int, value: int) -> None:
        """Queue a set of a buffer."""
        self.expect("memset_async", acl.rt.memset_async(buffer, _SIZE, value, _SIZE, stream))

    @rule(stream=streams, event=events)
    def record(self, stream: int, event: int) -> None:
        """Record an event."""
        self.expect("record_event", acl.rt.record_event(event, stream))

    @rule(stream=streams, event=events)
    def wait_for(self, stream: int, event: int) -> None:
        """Let a stream wait for an event; a default one that was never recorded is refused."""
        assert acl.rt.stream_wait_event(stream, event) in {0, 107000}  # noqa: S101 - as above

    @rule(stream=streams)
    def synchronize(self, stream: int) -> None:
        """Synchronise a stream."""
        self.expect("synchronize_stream", acl.rt.synchronize_stream(stream))

    @rule(event=events)
    def synchronize_event(self, event: int) -> None:
        """Synchronise an event."""
        self.expect("synchronize_event", acl.rt.synchronize_event(event))

    @rule(stream=streams, times=st.integers(1, 5))
    def query(self, stream: int, times: int) -> None:
        """Query a stream."""
        for _ in range(times):
            if acl.rt.stream_query(stream) == (0, 0):
                break

    @rule(us=st.sampled_from((1, 100, 5000)))
    def work(self, us: int) -> None:
        """Let the host work for a while."""
        self._session.host.sleep(us * 1000)

    @rule(stream=consumes(streams))
    def destroy_stream(self, stream: int) -> None:
        """Destroy a stream when everything has run: what is left then would be lost."""
        self.drain()
        self._open.remove(stream)
        self.expect("destroy_stream", acl.rt.destroy_stream(stream))
