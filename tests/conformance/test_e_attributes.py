"""Rules e5, e20 to e22: what can be set on streams and asked of them. More in tests/api/test_settings_rows.py."""

from __future__ import annotations

import pytest

from tests.conformance.machine import EVERY, FORGED, MS, NULL, ONE_OF_EACH, c, rt

FAILURE_MODE, OVERFLOW, PRIORITY = 1, 2, 5


@pytest.mark.parametrize("attr", [FAILURE_MODE, OVERFLOW, 3, 4, PRIORITY])
def test_e20_every_attribute_can_be_read_after_it_was_set(machine, attr):
    m = machine()
    stream = m.stream()
    key = {1: "failureMode", 2: "overflowSwitch", 3: "userCustomTag"}.get(attr, "reserved")
    given = 1 if key != "reserved" else [1, 0, 0, 0]
    assert rt.set_stream_attribute(stream, attr, {key: given}) == 0
    assert rt.get_stream_attribute(stream, attr) == ({key: given}, 0)


def test_e20_stop_mode_by_attribute_is_stop_mode(machine):
    m = machine()
    stream = m.stream()
    rt.set_stream_attribute(stream, FAILURE_MODE, {"failureMode": 1})
    m.model(fails_with=507015)(stream)
    m.model()(stream)
    assert rt.synchronize_stream(stream) == 507015
    assert m.dropped() == ["execute"]


def test_e20_a_dead_handle_is_refused_before_the_attribute(machine):
    machine()
    assert rt.set_stream_attribute(FORGED, 99, {}) == 107017
    assert rt.get_stream_attribute(FORGED, 99) == ({}, 107017)


@pytest.mark.parametrize("attr", [FAILURE_MODE, 4])
def test_e20_null_is_the_default_stream_and_needs_a_context(machine, attr):
    m = machine()
    assert rt.get_stream_attribute(NULL, attr)[1] == 0
    assert m.run_in_thread(lambda: rt.get_stream_attribute(NULL, attr)[1]) == 107000


def test_e5_a_priority_that_is_set_later_decides_who_goes_first(machine):
    """Tasks that stand in line keep the place that they came with (assumed)."""
    m = machine()
    streams = [m.stream() for _ in range(3)]
    cores = m.session.profile.engines.ai_cores
    run = m.model(MS, cores=cores)
    assert rt.set_stream_attribute(streams[2], PRIORITY, {"reserved": [0]}) == 0
    for stream in streams[:2]:
        assert rt.set_stream_attribute(stream, PRIORITY, {"reserved": [7]}) == 0
    events = []
    for stream in streams:
        run(stream)
        event, _ = rt.create_event()
        rt.record_event(event, stream)
        events.append(event)
    rt.synchronize_device()
    ends = [rt.event_get_timestamp(event)[0] for event in events]
    assert ends[0] < ends[2] < ends[1]  # the first has begun before the others came


@pytest.mark.parametrize("soc", EVERY)
@pytest.mark.parametrize("flag", [2, 3, 2**32 - 1])
def test_e21_the_overflow_switch_is_0_or_1(machine, soc, flag):
    m = machine(soc)
    assert rt.set_stream_overflow_switch(m.stream(), flag) == 100000


def test_e21_the_switch_of_one_stream_is_not_that_of_another(machine):
    m = machine()
    one, other = m.stream(), m.stream()
    assert rt.set_stream_overflow_switch(one, 1) == 0
    assert rt.get_stream_overflow_switch(one) == (1, 0)
    assert rt.get_stream_overflow_switch(other) == (0, 0)
    rt.create_context(0)
    assert rt.set_stream_overflow_switch(one, 0) == 107003
    assert rt.get_stream_overflow_switch(one) == (0, 107003)


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_e22_priority_and_flags_can_be_asked_of_null_too(machine, soc):
    machine(soc)
    stream, code = rt.create_stream_with_config(5, 3)
    assert code == 0
    assert c.aclrtStreamGetPriority(stream) == (5, 0)
    assert c.aclrtStreamGetFlags(stream) == (3, 0)
    assert c.aclrtStreamGetPriority(None) == (0, 0)
    assert c.aclrtStreamGetFlags(None) == (0, 0)
    assert c.aclrtStreamGetFlags(FORGED) == (0, 107017)
