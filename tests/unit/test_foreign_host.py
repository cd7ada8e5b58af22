"""The host of a program in C: threads that are known by their calls only, behind a gate."""

from __future__ import annotations

import threading
from collections.abc import Callable
from threading import Semaphore, Thread, get_ident

import pytest

from simulator.engine.hosts.ends import RunKind
from simulator.engine.hosts.free_foreign import ForeignHost
from simulator.engine.hosts.thread import ThreadState
from simulator.engine.kernel import Kernel
from simulator.engine.wait import Outcome, Wait

S = 1_000_000_000
HOUR = 3600 * S


class PythonGate:
    """A gate as the C library keeps it, made of Python's locks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rung: list[Semaphore] = []

    def enter(self) -> None:
        self._lock.acquire()

    def leave(self) -> None:
        rung, self._rung = self._rung, []
        self._lock.release()
        for seat in rung:
            seat.release()

    def seat(self) -> Semaphore:
        return Semaphore(0)

    def ring(self, seat: Semaphore) -> None:
        if seat not in self._rung:
            self._rung.append(seat)

    def rest(self, seat: Semaphore, ns: int) -> int:
        self.leave()
        rung = seat.acquire(timeout=None if ns < 0 else ns / S)
        self.enter()
        return int(rung)


class World:
    """A host, and calls into it as a program makes them."""

    def __init__(self, strangers: int = 0) -> None:
        self.kernel = Kernel()
        self.gate = PythonGate()
        self.gone: list[int] = []
        self.strangers = strangers
        self.called: set[int] = set()
        # Simulated time hardly moves by itself: what the clock does is done by the host.
        self.host = ForeignHost(
            self.kernel, gate=self.gate, ended=self._ended, count=self._threads, speed=1e-6
        )

    def _ended(self) -> list[int]:
        gone, self.gone = self.gone, []
        return gone

    def _threads(self) -> int:
        return len(self.called) + self.strangers

    def call(self, operation: Callable[[], object]) -> object:
        self.called.add(get_ident())
        self.gate.enter()
        try:
            self.host.come_in()
            try:
                return operation()
            finally:
                self.host.go_out()
        finally:
            self.gate.leave()

    def waits(self, wait: Wait) -> object:
        return self.call(lambda: self.host.wait(wait))

    def ends_with(self, wait: Wait) -> None:
        """Wait, as the last thing that the calling thread does."""
        self.waits(wait)
        self.called.discard(get_ident())
        self.gone.append(get_ident())

    def device_event(self, wait: Wait, delay: int) -> None:
        self.call(lambda: self.kernel.after(delay, wait.fire))

    def until_blocked(self, name: str) -> None:
        """Let other threads run until the one of that name is blocked."""
        turn = threading.Event()
        while not any(each.name == name and each.state is ThreadState.BLOCKED for each in self.host.threads):
            turn.wait(0.0001)


def started(body: Callable[[], object]) -> Thread:
    thread = Thread(target=body, daemon=True)
    thread.start()
    return thread


def test_the_world_moves_ahead_when_all_who_have_called_are_blocked():
    world, wait = World(), Wait("synchronize_stream")
    world.device_event(wait, HOUR)

    assert world.waits(wait) is Outcome.FIRED
    assert world.kernel.now >= HOUR


def test_a_thread_outside_keeps_the_clock_at_its_own_pace():
    world, wait = World(), Wait("synchronize_stream")
    world.device_event(wait, HOUR)
    other = started(lambda: world.ends_with(wait))
    world.until_blocked("thread 1")
    assert world.kernel.now < S

    own = Wait("synchronize_stream")
    world.device_event(own, 2 * HOUR)
    assert world.waits(own) is Outcome.FIRED
    other.join()
    assert world.kernel.now >= 2 * HOUR


def test_a_thread_that_has_ended_is_forgotten():
    world, wait = World(), Wait("synchronize_stream")
    world.call(lambda: None)
    idents: list[int] = []

    def passing() -> None:
        world.call(lambda: None)
        idents.append(get_ident())

    started(passing).join()
    world.called -= set(idents)
    world.gone = idents
    world.device_event(wait, HOUR)

    assert world.waits(wait) is Outcome.FIRED
    assert [thread.state for thread in world.host.threads][1:] == [ThreadState.ENDED]


@pytest.mark.parametrize("strangers", [0, 1])
def test_a_timeout_is_jumped_over_only_when_no_thread_is_unknown(strangers: int):
    world = World(strangers)
    wait = Wait("synchronize_stream", timeout=HOUR)

    def rescue() -> None:
        world.until_blocked("main")
        world.call(wait.fire)

    rescuer = started(rescue) if strangers else None

    outcome = world.waits(wait)

    assert outcome is (Outcome.FIRED if strangers else Outcome.EXPIRED)
    assert (world.kernel.now < S) == bool(strangers)
    if rescuer is not None:
        rescuer.join()


def test_device_events_are_jumped_to_although_threads_are_unknown():
    world, wait = World(strangers=5), Wait("synchronize_stream", timeout=2 * HOUR)
    world.device_event(wait, HOUR)

    assert world.waits(wait) is Outcome.FIRED


def test_a_thread_is_known_by_its_id_before_it_has_called():
    world = World()
    go = threading.Event()
    thread = Thread(target=lambda: (go.wait(), world.call(lambda: None)), daemon=True)
    thread.start()
    ident = thread.ident or 0

    expected = world.call(lambda: world.host.meet(ident))
    assert expected in world.host.threads
    go.set()
    thread.join()

    assert world.call(lambda: world.host.meet(ident)) is expected
    assert [each.ident for each in world.host.threads].count(ident) == 1


def test_one_wakes_the_other_and_waits_for_it_again_and_again():
    world, trips = World(), 200
    there, back = [Wait("process_report") for _ in range(trips)], [Wait("sync") for _ in range(trips)]

    def answer() -> None:
        for at in range(trips):
            world.waits(there[at])
            world.call(back[at].fire)

    other = started(answer)
    for at in range(trips):
        world.call(there[at].fire)
        assert world.waits(back[at]) is Outcome.FIRED
    other.join()


def test_a_thread_of_the_hosts_own_runs_inside_the_gate():
    world, wait = World(), Wait("synchronize_stream")
    own = world.call(lambda: world.host.thread("callback thread", daemon=True, internal=True))

    world.call(lambda: world.host.start(own, wait.fire))  # type: ignore[arg-type]

    assert world.waits(wait) is Outcome.FIRED


def test_a_stall_is_told_once_and_the_clock_walks_from_then_on(capsys: pytest.CaptureFixture[str]):
    world = World()

    world.call(lambda: world.host.stuck(RunKind.STALLED, "no progress"))
    world.call(lambda: world.host.stuck(RunKind.STALLED, "no progress"))

    assert capsys.readouterr().err == "aclsim: stalled: no progress\n"
    assert world.host.end is None
