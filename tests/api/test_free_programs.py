"""Programs on the free host: their own threads, uncontrolled, as with a plain `import acl_api as acl`."""

from __future__ import annotations

import gc
import signal
import threading
from contextlib import suppress

import pytest

import acl_api as acl
from simulator.core.operations import streams
from simulator.engine.hosts.free import FreeHost

BLOCK, NO_BLOCK = 1, 0
NOT_SUBSCRIBED = 107012


@pytest.fixture
def session():
    """A session on the free host, in whose main thread device 0 is set."""
    with acl.Session(host="free", devices=2) as session:
        assert acl.init() == 0
        assert acl.rt.set_device(0) == 0
        yield session


class Reporter:
    """A report thread as programs write it: polls until it is told to stop."""

    def __init__(self, timeout_ms: int = 100) -> None:
        self._stop = False
        self._timeout = timeout_ms
        self.thread = threading.Thread(target=self._loop)
        self.thread.start()

    @property
    def ident(self) -> int:
        assert self.thread.ident is not None
        return self.thread.ident

    def _loop(self) -> None:
        with suppress(SystemExit):
            acl.rt.set_device(0)
            while not self._stop:
                acl.rt.process_report(self._timeout)

    def stop(self) -> None:
        self._stop = True
        self.thread.join()


def make_stream(reporter: Reporter) -> int:
    stream, code = acl.rt.create_stream()
    assert code == 0
    assert acl.rt.subscribe_report(reporter.ident, stream) == 0
    return stream


@pytest.mark.usefixtures("session")
def test_callbacks_of_a_stream_run_on_the_thread_that_polls_in_order():
    reporter, seen = Reporter(), list[tuple[int, int]]()
    stream = make_stream(reporter)

    def note(number: int) -> None:
        seen.append((number, threading.get_ident()))

    for number in range(50):
        assert acl.rt.launch_callback(note, number, BLOCK, stream) == 0
    assert acl.rt.synchronize_stream(stream) == 0
    assert seen == [(number, reporter.ident) for number in range(50)]
    assert acl.rt.unsubscribe_report(reporter.ident, stream) == 0
    reporter.stop()


@pytest.mark.usefixtures("session")
def test_a_callback_may_call_the_api_and_wait_there():
    reporter, codes = Reporter(), list[int]()
    first, (second, _) = make_stream(reporter), acl.rt.create_stream()

    def work(_data: object) -> None:
        event, _ = acl.rt.create_event()
        codes.extend((acl.rt.record_event(event, second), acl.rt.synchronize_stream(second)))

    acl.rt.launch_callback(work, None, BLOCK, first)
    assert acl.rt.synchronize_stream(first) == 0
    assert codes == [0, 0]
    reporter.stop()


def stress(streams_each: int, launches: int) -> None:
    """Run 5 launchers, 3 report threads and 3 x *streams_each* streams, with 5 x *launches* callbacks."""
    reporters = [Reporter() for _ in range(3)]
    handles = [make_stream(reporter) for reporter in reporters for _ in range(streams_each)]
    seen: dict[int, list[tuple[int, int]]] = {handle: [] for handle in handles}

    def launch(launcher: int) -> None:
        acl.rt.set_device(0)
        for number in range(launches):
            handle = handles[(launcher + number) % len(handles)]
            block = BLOCK if number % 3 else NO_BLOCK
            item = (handle, launcher, number)
            assert (
                acl.rt.launch_callback(lambda item: seen[item[0]].append(item[1:]), item, block, handle) == 0
            )
            if number % 7 == 0:
                acl.rt.synchronize_stream(handle)

    launchers = [threading.Thread(target=launch, args=(number,)) for number in range(5)]
    for thread in launchers:
        thread.start()
    for thread in launchers:
        thread.join()
    for handle in handles:
        acl.rt.launch_callback(lambda handle: seen[handle].append((-1, -1)), handle, BLOCK, handle)
        assert acl.rt.synchronize_stream(handle) == 0
    for reporter in reporters:
        reporter.stop()
    assert sum(len(items) for items in seen.values()) == 5 * launches + len(handles)
    for items in seen.values():
        assert items[-1] == (-1, -1)
        for launcher in range(5):
            numbers = [number for who, number in items if who == launcher]
            assert numbers == sorted(numbers)


