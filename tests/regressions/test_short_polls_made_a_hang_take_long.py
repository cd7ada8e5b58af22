"""A report loop that polls every 10 ms took 200,000 polls, seconds of real time, before its hang was told.

50,000 are enough when every thread that acts polls and none looks at a clock: nothing but the program's own counting
could end that. And on the free host the end of a program that waits for such a loop counted as no wait at all.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable

import pytest

from simulator.engine.control.scope import Scope
from simulator.engine.hosts.baton import BatonDriver
from simulator.engine.hosts.ends import RunKind, Stuck
from simulator.engine.hosts.scheduler import Scheduler
from simulator.engine.hosts.stall import StallLimits
from simulator.engine.kernel import Kernel
from tests.exec.launch import clean_environment

POLL_S = 0.01
LIMITS = StallLimits(agreed=1250)


def run(program: Callable[[], None]) -> float:
    """Run *program* under the baton; return the simulated seconds."""
    host = Scheduler(Kernel(), BatonDriver(), limits=LIMITS)
    try:
        with Scope(host, watchdog=None) as scope:
            program()
            scope.finish()
        return host.kernel.now / 1_000_000_000
    finally:
        host.stop()


def polls(bell: threading.Lock, stop: list[object]) -> None:
    while not stop:
        bell.acquire(timeout=POLL_S)


def held() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


def test_fewer_polls_are_enough_when_all_poll():
    def program() -> None:
        threading.Thread(target=polls, args=(held(), []), daemon=True).start()
        threading.Event().wait()

    with pytest.raises(Stuck) as stuck:
        run(program)
    assert stuck.value.end.kind is RunKind.STALLED
    assert stuck.value.end.text.startswith("no progress in 1250 polls and 12.5s of simulated time")


def test_who_looks_at_the_clock_may_give_up_later():
    def program() -> None:
        done, bell = threading.Event(), held()

        def patient() -> None:
            end = time.monotonic() + 40
            while time.monotonic() < end:
                bell.acquire(timeout=POLL_S)
            done.set()

        threading.Thread(target=patient).start()
        done.wait()

    assert run(program) == pytest.approx(40, abs=0.02)


def test_who_sleeps_longer_may_be_the_rescue():
    def program() -> None:
        stop: list[object] = []
        done = threading.Event()
        threading.Thread(target=polls, args=(held(), stop)).start()
        threading.Timer(40, done.set).start()
        done.wait()
        stop.append(True)

    assert run(program) == pytest.approx(40, abs=0.02)


PROGRAM = """
import threading
import acl_api as acl

def serve():
    while True:
        acl.rt.process_report(1000)

acl.init()
acl.rt.set_device(0)
stream, _ = acl.rt.create_stream()
reporter = threading.Thread(target=serve, name="reporter")
reporter.start()
acl.rt.subscribe_report(reporter.ident, stream)
print("over")
"""


def test_on_the_free_host_the_end_of_the_program_waits_for_a_loop_that_polls():
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ended.returncode, ended.stdout) == (3, "over\n")
    assert "aclsim: stalled: no progress in 36" in ended.stderr
    assert "main waits at its end for the threads that are no daemons." in ended.stderr
    assert "To mend: tell reporter to stop before the program ends" in ended.stderr


def test_who_names_a_bound_is_not_given_a_smaller_one():
    assert StallLimits.asked(after=None, polls=None, budget=5) == StallLimits(budget=5)
    assert StallLimits.asked(after=None, polls=300_000, budget=None).agreed >= 300_000
    assert StallLimits.asked(after=9, polls=None, budget=None).agreed >= StallLimits().polls
