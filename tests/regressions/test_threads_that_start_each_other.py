"""Each thread started while another one blocked began deeper: the hundredth ended in a RecursionError."""

from __future__ import annotations

import acl_api as acl
from simulator.engine.hosts.ends import RunKind


def test_the_depth_of_a_thread_does_not_depend_on_who_blocked_before_it():
    def deep(levels: int) -> int:
        return 0 if levels == 0 else 1 + deep(levels - 1)

    with acl.Session(devices=1) as session:
        reached: list[int] = []

        def sleeps_and_recurses() -> None:
            reached.append(deep(400))
            session.host.sleep(10)

        for number in range(500):
            session.host.start(session.host.thread(f"t{number}"), sleeps_and_recurses)
        assert session.host.run().kind is RunKind.DONE
    assert reached == [400] * 500


def test_a_chain_of_threads_that_start_the_next_one():
    with acl.Session(devices=1) as session:
        started: list[int] = []

        def starts_next(number: int) -> None:
            started.append(number)
            if number < 500:
                thread = session.host.thread(f"t{number}")
                session.host.start(thread, lambda: starts_next(number + 1))
                session.host.join(thread)

        session.host.start(session.host.thread("first"), lambda: starts_next(0))
        assert session.host.run().kind is RunKind.DONE
    assert started == list(range(501))
