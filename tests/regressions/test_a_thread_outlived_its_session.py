"""A thread of the free host that polled on after its session came to the next one, or opened the default one.

The property: when a session with threads of its own is closed, they have ended.
"""

from __future__ import annotations

import threading

import acl_api as acl
from acl_api.session import current_session


def test_threads_of_a_closed_session_have_ended():
    before = threading.active_count()
    for _ in range(20):
        with acl.Session(devices=1, host="free") as session:
            acl.rt.set_device(0)

            def poll() -> None:
                while True:
                    acl.rt.process_report(1)  # nobody subscribes it: answers at once

            session.host.start(session.host.thread("poller"), poll)
            acl.rt.create_stream()
        assert all(thread.ended for thread in session.host.threads if thread.name == "poller")
        assert current_session() is None
    assert threading.active_count() == before