def test_five_launchers_and_three_report_threads_lose_nothing_and_keep_the_order(session):
    stress(2, 60)
    assert session.host.end is None


@pytest.mark.slow
@pytest.mark.parametrize("turn", range(4))
def test_many_more_callbacks_lose_nothing_either(session, turn):
    stress(2 + turn, 1000)
    assert session.host.end is None


def test_a_query_loop_behind_an_hour_of_work_ends_at_once(session):
    reporter = Reporter(-1)
    stream = make_stream(reporter)
    started, asked = threading.Event(), 0

    def work(_data: object) -> None:
        started.set()
        session.host.sleep(3_600_000_000_000)

    acl.rt.launch_callback(work, None, BLOCK, stream)
    started.wait()
    while acl.rt.stream_query(stream)[0]:
        asked += 1
    assert session.kernel.now >= 3_600_000_000_000
    assert asked < 1000
    acl.rt.destroy_stream(stream)


@pytest.mark.usefixtures("session")
def test_the_thread_id_of_start_thread_is_real():
    seen: list[int] = []
    ident, code = acl.util.start_thread(lambda _: seen.append(threading.get_ident()), [1])
    assert code == 0
    assert acl.util.stop_thread(ident) == 0
    assert seen == [ident]


@pytest.mark.usefixtures("session")
def test_the_deadlock_of_all_is_raised_in_the_main_thread_with_the_chain():
    reporter = Reporter(-1)
    other, (stream, _) = make_stream(reporter), acl.rt.create_stream()
    assert other
    acl.rt.subscribe_report(1, stream)
    acl.rt.launch_callback(print, None, BLOCK, stream)
    with pytest.raises(acl.DeadlockError) as caught:
        acl.rt.synchronize_stream(stream)
    assert "Thread" in str(caught.value)
    assert "main waits in synchronize_stream" in str(caught.value)
    assert "test_free_programs.py:" in str(caught.value)
    reporter.thread.join()


@pytest.mark.usefixtures("session")
def test_calls_that_do_not_wait_go_on_after_a_deadlock():
    stream, _ = acl.rt.create_stream()
    acl.rt.subscribe_report(1, stream)
    acl.rt.launch_callback(print, None, BLOCK, stream)
    with pytest.raises(acl.DeadlockError):
        acl.rt.synchronize_stream(stream)
    assert acl.rt.get_device_count() == (2, 0)


def test_a_loop_of_107012_while_the_main_thread_waits_is_a_stall(session):
    """Nobody subscribed the thread that polls: it is answered at once, again and again."""
    reporter = Reporter()
    stream, _ = acl.rt.create_stream()
    acl.rt.subscribe_report(1, stream)
    acl.rt.launch_callback(print, None, BLOCK, stream)
    session.host.watch.limits = type(session.host.watch.limits)(polls=3000)
    with pytest.raises(acl.DeadlockError, match="no progress in"):
        acl.rt.synchronize_stream(stream)
    reporter.thread.join()


class Owner:
    """Destroys its stream when it is collected, as wrappers of the binding do."""

    codes: list[int]

    def __init__(self, codes: list[int]) -> None:
        self.stream, _ = acl.rt.create_stream()
        self.codes = codes
        self.itself = self

    def __del__(self) -> None:
        self.codes.append(acl.rt.destroy_stream(self.stream))


def test_a_finalizer_in_the_middle_of_a_call_is_put_off(session, monkeypatch):
    """The collector runs anywhere: here while the core makes a stream."""
    original, codes, left = streams.make_stream, list[int](), list[int]()

    def make_stream_and_collect(*args, **keywords):
        made = original(*args, **keywords)
        before = len(session.runtime.devices[0].contexts[0].streams)
        gc.collect()
        left.append(len(session.runtime.devices[0].contexts[0].streams) - before)
        return made

    Owner(codes)
    monkeypatch.setattr(streams, "make_stream", make_stream_and_collect)
    count = len(session.runtime.devices[0].contexts[0].streams)
    _, code = acl.rt.create_stream()
    assert (code, codes, left) == (0, [0], [0])
    assert len(session.runtime.devices[0].contexts[0].streams) == count


