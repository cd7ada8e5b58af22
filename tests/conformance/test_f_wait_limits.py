"""Rule f15: waits for events with a limit of their own, and flags of records and waits. Not in pyACL."""

from __future__ import annotations

import pytest

from tests.conformance.machine import FORGED, MS, ONE_OF_EACH, c, rt

SECOND = 1000 * MS


@pytest.fixture
def late(machine):
    """A machine, a stream, and an event that is recorded behind 5 seconds of work."""
    m = machine()
    busy, stream = m.stream(), m.stream()
    event, _ = rt.create_event_with_flag(1)
    m.model(5 * SECOND)(busy)
    rt.record_event(event, busy)
    return m, stream, event


def test_f15_the_wait_fails_after_its_seconds(late):
    m, stream, event = late
    assert c.aclrtStreamWaitEventWithTimeout(stream, event, 2) == 0
    began = m.now
    assert rt.synchronize_stream(stream) == 107020
    assert m.now - began == pytest.approx(2 * SECOND, rel=0.01)


@pytest.mark.parametrize("seconds", [0, 6])
def test_f15_it_passes_with_the_record_or_waits_for_ever(late, seconds):
    m, stream, event = late
    assert c.aclrtStreamWaitEventWithTimeout(stream, event, seconds) == 0
    assert rt.synchronize_stream(stream) == 0
    assert m.now >= 5 * SECOND
    m.sleep(10 * SECOND)
    assert rt.synchronize_stream(stream) == 0


def test_f15_its_own_limit_goes_before_that_of_the_process(late):
    _, stream, event = late
    rt.set_op_wait_timeout(1)
    c.aclrtStreamWaitEventWithTimeout(stream, event, 0)
    assert rt.synchronize_stream(stream) == 0


def test_f15_a_negative_timeout_is_refused_before_anything_else(machine):
    machine()
    assert c.aclrtStreamWaitEventWithTimeout(FORGED, None, -1) == 107000


def test_f15_the_checks_of_the_plain_wait_hold_too(machine):
    m = machine()
    stream = m.stream()
    event, _ = rt.create_event()
    assert c.aclrtStreamWaitEventWithTimeout(stream, None, 0) == 107000
    assert c.aclrtStreamWaitEventWithTimeout(stream, FORGED, 0) == 107017
    rt.create_context(0)
    assert c.aclrtStreamWaitEventWithTimeout(stream, event, 0) == 107003


@pytest.mark.parametrize("soc", ["Ascend310", "Ascend310P", "Ascend910"])
def test_f15_products_without_the_limit_wait_as_long_as_it_takes(machine, soc):
    m = machine(soc)
    busy, stream = m.stream(), m.stream()
    event, _ = rt.create_event_with_flag(1)
    m.model(5 * SECOND)(busy)
    rt.record_event(event, busy)
    assert c.aclrtStreamWaitEventWithTimeout(stream, event, 1) == 0
    assert rt.synchronize_stream(stream) == 0


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_f15_the_flag_call_knows_two_flags_and_no_limit_with_external(machine, soc):
    m = machine(soc)
    stream = m.stream()
    event, _ = rt.create_event_ex_with_flag(1)
    assert c.aclrtStreamWaitEventWithFlag(stream, None, 0, 0) == 100000
    assert c.aclrtStreamWaitEventWithFlag(stream, event, 0, 2) == 100000
    assert c.aclrtStreamWaitEventWithFlag(stream, event, 1, 1) == 100000
    assert c.aclrtRecordEventWithFlag(None, stream, 0) == 100000
    assert c.aclrtRecordEventWithFlag(event, stream, 2) == 100000


def test_f15_external_outside_of_a_capture_gives_107029(machine):
    m = machine()
    stream = m.stream()
    event, _ = rt.create_event_ex_with_flag(1)
    assert c.aclrtRecordEventWithFlag(event, stream, 1) == 107029
    assert c.aclrtStreamWaitEventWithFlag(stream, event, 0, 1) == 107029


def test_f15_external_needs_an_event_of_the_new_kind(machine):
    m = machine()
    stream = m.stream()
    event, _ = rt.create_event_with_flag(1)
    assert c.aclrtStreamWaitEventWithFlag(stream, event, 0, 1) == 207000
    assert c.aclrtRecordEventWithFlag(event, stream, 1) == 207000


def test_f15_the_flag_of_an_event_may_not_change(machine):
    m = machine()
    stream = m.stream()
    used, _ = rt.create_event_ex_with_flag(1)
    assert rt.record_event(used, stream) == 0
    assert rt.stream_wait_event(stream, used) == 0
    assert c.aclrtRecordEventWithFlag(used, stream, 1) == 107000
    assert c.aclrtStreamWaitEventWithFlag(stream, used, 0, 1) == 107000
    other, _ = rt.create_event_ex_with_flag(1)
    c.aclrtRecordEventWithFlag(other, stream, 1)
    c.aclrtStreamWaitEventWithFlag(stream, other, 0, 1)
    assert rt.record_event(other, stream) == 107000
    assert rt.stream_wait_event(stream, other) == 107000
    assert c.aclrtStreamWaitEventWithFlag(stream, other, 0, 0) == 107000


def test_f15_the_flag_call_with_the_default_is_a_plain_wait(late):
    m, stream, event = late
    assert c.aclrtStreamWaitEventWithFlag(stream, event, 0, 0) == 0
    assert rt.synchronize_stream(stream) == 0
    assert m.now >= 5 * SECOND
    assert c.aclrtRecordEventWithFlag(event, stream, 0) == 0
    assert rt.synchronize_event(event) == 0
