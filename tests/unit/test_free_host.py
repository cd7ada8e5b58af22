"""The free host: real threads under one monitor, jumping ahead when all of them wait."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from simulator.base.errors import UserError
from simulator.engine.hosts.ends import RunKind, Stuck
from simulator.engine.hosts.free import FreeHost
from simulator.engine.hosts.stall import StallLimits
from simulator.engine.hosts.thread import HostThread
from simulator.engine.kernel import Kernel
from simulator.engine.wait import Outcome, Wait

MS = 1_000_000
HOUR = 3_600_000 * MS


@pytest.fixture
def host():
    """A host whose threads are unwound when the test is over."""
    host = FreeHost(Kernel())
    yield host
    host.stop()


def spawn(entry) -> threading.Thread:
    """Start a thread of the program's; the end of the run ends it by SystemExit."""

    def run() -> None:
        with suppress(SystemExit):
            entry()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


class Channel:
    """What a report queue is: something posted, and at most one thread that waits for it."""

    def __init__(self, host: FreeHost) -> None:
        self.host = host
        self.items: deque[object] = deque()
        self.waits: deque[Wait] = deque()

    def post(self, item: object) -> None:
        self.host.enter()
        self.items.append(item)
        while self.waits and not self.waits.popleft().fire():
            pass
        self.host.leave()

    def take(self) -> object:
        self.host.enter()
        try:
            while not self.items:
                wait = Wait("take", self)
                self.waits.append(wait)
                self.host.wait(wait)
            return self.items.popleft()
        finally:
            self.host.leave()


def test_an_hour_in_which_everybody_waits_takes_no_time(host: FreeHost):
    host.sleep(HOUR)
    assert host.kernel.now >= HOUR


def test_device_events_wake_the_thread_that_waits_for_them(host: FreeHost):
    wait = Wait("synchronize_stream")
    host.kernel.at(HOUR, wait.fire)
    assert host.wait(wait) is Outcome.FIRED
    assert host.kernel.now >= HOUR


def test_a_wait_with_a_timeout_expires(host: FreeHost):
    assert host.wait(Wait("process_report", timeout=HOUR)) is Outcome.EXPIRED


def test_a_thread_that_never_calls_forbids_the_jump(host: FreeHost):
    """The worker sits in a plain lock, as one that computes would: the clock goes at its own pace meanwhile."""
    gate = threading.Lock()
    gate.acquire()
    worker = spawn(gate.acquire)
    host.sleep(MS)
    paced = host.kernel.now
    gate.release()
    worker.join()
    host.sleep(HOUR)
    assert paced < HOUR
    assert host.kernel.now >= paced + HOUR


@pytest.mark.parametrize("way", ["join", "event", "future", "condition"])
def test_waits_of_the_standard_library_for_one_that_waits_here_do_not_forbid_it(host: FreeHost, way: str):
    done = threading.Event()
    bell = threading.Condition()

    def sleeper() -> None:
        host.sleep(24 * HOUR)
        done.set()
        with bell:
            bell.notify_all()

    if way == "future":
        with ThreadPoolExecutor(4) as pool:
            pool.submit(sleeper).result()
    else:
        with bell:
            thread = spawn(sleeper)
            if way == "condition":
                bell.wait()
            elif way == "event":
                done_by = done.wait
        if way == "event":
            done_by()
        thread.join()
    assert host.kernel.now >= 24 * HOUR


def test_an_executor_without_work_does_not_forbid_it(host: FreeHost):
    with ThreadPoolExecutor(2) as pool:
        pool.submit(int).result()
        host.sleep(HOUR)
    assert host.kernel.now >= HOUR


def test_a_thread_keeps_its_name_and_its_own_id(host: FreeHost):
    met: list[HostThread] = []
    threads = [threading.Thread(target=lambda: met.append(host.current()), name="worker") for _ in range(3)]
    for thread in threads:
        thread.start()
        thread.join()
    assert host.current().name == "main"
    assert [each.name for each in met] == ["worker", "worker-2", "worker-3"]
    assert [each.ident for each in met] == [thread.ident for thread in threads]


def test_a_thread_that_has_ended_is_not_taken_for_the_next_one_with_its_id(host: FreeHost):
    met: list[HostThread] = []
    for _ in range(10):
        spawn(lambda: met.append(host.current())).join()
    assert len({id(each) for each in met}) == 10
    host.enter()
    host.leave()
    assert all(each.ended for each in met)


def test_a_declared_thread_has_its_real_id_before_it_runs(host: FreeHost):
    seen: list[int] = []
    thread = host.thread("reporter")
    declared = thread.ident
    host.start(thread, lambda: seen.append(threading.get_ident()))
    host.join(thread)
    assert seen == [declared]
    assert thread.ended


def test_a_thread_that_raises_ends_and_keeps_its_error(host: FreeHost):
    thread = host.thread("broken")
    host.start(thread, lambda: int("x"))
    host.join(thread)
    assert isinstance(thread.error, ValueError)


def test_a_thread_is_started_once(host: FreeHost):
    thread = host.thread("once")
    host.start(thread, int)
    with pytest.raises(UserError, match="started before"):
        host.start(thread, int)


def test_nobody_runs_the_free_host(host: FreeHost):
    with pytest.raises(UserError, match="start its threads"):
        host.run()


