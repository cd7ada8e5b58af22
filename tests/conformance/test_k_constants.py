"""Rules k: the constants that a program can meet."""

from __future__ import annotations

import pytest

from acl_api.session import Session
from simulator.base.errors import UserError
from tests.conformance.machine import EVERY, NO_BLOCK, rt

SOCS = pytest.mark.parametrize("soc", EVERY)


@SOCS
def test_k1_128_report_threads_have_a_group(machine, soc):
    m = machine(soc)
    codes = [rt.subscribe_report(number, m.stream()) for number in range(1, 130)]
    assert codes == [0] * 128 + [507000]


@SOCS
def test_k2_512_reports_wait_for_one_thread(machine, soc):
    m = machine(soc)
    stream = m.stream()
    m.reporter(stream, started=False)
    for _ in range(513):
        assert rt.launch_callback(print, None, NO_BLOCK, stream) == 0
    m.sleep(10**9)
    (queue,) = m.session.runtime.reports.by_ident.values()
    assert (len(queue.ready), len(queue.post_waits)) == (512, 1)
    assert rt.stream_query(stream) == (1, 0)


def test_k4_64_devices_and_no_more():
    with Session(devices=64):
        assert rt.get_device_count() == (64, 0)
        assert [rt.set_device(63), rt.set_device(64)] == [0, 107001]
    with pytest.raises(UserError, match="1 to 64"):
        Session(devices=65)


@SOCS
def test_k5_priorities_run_from_0_to_7(machine, soc):
    machine(soc)
    assert rt.device_get_stream_priority_range() == (7, 0, 0)
