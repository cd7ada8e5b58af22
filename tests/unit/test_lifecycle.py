"""State tables: every move is in its table, recorded, and nothing else is a move."""

from __future__ import annotations

import pytest

from simulator.base.errors import InternalError
from simulator.base.lifecycle import TABLES, Lifecycle
from simulator.base.trace import Moved, Trace

MOVES = [
    (kind, state, transition, target)
    for kind, table in TABLES.items()
    for state, moves in table.items()
    for transition, target in moves.items()
]
ALL_TRANSITIONS = sorted({transition for _, _, transition, _ in MOVES})


def at(kind, state):
    life = Lifecycle(kind, "it")
    life.state = state
    return life


@pytest.mark.parametrize(("kind", "state", "transition", "target"), MOVES)
def test_a_move_of_the_table_is_made_and_recorded(kind, state, transition, target):
    life, trace = at(kind, state), Trace()
    life.advance(transition, 7, trace)
    assert life.state == target
    assert list(trace) == [Moved(7, kind, "it", state, target)]


@pytest.mark.parametrize(("kind", "state", "transition", "target"), MOVES)
def test_a_move_without_a_trace_is_made_all_the_same(kind, state, transition, target):
    life = at(kind, state)
    life.advance(transition, 7, None)
    assert life.state == target


@pytest.mark.parametrize(
    ("kind", "state"), [(kind, state) for kind, table in TABLES.items() for state in table]
)
def test_every_other_move_is_a_broken_invariant_that_leaves_the_state(kind, state):
    for transition in {*ALL_TRANSITIONS, "nonsense"} - set(TABLES[kind][state]):
        life, trace = at(kind, state), Trace()
        with pytest.raises(InternalError, match=f"it is {state} and has no transition '{transition}'"):
            life.advance(transition, 7, trace)
        assert life.state == state
        assert list(trace) == []


@pytest.mark.parametrize("kind", TABLES)
def test_every_target_is_a_state_and_every_state_can_be_reached(kind):
    table = TABLES[kind]
    reached, new = set(), {next(iter(table))}
    while new:
        reached |= new
        new = {target for state in new for target in table[state].values()} - reached
    assert reached == set(table)


@pytest.mark.parametrize("kind", sorted(set(TABLES) - {"device"}))
def test_what_has_ended_stays_so(kind):
    assert [state for state, moves in TABLES[kind].items() if not moves] == [list(TABLES[kind])[-1]]


def test_a_device_can_always_be_used_again():
    assert all(TABLES["device"].values())


def test_an_object_begins_in_the_first_state_of_its_table():
    assert {kind: Lifecycle(kind, "it").state for kind in TABLES} == {
        kind: next(iter(table)) for kind, table in TABLES.items()
    }
    assert repr(Lifecycle("stream", "s")) == "<stream s live>"
