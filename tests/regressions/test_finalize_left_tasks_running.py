"""Finalize dropped the tasks, but the end of the one that was running then ended a later task of the stream.

It also left the closed queue of the hidden thread in place, so that resetting the device raised KeyError,
and it kept the event ids of the subscriptions it ended.
"""

from __future__ import annotations

import pytest

import acl_api as acl
from simulator.check.ordering import check_ordering
from tests.conformance.machine import MS, ONE_OF_EACH, Machine, c, rt


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_a_task_launched_after_finalize_takes_its_whole_time(soc):
    m = Machine(soc)
    with m.session:
        m.open()
        stream = m.stream()
        m.model(5 * MS)(stream)
        m.sleep(MS)
        assert acl.finalize() == 0
        began = m.now
        m.model(100 * MS)(stream)
        assert rt.synchronize_stream(stream) == 0
        assert m.now - began >= 100 * MS
    assert m.session.trace is not None
    assert check_ordering(m.session.trace) == ()


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_the_device_can_be_reset_after_finalize_when_host_functions_were_used(soc):
    m = Machine(soc)
    with m.session:
        m.open()
        stream = m.stream()
        assert c.aclrtLaunchHostFunc(stream, id, None) == 0
        assert rt.synchronize_stream(stream) == 0
        assert acl.finalize() == 0
        assert rt.reset_device(0) == 0


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_subscriptions_can_be_made_again_however_often(soc):
    m = Machine(soc, events=1, notifies=1)
    with m.session:
        m.open()
        stream = m.stream()
        for _ in range(3):
            assert rt.subscribe_report(1, stream) == 0
            assert acl.finalize() == 0
            assert acl.init() == 0
