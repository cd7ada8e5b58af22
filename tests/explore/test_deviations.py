"""Deviations: a schedule told by what it was about, not by places in a list."""

from hypothesis import given
from hypothesis import strategies as st

from simulator.engine.choice import Recorder
from simulator.explore.deviations import Deviating, Deviation, deviations_of
from tests.explore.games import Answers, Game

NAMES = ("main", "reporter", "stream-1")
points = st.lists(
    st.tuples(st.sampled_from(["thread", "launch"]), st.permutations(NAMES).map(lambda names: names[:2])),
    max_size=20,
)


def game(asked):
    return Game(asked, lambda _taken: False)


@given(points, st.lists(st.integers(0, 2)))
def test_replaying_the_deviations_of_a_run_repeats_it(asked, answers):
    seen = game(asked).run(Answers(*answers))
    chooser = Deviating(deviations_of(seen.choices))
    again = game(asked).run(chooser)
    assert again.choices == seen.choices
    assert not chooser.missed


@given(points, st.lists(st.integers(0, 2)), points)
def test_points_of_another_kind_in_between_change_nothing(asked, answers, others):
    others = [("new", names) for _, names in others]
    seen = game(asked).run(Answers(*answers))
    mixed = [point for pair in zip(asked, others, strict=False) for point in pair] + asked[len(others) :]
    chooser = Deviating(deviations_of(seen.choices))
    again = game(mixed).run(chooser)
    assert [each for each in again.choices if each.kind != "new"] == list(seen.choices)


def test_the_friendly_order_has_no_deviations():
    assert deviations_of(game([("thread", NAMES)] * 3).run(Answers()).choices) == ()


def test_an_option_is_found_by_its_name_when_its_place_has_changed():
    recorder = Recorder(Deviating([Deviation("thread", "main", 1, "stream-1", 1)]))
    assert recorder.choose("thread", NAMES) == 2


def test_the_place_decides_between_options_of_one_name():
    chooser = Deviating([Deviation("tie", "s", 1, "s", 2)])
    assert chooser.choose("tie", ("s", "s", "s")) == 2


def test_it_says_where_it_left_the_recorded_path_and_goes_on_in_the_friendly_order():
    wanted = [Deviation("thread", "main", 1, "worker", 1), Deviation("thread", "main", 9, "reporter", 1)]
    chooser = Deviating(wanted)
    assert [chooser.choose("thread", NAMES) for _ in range(3)] == [0, 0, 0]
    assert list(map(str, chooser.missed)) == [
        "the recorded path was left at thread 1 of main: worker could not go there, only main, reporter, stream-1",
        "the recorded path was left: thread 9 of main, where reporter went first, never came",
    ]
