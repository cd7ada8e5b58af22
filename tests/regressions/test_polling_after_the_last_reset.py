"""A loop over process_report after its device was reset got 107002 at once, for ever: nobody else ran again."""

from __future__ import annotations

import acl_api as acl
from simulator.engine.hosts.ends import RunKind

BLOCK = 1
CONTEXT_NULL = 107002


def nothing(_data: object) -> None:
    """Do what an empty callback does."""


def test_the_others_go_on_while_a_thread_polls_without_a_context():
    codes: list[int] = []
    with acl.Session(devices=1) as session:
        reporter = session.host.thread("reporter")
        stop: list[bool] = []

        def polls() -> None:
            while not stop:
                codes.append(acl.rt.process_report(10))

        def main() -> None:
            acl.init()
            context, _ = acl.rt.create_context(0)
            stream, _ = acl.rt.create_stream()
            acl.rt.subscribe_report(reporter.ident, stream)
            session.host.start(reporter, polls)
            session.host.sleep(1_000_000)
            assert acl.rt.destroy_context(context) == 0
            stop.append(True)

        session.host.start(session.host.thread("main"), main)
        assert session.host.run().kind is RunKind.DONE
    assert CONTEXT_NULL in codes
