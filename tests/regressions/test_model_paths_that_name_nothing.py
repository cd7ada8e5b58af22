"""load_from_file("") was a ValueError of pathlib, and a name that is too long an OSError."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conformance.machine import Machine, mdl

NO_SUCH_MODEL = 145002


def answers(path: str) -> tuple[object, ...]:
    m = Machine("Ascend910B")
    with m.session:
        m.open()
        desc = mdl.create_desc()
        return mdl.load_from_file(path), mdl.query_size(path), mdl.get_desc_from_file(desc, path)


@pytest.mark.parametrize("path", ["", ".", "/", "..", "a" * 300, "a/" * 3000, "./"])
def test_a_path_that_names_nothing_is_no_model(path):
    assert answers(path) == ((0, NO_SUCH_MODEL), (0, 0, NO_SUCH_MODEL), NO_SUCH_MODEL)


@given(path=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20))
def test_whatever_a_path_says_it_is_an_answer(path: str):
    assert answers(path)[0] == (0, NO_SUCH_MODEL)
