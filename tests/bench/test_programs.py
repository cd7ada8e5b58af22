"""What exploring a program costs: each run is a process, forked from one in which all is prepared."""

from __future__ import annotations

import os
from pathlib import Path
from statistics import median
from time import perf_counter

import pytest

from simulator.app.execution.options import ExecOptions
from simulator.app.execution.target import Target
from simulator.app.exploring.programs import ProgramSubject
from simulator.engine.choice import First
from simulator.engine.timing import timing_of
from simulator.explore import Verdict, explore

pytestmark = pytest.mark.bench
_REPEATS = 40
# One run, from the order to what is thought of it, against a fork of this process that ends at once.
_MOST_FORKS = 12
# Two threads and thirty calls, all of them right: blocks are filled, copied, and told of by callbacks.
BLOCKS = """\
import threading
import acl

running, served = True, []

def check(result):
    *values, code = result if isinstance(result, tuple) else (result,)
    if code != 0:
        raise RuntimeError(code)
    return values[0] if values else None

def serve():
    while running:
        acl.rt.process_report(100)

check(acl.init())
check(acl.rt.set_device(0))
stream = check(acl.rt.create_stream())
device = check(acl.rt.malloc(4096, 2))
host = check(acl.rt.malloc_host(4096))
reporter = threading.Thread(target=serve, name="reporter")
reporter.start()
check(acl.rt.subscribe_report(reporter.ident, stream))
for number in range(4):
    check(acl.rt.memset_async(device, 4096, number, 4096, stream))
    check(acl.rt.memcpy_async(host, 4096, device, 4096, 2, stream))
    check(acl.rt.launch_callback(served.append, number, 1, stream))
check(acl.rt.synchronize_stream(stream))
check(acl.rt.unsubscribe_report(reporter.ident, stream))
running = False
reporter.join()
check(acl.rt.free_host(host))
check(acl.rt.free(device))
check(acl.rt.destroy_stream(stream))
check(acl.rt.reset_device(0))
check(acl.finalize())
assert served == [0, 1, 2, 3], served
"""


@pytest.fixture
def subject(tmp_path: Path):
    (tmp_path / "blocks.py").write_text(BLOCKS, "utf-8")
    target = Target("script", str(tmp_path / "blocks.py"), ())
    made = ProgramSubject(target, ExecOptions(timing=timing_of("untimed")))
    yield made
    made.close()


@pytest.mark.timeout(300)
def test_two_threads_with_thirty_calls_are_proved_within_the_default_bounds(subject: ProgramSubject):
    proof = explore(subject, jobs=2)
    print(
        f"\n{proof.schedules} schedules in {proof.seconds:.1f} s, {proof.schedules / proof.seconds:.0f} per second"
    )
    assert proof.verdict is Verdict.HOLDS, proof.proof


def test_a_run_costs_no_more_than_a_few_forks(subject: ProgramSubject):
    subject.run(First())
    pairs = [(_run(subject), _fork()) for _ in range(_REPEATS)]
    ratio = median(run / fork for run, fork in pairs)
    print(f"\na run at best {min(run for run, _ in pairs) * 1e3:.1f} ms, {ratio:.1f} forks")
    assert ratio <= _MOST_FORKS


def _run(subject: ProgramSubject) -> float:
    began = perf_counter()
    assert subject.run(First()).failure is None
    return perf_counter() - began


def _fork() -> float:
    began = perf_counter()
    process = os.fork()
    if not process:
        os._exit(0)
    os.waitpid(process, 0)
    return perf_counter() - began
