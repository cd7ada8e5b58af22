"""A record that waits for an event id heard of destroyed events only, not of ended subscriptions (rule f3).

And it went on with an event or a stream that was destroyed meanwhile.
"""

from __future__ import annotations

import pytest

from tests.conformance.machine import MS, Machine, rt


def waiting_record(m, event, stream):
    context, _ = rt.get_context()
    codes = []

    def record():
        rt.set_context(context)
        codes.append(rt.record_event(event, stream))

    worker = m.start(record)
    m.sleep(MS)
    assert codes == []
    return worker, codes


def test_the_id_of_an_ended_subscription_is_taken():
    m = Machine("Ascend910B", events=1)
    with m.session:
        m.open()
        stream = m.stream()
        assert rt.subscribe_report(1, stream) == 0
        event, _ = rt.create_event()
        worker, codes = waiting_record(m, event, stream)
        assert rt.unsubscribe_report(1, stream) == 0
        m.join(worker)
        assert codes == [0]


@pytest.mark.parametrize("victim", ["event", "stream"])
def test_what_was_destroyed_meanwhile_is_not_recorded(victim):
    m = Machine("Ascend910B", events=1)
    with m.session:
        m.open()
        stream = m.stream()
        taken, _ = rt.create_event_with_flag(1)
        event, _ = rt.create_event()
        worker, codes = waiting_record(m, event, stream)
        assert (rt.destroy_event(event) if victim == "event" else rt.destroy_stream(stream)) == 0
        assert rt.destroy_event(taken) == 0
        m.join(worker)
        assert codes == [107017]
        assert m.session.runtime.devices[0].events_used == 0
