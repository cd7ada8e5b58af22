"""A thread that was unwound between taking a report and running it lost the callback without a word (O12)."""

from __future__ import annotations

import acl_api as acl
from simulator.base.trace import ReportLost
from simulator.check.ordering import check_ordering

NO_BLOCK = 0


def test_what_a_thread_has_taken_and_not_begun_is_told():
    with acl.Session(devices=1) as session:
        acl.init()
        acl.rt.set_device(0)
        reporter = session.host.thread("reporter")
        stream, _ = acl.rt.create_stream()
        acl.rt.subscribe_report(reporter.ident, stream)

        def first(_data: object) -> None:
            session.host.sleep(1_000_000_000)

        def second(_data: object) -> None:
            raise AssertionError

        acl.rt.launch_callback(first, None, NO_BLOCK, stream)
        acl.rt.launch_callback(second, None, NO_BLOCK, stream)
        session.host.sleep(1_000_000)
        session.host.start(reporter, lambda: acl.rt.process_report(-1))
        session.host.sleep(1_000_000)
    assert session.trace is not None
    assert [(lost.name, lost.reason) for lost in session.trace.of(ReportLost)] == [
        ("second", "reporter had taken it and had not begun it when the run was over")
    ]
    assert check_ordering(session.trace) == ()
