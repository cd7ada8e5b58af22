"""A program fails now and then, by a random number: shrinking could not repeat it, and nothing said so."""

from itertools import count

from simulator.engine.choice import First
from simulator.explore.determinism import first_difference
from simulator.explore.report import examine
from tests.explore.games import Game


def now_and_then(*failing: int) -> Game:
    """A subject of one order, of which only the runs of these numbers fail."""
    runs = count()
    return Game([("thread", ("a", "b"))], lambda _: next(runs) in failing)


def test_a_failure_that_never_comes_again_is_told_as_not_repeatable():
    subject = now_and_then(0)
    found = examine(subject, subject.run(First()))
    assert str(found.difference) == (
        "two runs of the same choices differ first in step 2: error: it went wrong in one, a pass in the other; "
        "likely cause: something from outside decides: random numbers without a seed, real time, the environment, "
        "or a file that the run before left behind"
    )
    assert list(found.lines())[-1] == f"not repeatable: {found.difference}"


def test_equal_traces_of_which_one_fails_differ_at_their_ends():
    subject = now_and_then(1)
    passed, failed = subject.run(First()), subject.run(First())
    difference = first_difference(passed, failed)
    assert difference is not None
    assert (difference.first, difference.second) == ("a pass", "error: it went wrong")
    assert first_difference(failed, failed) is None
