"""Shrinking: fewer deviations, the same failure, and never more runs than allowed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.base.errors import UserError
from simulator.explore.deviations import Deviating
from simulator.explore.shrink import shrink_schedule
from tests.explore.games import Answers, Game

NAMES = ("main", "reporter", "stream-1", "stream-2")
answers = st.lists(st.integers(0, 3), min_size=8, max_size=8)


def needs(*wanted: tuple[int, str]):
    """Return a game of 8 points that fails when each of *wanted* (place, name) was taken."""
    return Game([("thread", NAMES)] * 8, lambda taken: all(taken[at] == name for at, name in wanted))


@given(answers)
def test_what_is_left_is_what_the_failure_needs(found):
    found[2], found[5] = 3, 1
    subject = needs((2, "stream-2"), (5, "reporter"))
    shrunk = shrink_schedule(subject, subject.run(Answers(*found)))
    assert [(each.nth, each.taken) for each in shrunk.deviations] == [(3, "stream-2"), (6, "reporter")]
    assert shrunk.minimal
    assert shrunk.seen.failure is not None


@given(answers, st.integers(0, 40))
def test_it_keeps_within_its_attempts_and_returns_a_failing_run(found, attempts):
    found[7] = 2
    subject = needs((7, "stream-1"))
    failing = subject.run(Answers(*found))
    shrunk = shrink_schedule(subject, failing, attempts=attempts)
    assert shrunk.attempts <= attempts
    assert subject.runs <= attempts + 2
    assert shrunk.seen.failure == failing.failure
    assert subject.run(Deviating(shrunk.deviations)).failure == failing.failure


def test_lower_values_are_preferred():
    subject = Game([("thread", NAMES)], lambda taken: taken[0] != "main")
    shrunk = shrink_schedule(subject, subject.run(Answers(3)))
    assert [(each.taken, each.value) for each in shrunk.deviations] == [("reporter", 1)]


def test_earlier_points_are_preferred():
    subject = Game([("thread", NAMES[:2])] * 6, lambda taken: "reporter" in taken)
    shrunk = shrink_schedule(subject, subject.run(Answers(0, 0, 0, 0, 0, 1)))
    assert [each.nth for each in shrunk.deviations] == [1]


def test_one_deviation_is_found_where_two_did_it_together():
    def wrong(taken):
        return (taken[0] == taken[1] == "reporter" and taken[3] == "main") or taken == ["main"] * 3 + [
            "stream-1"
        ]

    subject = Game([("thread", NAMES)] * 4, wrong)
    shrunk = shrink_schedule(subject, subject.run(Answers(1, 1)))
    assert [(each.nth, each.taken) for each in shrunk.deviations] == [(4, "stream-1")]


reasons = st.dictionaries(st.integers(0, 5), st.sampled_from(NAMES[1:]), min_size=1, max_size=5)


@given(st.lists(reasons, min_size=1, max_size=4), st.data())
def test_what_is_left_is_the_shortest_of_all_reasons_to_fail(wanted, data):
    """However the failure was found: a walk may have come to it in four steps that two others reach."""

    def wrong(taken):
        return any(all(taken[at] == name for at, name in each.items()) for each in wanted)

    subject = Game([("thread", NAMES)] * 6, wrong)
    found = data.draw(st.sampled_from(wanted))
    names = [found.get(at) or data.draw(st.sampled_from(NAMES)) for at in range(6)]
    shrunk = shrink_schedule(subject, subject.run(Answers(*map(NAMES.index, names))))
    fewest = min(map(len, wanted))
    assert len(shrunk.deviations) == fewest or len(shrunk.deviations) >= fewest > 2
    assert shrunk.minimal


def test_faults_and_durations_go_first():
    points = [("fault", ("no fault", "device.lost")), ("duration", ("x1", "x2")), ("thread", NAMES)]
    subject = Game(points, lambda taken: taken[2] == "reporter")
    shrunk = shrink_schedule(subject, subject.run(Answers(1, 1, 1)))
    assert [each.kind for each in shrunk.deviations] == ["thread"]


def test_another_failure_is_not_taken_for_the_same():
    subject = needs((0, "reporter"))
    failing = subject.run(Answers(1, 1))
    subject.signature = ("error", "another")
    shrunk = shrink_schedule(subject, failing)
    assert not shrunk.reproduced
    assert shrunk.seen is failing


def test_a_failure_in_the_friendly_order_needs_no_deviations():
    subject = Game([("thread", NAMES)] * 3, lambda _taken: True)
    assert shrink_schedule(subject, subject.run(Answers(1, 2, 3))).deviations == ()


def test_a_passing_run_cannot_be_shrunk():
    subject = needs((0, "reporter"))
    with pytest.raises(UserError, match="nothing to shrink"):
        shrink_schedule(subject, subject.run(Answers()))