@pytest.mark.usefixtures("session")
def test_finalizers_that_destroy_streams_break_nothing():
    """Rule of thumb of the binding's users: wrappers with a destructor, in reference cycles, collected anywhere."""
    codes: list[int] = []
    reporter = Reporter()
    stream = make_stream(reporter)
    before = gc.get_threshold()
    gc.set_threshold(20)
    try:
        for number in range(300):
            Owner(codes)
            acl.rt.launch_callback(lambda _: None, [number], BLOCK, stream)
            assert acl.rt.synchronize_stream(stream) == 0
    finally:
        gc.set_threshold(*before)
    gc.collect()
    acl.rt.synchronize_stream(stream)
    assert codes == [0] * 300
    reporter.stop()


@pytest.mark.usefixtures("session")
def test_a_finalizer_that_needs_an_answer_is_told_why_it_gets_none(monkeypatch):
    original, errors = streams.make_stream, list[str]()

    def make_stream_and_ask(*args, **keywords):
        try:
            acl.rt.create_event()
        except RuntimeError as error:
            errors.append(str(error))
        return original(*args, **keywords)

    monkeypatch.setattr(streams, "make_stream", make_stream_and_ask)
    assert acl.rt.create_stream()[1] == 0
    assert "acl.rt.create_event was called by a finalizer or a signal handler" in errors[0]


def test_ctrl_c_gets_out_of_a_wait_and_the_rest_goes_on(session):
    reporter = Reporter()
    stream, gate = make_stream(reporter), threading.Lock()
    gate.acquire()
    started, main = threading.Event(), threading.get_ident()

    def hold(_data: object) -> None:
        started.set()
        gate.acquire()

    acl.rt.launch_callback(hold, None, BLOCK, stream)
    started.wait()

    def interrupt() -> None:
        while "1 blocked" not in repr(session.host):
            pass
        signal.pthread_kill(main, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        acl.rt.synchronize_stream(stream)
    thread.join()
    gate.release()
    assert acl.rt.synchronize_stream(stream) == 0
    reporter.stop()


@pytest.mark.usefixtures("session")
def test_a_signal_handler_may_call_while_its_thread_waits():
    reporter, seen = Reporter(), list[object]()
    stream, gate = make_stream(reporter), threading.Lock()
    gate.acquire()

    def handle(_number: int, _frame: object) -> None:
        seen.append(acl.rt.get_device_count())
        gate.release()

    def signal_main(_data: object) -> None:
        signal.pthread_kill(main, signal.SIGUSR1)
        gate.acquire()

    main = threading.get_ident()
    before = signal.signal(signal.SIGUSR1, handle)
    try:
        acl.rt.launch_callback(signal_main, None, BLOCK, stream)
        assert acl.rt.synchronize_stream(stream) == 0
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert seen == [(2, 0)]
    reporter.stop()


def test_a_call_that_keeps_the_gil_behind_a_callback_is_a_deadlock():
    with acl.Session(host="free", gil=True) as session:
        acl.rt.set_device(0)
        reporter = Reporter(-1)
        stream = make_stream(reporter)
        started, gate = threading.Event(), threading.Lock()
        gate.acquire()

        def held(_data: object) -> None:
            started.set()
            gate.acquire()

        acl.rt.launch_callback(held, None, BLOCK, stream)
        started.wait()
        with pytest.raises(acl.DeadlockError, match="main keeps the GIL"):
            acl.rt.destroy_stream(stream)
        gate.release()
        reporter.thread.join()
        assert isinstance(session.host, FreeHost)


def test_first_calls_at_the_same_time_open_one_session(monkeypatch):
    from acl_api.session import _OpensDefault, current

    monkeypatch.setattr(current, "calls", _OpensDefault())
    monkeypatch.setattr(current, "session", None)
    barrier, sessions = threading.Barrier(4), list[object]()

    def first() -> None:
        barrier.wait()
        acl.rt.get_device_count()
        sessions.append(current.session)

    threads = [threading.Thread(target=first) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, sessions))) == 1
    assert current.session is not None
    current.session.close()
