"""The system gives the id of an ended thread to a new one. Subscriptions go by ids (rules b1, b8), so the new thread
gets the callbacks of the old one's streams: the trace kept the old name, and guarantee O5 was reported as broken.
"""

from __future__ import annotations

import pytest

import acl_api as acl
from simulator.base.subscription_records import Inherited, Subscribed
from simulator.base.trace import CallbackStarted, Noted
from simulator.check.ordering import check_ordering

NO_BLOCK, BLOCK = 0, 1
MS = 1_000_000


@pytest.mark.parametrize("block", [NO_BLOCK, BLOCK])
@pytest.mark.parametrize("subscribes", [False, True], ids=["inherits", "subscribes too"])
def test_a_thread_with_the_id_of_an_ended_one_has_its_subscriptions(block: int, *, subscribes: bool):
    ran: list[object] = []
    with acl.Session(devices=1) as session:
        acl.init()
        acl.rt.set_device(0)
        first, second = session.host.thread("first"), session.host.thread("second")
        old, _ = acl.rt.create_stream()
        new, _ = acl.rt.create_stream()
        session.host.start(first, lambda: acl.rt.process_report(1))
        acl.rt.subscribe_report(first.ident, old)
        session.host.sleep(10 * MS)
        second.ident = first.ident  # as systems do once a thread has ended
        # One report stands in the queue when the second thread begins, one is posted later.
        acl.rt.launch_callback(ran.append, "posted before", block, old)
        session.host.sleep(10 * MS)
        session.host.start(second, lambda: [acl.rt.process_report(10) for _ in range(4)])
        session.host.sleep(5 * MS)
        acl.rt.launch_callback(ran.append, "posted after", block, old)
        if subscribes:
            acl.rt.subscribe_report(second.ident, new)
            acl.rt.launch_callback(ran.append, "its own", block, new)
        session.host.sleep(60 * MS)
        assert acl.rt.unsubscribe_report(second.ident, old) == 0
    assert ran == ["posted before", "posted after", "its own"][: 2 + subscribes]

    trace = session.trace
    assert trace is not None
    assert check_ordering(trace) == ()
    assert {record.thread for record in trace.of(CallbackStarted)} == {"second"}
    assert [(record.thread, record.heir) for record in trace.of(Inherited)] == [("first", "second")]
    assert [record.thread for record in trace.of(Subscribed)][1:] == ["second"] * subscribes
    (note,) = trace.of(Noted)
    assert note.finding == "thread-id-reused"
    assert note.text.startswith(
        "thread second has the id that first had, and so gets the callbacks of stream-0.1:"
    )
