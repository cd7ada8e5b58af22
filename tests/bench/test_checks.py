"""What looking for mistakes costs: a traced run with all checks of its trace, against the same run without them."""

from __future__ import annotations

import gc
from statistics import median
from time import process_time

import pytest

from acl_api import rt
from acl_api.session import Session
from simulator.base.trace import Trace
from simulator.check.lost import find_lost
from simulator.check.ordering import check_ordering
from simulator.check.suite import check_trace

pytestmark = pytest.mark.bench
_ROUNDS, _LAUNCHES, _REPEATS = 2_000, 6, 5
_SIZE, _H2D, _D2H = 4096, 1, 2


def copies() -> Trace:
    """Copy to the device on one stream and back on another, in turns that events hand on."""
    with Session(costs="null") as session:
        assert rt.set_device(0) == 0
        up, down, event = rt.create_stream()[0], rt.create_stream()[0], rt.create_event_ex_with_flag(1)[0]
        source, there, back = rt.malloc_host(_SIZE)[0], rt.malloc(_SIZE, 0)[0], rt.malloc_host(_SIZE)[0]
        assert rt.memset(source, _SIZE, 1, _SIZE) == 0
        for number in range(_ROUNDS):
            assert rt.memcpy_async(there, _SIZE, source, _SIZE, _H2D, up) == 0
            assert rt.record_event(event, up) == rt.stream_wait_event(down, event) == 0
            assert rt.memcpy_async(back, _SIZE, there, _SIZE, _D2H, down) == 0
            assert rt.record_event(event, down) == rt.stream_wait_event(up, event) == 0
            if number % 100 == 0:
                assert rt.synchronize_stream(down) == 0
        assert rt.synchronize_device() == 0
    assert session.trace is not None
    return session.trace


def seconds() -> tuple[float, float]:
    """Return the processor time of a run as every run is judged, and of all checks besides."""
    gc.collect()
    began = process_time()
    trace = copies()
    assert check_ordering(trace) == ()
    assert find_lost(trace) == ()
    judged = process_time()
    assert not any(finding.severity == "error" for finding in check_trace(trace))
    return judged - began, process_time() - judged


@pytest.mark.timeout(600)
def test_all_checks_at_most_double_the_time_of_a_traced_run():
    ratios = []
    for _ in range(_REPEATS):
        off, more = seconds()
        ratios.append((off + more) / off)
    launches = _ROUNDS * _LAUNCHES
    print(f"\nchecks on / off over {launches:,} launches: {median(ratios):.2f} (goal: 2)")
    assert median(ratios) <= 2
