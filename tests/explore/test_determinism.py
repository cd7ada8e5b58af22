"""The same choices twice: equal, or the first step that differs with the likely cause."""

import pytest

from simulator.base.trace import Called, Chosen, ThreadStarted, Trace
from simulator.explore.determinism import first_difference, run_twice
from simulator.explore.subject import Seen
from tests.explore.games import Game

CALL = Called(5, "main", "malloc", 5, 0, None, "#1", None)


def seen(*records):
    trace = Trace()
    for record in records:
        trace.append(record)
    return Seen(None, None, (), trace, hash(records), "", len(records))


def test_equal_runs_do_not_differ():
    assert run_twice(Game([("thread", ("a", "b"))], lambda _: False), ())[1] is None


def test_a_subject_that_changes_is_noticed_at_its_first_step():
    subject = Game([("thread", ("a", "b"))] * 2, lambda _: False, noise=["x", "y"])
    _, difference = run_twice(subject, ())
    assert difference is not None
    assert difference.step == 1


@pytest.mark.parametrize(
    ("one", "other", "cause"),
    [
        (CALL, CALL._replace(time=6), "a time that is not simulated"),
        (Chosen(0, "thread", ("a", "b"), 0), Chosen(0, "thread", ("b", "a"), 0), "the order of a set"),
        (CALL._replace(on="<T at 0x7f12345678>"), CALL._replace(on="<T at 0x7f12345abc>"), "an address"),
        (CALL, CALL._replace(op="free"), "the order of a set"),
        (CALL, ThreadStarted(5, "main", False), "something from outside decides"),
        (CALL, None, "something from outside decides"),
    ],
)
def test_the_likely_cause_is_named(one, other, cause):
    difference = first_difference(seen(CALL, one), seen(CALL, *([] if other is None else [other])))
    assert difference is not None
    assert difference.step == 2
    assert difference.cause.startswith(cause)
    assert "two runs of the same choices differ first in step 2" in str(difference)