def test_a_channel_between_two_threads_loses_nothing_and_raises_no_false_alarm(host: FreeHost):
    """Each hand-over wakes one and puts the other to sleep: for an instant all seem to wait."""
    there, back = Channel(host), Channel(host)

    def echo() -> None:
        for _ in range(500):
            back.post(there.take())

    thread = spawn(echo)
    got = []
    for number in range(500):
        there.post(number)
        got.append(back.take())
    thread.join()
    assert got == list(range(500))
    assert host.end is None


def test_when_all_wait_and_nothing_can_happen_the_main_thread_is_told(host: FreeHost):
    pictures: list[object] = []
    host.on_stuck = lambda: pictures.append(host.end)
    other = spawn(lambda: host.wait(Wait("other")))
    with pytest.raises(Stuck, match="nothing can happen any more"):
        host.wait(Wait("synchronize_stream"))
    other.join()
    assert host.end is not None
    assert host.end.kind is RunKind.DEADLOCK
    assert pictures == [host.end]


def test_every_later_wait_of_the_main_thread_is_told_too(host: FreeHost):
    for _ in range(3):
        with pytest.raises(Stuck):
            host.wait(Wait("synchronize_stream"))


def test_a_deadlock_beside_the_main_thread_is_written_on_stderr(host: FreeHost, capsys):
    waiting = spawn(lambda: host.wait(Wait("process_report")))
    waiting.join()
    assert "nothing can happen any more" in capsys.readouterr().err
    with pytest.raises(Stuck):
        host.wait(Wait("synchronize_stream"))


def test_a_main_thread_in_an_event_may_still_get_a_signal(host: FreeHost):
    """A server: its report thread waits for work, the main thread for SIGTERM. That is no deadlock."""
    ready, stop = threading.Event(), threading.Event()

    def reporter() -> None:
        ready.set()
        host.wait(Wait("process_report"))

    def supervise() -> None:
        host.sleep(HOUR)
        stop.set()

    spawn(reporter)
    ready.wait()
    spawn(supervise)
    stop.wait()
    assert host.end is None


def test_polling_for_ever_while_one_waits_is_a_stall():
    host = FreeHost(Kernel(), limits=StallLimits(after=2000 * MS, polls=50_000))

    def poll() -> None:
        while True:
            host.wait(Wait("process_report", timeout=MS))

    thread = spawn(poll)
    with pytest.raises(Stuck, match="no progress"):
        host.wait(Wait("synchronize_stream"))
    thread.join()
    assert host.end is not None
    assert host.end.kind is RunKind.STALLED


def test_asking_in_vain_lets_the_world_move(host: FreeHost):
    done: list[int] = []
    host.kernel.at(HOUR, lambda: done.append(host.kernel.now))
    asked = 0
    while not done:
        host.enter()
        host.spin("stream_query", "stream 1")
        host.leave()
        asked += 1
    assert asked < 10
    assert done == [HOUR]


def test_asking_in_vain_for_ever_while_one_waits_is_a_stall():
    host = FreeHost(Kernel(), limits=StallLimits(polls=2000))

    def ask() -> None:
        while True:
            host.enter()
            try:
                host.spin("process_report")
            finally:
                host.leave()

    thread = spawn(ask)
    with pytest.raises(Stuck, match="no progress"):
        host.wait(Wait("synchronize_stream"))
    thread.join()


def test_a_wait_that_keeps_the_gil_lets_nobody_in():
    host = FreeHost(Kernel(), gil=True)
    order: list[str] = []
    wait = Wait("destroy_stream")

    def other() -> None:
        host.enter()
        order.append("other")
        host.leave()

    host.enter()
    thread = spawn(other)

    def done() -> None:
        order.append("device")
        wait.fire()

    host.kernel.at(HOUR, done)
    host.wait(wait, keeps_gil=True)
    order.append("main")
    host.leave()
    thread.join()
    assert order == ["device", "main", "other"]


def test_keeping_the_gil_with_nothing_under_way_is_a_deadlock_at_once():
    host = FreeHost(Kernel(), gil=True)
    with pytest.raises(Stuck, match="main keeps the GIL"):
        host.wait(Wait("destroy_stream"), keeps_gil=True)


def test_the_timeout_of_the_call_itself_ends_it_though_it_keeps_the_gil():
    host = FreeHost(Kernel(), gil=True)
    wait = Wait("synchronize_device_with_timeout", timeout=HOUR)
    assert host.wait(wait, keeps_gil=True) is Outcome.EXPIRED


def test_stopping_unwinds_all_that_wait(host: FreeHost):
    began, after = threading.Semaphore(0), list[str]()

    def waits() -> None:
        began.release()
        host.wait(Wait("process_report", timeout=HOUR))
        after.append("went on")

    gate = threading.Lock()
    with gate:
        busy = spawn(gate.acquire)  # forbids the jump
        threads = [spawn(waits) for _ in range(3)]
        for _ in threads:
            began.acquire()
        host.stop()
        for thread in threads:
            thread.join()
    busy.join()
    assert after == []


def test_a_thread_that_swallows_its_end_is_left_where_it_is():
    host = FreeHost(Kernel())
    began = threading.Event()

    def stubborn() -> None:
        while True:
            try:
                began.set()
                host.wait(Wait("process_report", timeout=HOUR))
            except BaseException:  # noqa: BLE001, S110 - that is the point
                pass

    threading.Thread(target=stubborn, daemon=True).start()
    began.wait()
    host.stop()
    assert repr(host).startswith("<free host with")
