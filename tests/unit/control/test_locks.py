"""Locks and what is built on them, in simulated time."""

from __future__ import annotations

import queue
import threading
import time
from functools import partial

import pytest

from simulator.engine.choice import Seeded
from simulator.engine.control.scope import Scope
from simulator.engine.hosts.ends import RunKind, Stuck
from tests.unit.control.controlled import make, run


def start(*functions) -> list[threading.Thread]:
    threads = [threading.Thread(target=function) for function in functions]
    for thread in threads:
        thread.start()
    return threads


def join(threads) -> None:
    for thread in threads:
        thread.join()


def test_a_lock_is_handed_to_the_first_who_waits():
    order = []

    def program() -> None:
        lock = threading.Lock()

        def take(name) -> None:
            with lock:
                order.append(name)

        with lock:
            threads = start(*(partial(take, name) for name in "abc"))
            time.sleep(1)
            assert order == []
        join(threads)

    assert run(program).end.kind is RunKind.DONE
    assert order == ["a", "b", "c"]


def test_a_timed_acquire_gives_up_in_simulated_time():
    def program() -> None:
        lock = threading.Lock()
        lock.acquire()
        began = time.monotonic()
        assert lock.acquire(timeout=2.5) is False
        assert time.monotonic() - began == 2.5
        assert lock.acquire(timeout=0) is False
        assert lock.acquire(blocking=False) is False

    assert run(program).seconds == 2.5


def test_one_who_has_given_up_is_passed_over():
    got = []

    def program() -> None:
        lock = threading.Lock()
        lock.acquire()
        threads = start(
            lambda: got.append(("impatient", lock.acquire(timeout=1))),
            lambda: got.append(("patient", lock.acquire())),
        )
        time.sleep(2)
        lock.release()
        join(threads)

    run(program)
    assert got == [("impatient", False), ("patient", True)]


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ((True, -2), ValueError),
        ((False, 1), ValueError),
        ((True, 1e300), OverflowError),
        ((True, "x"), TypeError),
    ],
)
def test_wrong_arguments_get_the_errors_of_the_real_lock(args, error):
    with pytest.raises(error) as real:
        threading.Lock().acquire(*args)

    def program() -> None:
        lock = threading.Lock()
        lock.acquire()
        with pytest.raises(error) as virtual:
            lock.acquire(*args)
        assert str(virtual.value) == str(real.value)
        lock.release()
        with pytest.raises(RuntimeError, match="release unlocked lock"):
            lock.release()

    run(program)


def test_a_re_entrant_lock_belongs_to_its_thread():
    seen = []

    def program() -> None:
        lock = threading.RLock()
        with lock, lock:
            threads = start(lambda: seen.append(lock.acquire(timeout=1)))
            join(threads)

    assert run(program).seconds == 1
    assert seen == [False]


def test_locks_taken_crosswise_are_a_deadlock_that_names_the_lines():
    labels: list[str] = []

    def program() -> None:
        first = threading.Lock()
        second = threading.Lock()

        def take(one, other) -> None:
            with one:
                time.sleep(1)
                with other:
                    pass

        threads = start(lambda: take(first, second), lambda: take(second, first))
        labels.extend(str(lock) for lock in (first, second))
        time.sleep(5)
        join(threads)

    seen = until_stuck(program)
    assert all("test_locks.py:" in place for _, place, _ in seen)
    assert [place.partition(" in ")[2] for _, place, _ in seen] == ["take", "take"]
    assert all(label.startswith("lock made at test_locks.py:") for label in labels)
    assert [on for _, _, on in seen] == [labels[1], labels[0]]


def until_stuck(program) -> list[tuple[str | None, str, str]]:
    """What each thread but the first is in, where, and on what, when *program* cannot go on."""
    host = make()
    seen = []

    def stuck() -> None:
        for thread in host.threads[1:]:
            on = "" if thread.wait is None else str(thread.wait.on)
            seen.append((host.primitive(thread), str(host.where(thread)), on))

    host.on_stuck = stuck
    with pytest.raises(Stuck, match="deadlock"), Scope(host, watchdog=None):
        program()
    host.stop()
    return seen


