"""Rules i3 to i7: what a failure leaves behind; rules i1 and i2 are about exception callbacks."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest

from tests.conformance.efgh import hold, other_context, stream_in
from tests.conformance.machine import BLOCK, MS, NO_BLOCK, ONE_OF_EACH, rt

acl: Any = import_module("acl_api")
FAMILIES = pytest.mark.parametrize("soc", ONE_OF_EACH)
CODES = (507014, 507015, 507017, 507018, 507035, 107020)
STOP = 1


@FAMILIES
@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("stop", [False, True], ids=["continue", "stop"])
def test_i3_a_failure_is_stored_on_the_stream_and_in_stop_mode_on_the_context(machine, soc, code, stop):
    m = machine(soc)
    stream, other = m.stream(), m.stream()
    if stop:
        assert rt.set_stream_failure_mode(stream, STOP) == 0
    assert m.model(fails_with=code)(stream) == 0
    assert rt.synchronize_stream(other) in ({0, code} if stop else {0})
    assert rt.synchronize_stream(stream) == code
    assert rt.synchronize_stream(stream) == (code if stop else 0)
    assert rt.synchronize_stream(other) == (code if stop else 0)
    elsewhere = stream_in(other_context())
    assert rt.synchronize_stream(elsewhere) == 0


@FAMILIES
@pytest.mark.parametrize("block", [NO_BLOCK, BLOCK])
def test_i4_in_stop_mode_nothing_behind_a_failure_runs_callbacks_neither(machine, soc, block):
    m = machine(soc)
    stream, ran = m.stream(), list[object]()
    m.reporter(stream)
    assert rt.set_stream_failure_mode(stream, STOP) == 0
    let_go = hold(stream)
    assert rt.launch_callback(ran.append, "before", BLOCK, stream) == 0
    assert m.model(fails_with=507015)(stream) == m.model()(stream) == 0
    assert rt.launch_callback(ran.append, "behind", block, stream) == 0
    let_go()
    assert rt.synchronize_stream(stream) == 507015
    m.sleep(100 * MS)
    assert ran == ["before"]
    assert "execute" in m.dropped()
    assert "callback" in m.dropped()


@FAMILIES
def test_i4_in_continue_mode_they_run(machine, soc):
    m = machine(soc)
    stream, ran = m.stream(), list[object]()
    m.reporter(stream)
    assert m.model(fails_with=507015)(stream) == 0
    assert rt.launch_callback(ran.append, "behind", BLOCK, stream) == 0
    assert rt.synchronize_stream(stream) == 507015
    assert ran == ["behind"]


@FAMILIES
@pytest.mark.parametrize("code", [507010, 507901])
def test_i5_a_device_that_is_lost_answers_every_submit_and_sync_with_its_code(machine, soc, code):
    m = machine(soc, faults=(f"device.lost@5ms={code}",))
    stream, run = m.stream(), m.model(MS)
    assert run(stream) == rt.synchronize_stream(stream) == 0
    m.sleep(10 * MS)
    event, _ = rt.create_event()
    assert run(stream) == rt.synchronize_stream(stream) == rt.record_event(event, stream) == code
    assert rt.synchronize_device() == code


def test_i6_the_last_error_is_of_the_thread_and_the_runtime_layer(machine):
    m = machine()
    assert rt.set_device(99) == 107001
    assert rt.malloc_host(0) == (0, 100000)  # of the ACL layer: not kept
    assert rt.peek_at_last_error(0) == rt.peek_at_last_error(0) == 107001
    assert m.run_in_thread(lambda: rt.peek_at_last_error(0)) == 0
    assert [rt.get_last_error(0) for _ in range(2)] == [107001, 0]
    assert rt.peek_at_last_error(1) == rt.get_last_error(-1) == 100000


def test_i7_the_message_is_none_until_something_fails_and_after_it_was_read(machine):
    machine()
    assert acl.get_recent_err_msg() is None
    assert rt.set_device(99) == 107001
    assert "107001" in acl.get_recent_err_msg()
    assert acl.get_recent_err_msg() is None
