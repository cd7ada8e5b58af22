"""The critical transition: the last choice before which something can still pass."""

from hypothesis import given
from hypothesis import strategies as st

from simulator.explore.critical import critical_transition
from tests.explore.games import Answers, Game

NAMES = ("main", "reporter")


@given(st.lists(st.integers(0, 1), min_size=9, max_size=9), st.integers(0, 8))
def test_it_is_the_choice_that_decides(answers, decides):
    answers[decides] = 1
    subject = Game([("thread", NAMES)] * 9, lambda taken: taken[decides] == "reporter")
    critical = critical_transition(subject, subject.run(Answers(*answers), detail=True))
    assert (critical.step, critical.steps, critical.time) == (decides + 1, 9, decides)
    assert str(critical).startswith(f"choice {decides + 1} of 9 at ")


def test_the_last_chance_may_be_a_friendly_choice():
    subject = Game([("thread", NAMES)] * 3, lambda taken: taken[1] == "main")
    critical = critical_transition(subject, subject.run(Answers(1), detail=True))
    assert critical.choice is not None
    assert (critical.step, critical.choice.value) == (2, 0)
    assert "main first at thread" in str(critical)


def test_it_says_so_when_nothing_ever_passes():
    subject = Game([("thread", NAMES)] * 3, lambda _taken: True)
    critical = critical_transition(subject, subject.run(Answers(), detail=True))
    assert critical.step == 0
    assert str(critical) == "no pass was seen in any order: 6 continuations were tried from the beginning"
