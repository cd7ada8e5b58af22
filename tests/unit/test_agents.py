"""Report agents do what a thread looping over process_report does, by the same guarantees."""

from __future__ import annotations

from dataclasses import replace

import pytest

import acl_api as acl
from simulator.base.profile import load_profile
from simulator.base.trace import CallbackEnded, ReportsTaken
from simulator.check.ordering import check_ordering
from simulator.core.agents import ReportAgent

CALLBACKS = 6


def served(soc: str, cq_depth: int) -> acl.Session:
    """Three streams on one agent, callbacks of both kinds, a queue of *cq_depth* reports."""
    profile = load_profile(soc)
    limits = replace(profile.limits, callback_cq_depth=cq_depth)
    with acl.Session(soc=replace(profile, limits=limits)) as session:
        acl.rt.set_device(0)
        ident = session.host.thread("agent").ident
        streams = [acl.rt.create_stream()[0] for _ in range(3)]
        for stream in streams:
            assert acl.rt.subscribe_report(ident, stream) == 0
        agent = ReportAgent(session.runtime.reports.by_ident[ident], lambda _task: 1000)
        ran: list[object] = []
        for number in range(CALLBACKS):
            for stream in streams:
                assert acl.rt.launch_callback(ran.append, number, number % 2, stream) == 0
        session.kernel.run()
        assert agent.current is None
        assert sorted(ran, key=str) == sorted([*range(CALLBACKS)] * 3, key=str)
    return session


@pytest.mark.parametrize("cq_depth", [1, 2, 512])
@pytest.mark.parametrize("soc", ["Ascend910", "Ascend910B", "Ascend950"])
def test_an_agent_keeps_all_guarantees_also_when_its_queue_is_full(soc: str, cq_depth: int) -> None:
    trace = served(soc, cq_depth).trace
    assert trace is not None
    assert check_ordering(trace) == ()


def test_an_agent_serves_one_callback_at_a_time() -> None:
    trace = served("Ascend910", 1).trace
    assert trace is not None
    ends = [record.time for record in trace.of(CallbackEnded)]
    assert len(set(ends)) == CALLBACKS * 3


def test_an_agent_takes_everything_that_is_ready_at_once() -> None:
    trace = served("Ascend910B", 512).trace
    assert trace is not None
    assert max(len(record.reports) for record in trace.of(ReportsTaken)) > 1
