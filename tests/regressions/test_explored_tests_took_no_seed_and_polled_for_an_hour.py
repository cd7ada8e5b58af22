"""`aclsim(explore=…, seed=…)` was refused, and each hang of an explored test was polled for an hour of its time."""

from __future__ import annotations

import pytest

import acl_api as acl
from simulator.app.kit.marked import Marked
from simulator.engine.choice import First
from simulator.explore import FunctionSubject
from simulator.explore.bounds import STALL_POLLS

pytest_plugins = "pytester"
# Loaded before suites run in this process: pytest forgets what they import.
LOADED = (Marked,)


def test_the_seed_of_an_explored_test_decides_what_is_drawn_at_random(pytester: pytest.Pytester):
    pytester.makepyfile("""
import pytest

@pytest.mark.aclsim(explore=12, profile="Ascend310P", seed=7)
def test_sync(acl):
    acl.rt.set_device(0)
    stream, _ = acl.rt.create_stream()
    assert acl.rt.synchronize_stream(stream) == 0
""")
    result = pytester.runpytest_inprocess("-p", "no:randomly")
    result.assert_outcomes(passed=1)


def test_a_run_among_many_is_given_up_after_few_polls():
    def hangs() -> None:
        def report(_: object) -> None:
            while True:
                acl.rt.process_report(100)

        acl.rt.set_device(0)
        stream, _ = acl.rt.create_stream()
        reporter, _ = acl.util.start_thread(report, [])
        acl.rt.subscribe_report(reporter, stream)
        acl.util.stop_thread(reporter)

    failure = FunctionSubject(hangs).run(First()).failure
    assert failure is not None
    assert failure.kind == "stalled"
    assert f"in {STALL_POLLS} polls" in failure.sentences[0]