@pytest.mark.parametrize(
    ("name", "wait"),
    [
        ("Event.wait", lambda: threading.Event().wait()),
        ("Queue.get", lambda: queue.Queue().get()),
        ("SimpleQueue.get", lambda: queue.SimpleQueue().get()),
        ("Condition.wait", lambda: in_condition(threading.Condition())),
        ("Semaphore.acquire", lambda: threading.Semaphore(0).acquire()),
        ("Barrier.wait", lambda: threading.Barrier(2).wait()),
    ],
)
def test_a_wait_of_the_standard_library_is_called_by_its_name(name, wait):
    seen = until_stuck(lambda: join(start(wait)))
    assert [primitive for primitive, _, _ in seen] == [name]
    assert "test_locks.py:" in seen[0][1]


def in_condition(condition) -> None:
    with condition:
        condition.wait()


def test_the_whole_family_works():
    log = []

    def program() -> None:
        items: queue.Queue[str] = queue.Queue(maxsize=2)
        gate, slots = threading.Barrier(3), threading.Semaphore(2)
        done = threading.Condition()
        finished = []

        def work(number) -> None:
            gate.wait()
            with slots:
                time.sleep(1)
                log.append((number, items.get(), time.monotonic()))
            with done:
                finished.append(number)
                done.notify_all()

        threads = start(*(partial(work, number) for number in range(3)))
        for item in "xyz":
            items.put(item)
        with done:
            assert done.wait_for(lambda: len(finished) == 3, timeout=60)
        with pytest.raises(queue.Empty):
            items.get(timeout=0.5)
        join(threads)

    assert run(program).seconds == 2.5
    assert log == [(2, "x", 1001.0), (0, "y", 1001.0), (1, "z", 1002.0)]


def test_other_seeds_give_other_orders_and_each_repeats():
    def order_of(seed):
        order = []

        def program() -> None:
            lock = threading.Lock()

            def take(name) -> None:
                for _ in range(3):
                    with lock:
                        order.append(name)

            threads = [threading.Thread(target=take, args=(name,), name=name) for name in "abc"]
            for thread in threads:
                thread.start()
            join(threads)

        ran = run(program, Seeded(seed))
        return "".join(order), ran.trace.digest()

    orders = [order_of(seed) for seed in range(12)]
    assert len({order for order, _ in orders}) > 4
    assert [order_of(seed) for seed in range(12)] == orders


def test_who_of_several_gets_a_lock_is_a_choice():
    class LastWaiter:
        friendly = False

        def choose(self, kind, among):
            return len(among) - 1 if kind == "waiter" else 0

    order = []

    def program() -> None:
        lock = threading.Lock()

        def take(name) -> None:
            with lock:
                order.append(name)

        with lock:
            threads = start(*(partial(take, name) for name in "abc"))
            time.sleep(1)
        join(threads)

    run(program, LastWaiter())
    assert "".join(order) == "cba"


def test_a_lock_of_a_program_goes_on_as_a_real_one():
    left = []

    def program() -> None:
        left.append(threading.Lock())
        left[0].acquire()

    run(program)
    lock = left[0]
    other = threading.Thread(target=lock.release)
    other.start()
    assert lock.acquire(timeout=60)
    other.join()
    assert isinstance(threading.Lock(), type(lock))


def test_a_thread_from_before_the_scope_makes_and_gets_real_locks():
    ask, answer = threading.Lock(), threading.Lock()
    ask.acquire()
    answer.acquire()
    made: list[type] = []
    shared: list[threading.Lock] = []

    def outsider() -> None:
        with ask:
            made.append(type(threading.Lock()))
            with shared[0]:
                time.sleep(0)
        answer.release()

    thread = threading.Thread(target=outsider)
    thread.start()

    def program() -> None:
        shared.append(threading.Lock())
        ask.release()
        answer.acquire()
        assert type(shared[0]) is not made[0]

    run(program)
    thread.join()
    assert made == [type(ask)]
