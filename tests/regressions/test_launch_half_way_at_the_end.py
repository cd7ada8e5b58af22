"""A launch of several tasks that waited half-way for room lost the rest of its tasks without a reason (O12)."""

from __future__ import annotations

from dataclasses import replace

import pytest

import acl_api as acl
from simulator.base.profile import load_profile
from simulator.base.trace import TaskDropped
from simulator.check.ordering import check_ordering

BLOCK = 1


def narrow(queue_depth: int):
    profile = load_profile("Ascend910B")
    return replace(profile, limits=replace(profile.limits, queue_depth=queue_depth))


def nothing(_data: object) -> None:
    """Do what an empty callback does."""


@pytest.mark.parametrize("how", ["end", "finalize", "destroy_stream_force"])
def test_what_a_launch_had_announced_is_dropped_with_a_reason(how):
    codes: list[int] = []
    with acl.Session(soc=narrow(4), devices=1) as session:
        acl.init()
        acl.rt.set_device(0)
        stream, _ = acl.rt.create_stream()
        acl.rt.subscribe_report(session.host.thread("nobody").ident, stream)
        acl.rt.launch_callback(nothing, None, BLOCK, stream)

        def launches() -> None:
            acl.rt.set_device(0)
            codes.extend(acl.rt.launch_callback(nothing, None, BLOCK, stream) for _ in range(2))

        session.host.start(session.host.thread("launcher"), launches)
        session.host.sleep(1_000_000)
        if how == "finalize":
            acl.finalize()
        elif how == "destroy_stream_force":
            acl.rt.destroy_stream_force(stream)
        session.host.sleep(1_000_000)
    assert session.trace is not None
    assert check_ordering(session.trace) == ()
    assert len(session.trace.of(TaskDropped)) >= 5
    assert 0 not in codes[:1]
