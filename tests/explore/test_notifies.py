"""Notifies and aborts under exploration: who passes is a choice, and searches that leave orders out miss nothing."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import pytest

import acl_api as acl
from tests.explore.machines import CallOf, Machine
from tests.explore.searching import all_three

rt: Any = import_module("acl_api.rt")


class Takes:
    """Takes one answer where a notify lets a waiter pass, else the first."""

    friendly = False

    def __init__(self, answer: int) -> None:
        self.answer = answer
        self.asked: list[int] = []

    def choose(self, kind: str, among: Sequence[object]) -> int:
        if kind != "waiter":
            return 0
        self.asked.append(len(among))
        return self.answer


@pytest.mark.parametrize("answer", [0, 1, 2])
def test_which_of_several_waiters_a_notify_lets_pass_is_a_choice(answer):
    chooser = Takes(answer)
    with acl.Session(chooser=chooser):
        rt.set_device(0)
        waiting = [rt.create_stream()[0] for _ in range(3)]
        giver, _ = rt.create_stream()
        notify, _ = rt.create_notify(0)
        for stream in waiting:
            rt.wait_and_reset_notify(notify, stream, 0)
        for stream in waiting:
            assert rt.synchronize_stream_with_timeout(stream, 1) == 507046
        rt.record_notify(notify, giver)
        rt.synchronize_stream(giver)
        passed = [rt.synchronize_stream_with_timeout(stream, 1) == 0 for stream in waiting]
        rt.stream_abort(waiting[0])
        for stream in waiting:
            rt.destroy_stream_force(stream)
    assert passed == [number == answer for number in range(3)]
    assert chooser.asked == [3]


@pytest.mark.parametrize("steps", [("take 0", "give 1"), ("give 1", "take 0"), ("take 0", "abort 0")])
def test_three_searches_see_the_same_ends(steps):
    calls = tuple(CallOf(do, int(stream)) for do, stream in (step.split() for step in steps))
    covered = all_three(Machine((calls,)), 3_000)
    assert covered is not None
    dfs, dpor, merged = covered
    assert dpor.ends == dfs.ends
    assert merged.ends == dfs.ends
    assert dpor.runs <= dfs.runs
