"""Every program that hangs ends with code 3 and an explanation that somebody new to it can act on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.programs.clues import CLUES, HANGS, place_of
from tests.programs.launch import Outcome, execute, plain
from tests.programs.tables import FIRST_SENTENCES

NAMES = sorted(path.stem for path in HANGS.glob("*.py") if not path.stem.endswith("_fixed"))
ALONE = {"event_never_recorded"}  # the only thread needs no id
# The free host tells after real seconds and runs on; these make it short, and an exit code.
IMPATIENT = {"ACLSIM_STALL": "abort", "ACLSIM_STALL_AFTER": "0.5"}
# On its own threads a program may be so slow that the device is done before anybody waits for it.
SLOW_CLOCK = "0.001"
# Without the GIL model, which plain Python does not have, these two are right.
NEED_THE_GIL = {"gil_destroy_stream", "pageable_copy"}


def sentences(ended: Outcome) -> list[str]:
    """The lines of the explanation without their numbers."""
    return [re.sub(r"^ *\d+\. ", "", line) for line in ended.err.splitlines()]


def test_every_hang_is_in_the_table_has_clues_and_a_twin():
    twins = {path.stem.removesuffix("_fixed") for path in HANGS.glob("*_fixed.py")}
    assert set(NAMES) == twins == set(CLUES) == {Path(name).stem for name in FIRST_SENTENCES}


@pytest.mark.parametrize("name", NAMES)
def test_a_hang_is_explained(name: str):
    ended = execute(f"hangs/{name}.py")
    clue, told = CLUES[name], sentences(ended)
    assert ended.code == 3, ended.err
    assert told[1] == FIRST_SENTENCES[f"{name}.py"]
    assert [phrase for phrase in clue.says if phrase not in ended.err] == [], ended.err
    places = [place_of(name, piece) for piece in clue.places]
    assert [place for place in places if place not in ended.err] == [], ended.err
    assert name in ALONE or re.search(
        r"^Thread ids: main \d{6,}, \w+ \d{6,}\.$", "\n".join(told), re.MULTILINE
    )
    assert [line for line in told if line.startswith("To mend: ") and clue.mend in line] != [], ended.err
    assert told[-1].startswith("aclsim: ")


@pytest.mark.parametrize("name", NAMES)
def test_the_twin_without_the_mistake_ends_well(name: str):
    ended = execute(f"hangs/{name}_fixed.py", options=("--strict",))
    assert ended.code == 0, ended.err
    assert ended.out
    assert len(ended.err.splitlines()) == 1, ended.err


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 4))
@pytest.mark.parametrize("name", NAMES)
def test_a_twin_ends_well_under_other_orders(name: str, seed: int):
    ended = execute(f"hangs/{name}_fixed.py", options=("--seed", str(seed)))
    assert ended.code == 0, ended.err


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_twin_ends_well_on_its_own_threads(name: str):
    ended = plain(f"hangs/{name}_fixed.py")
    assert ended.code == 0, ended.err


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_hang_is_told_on_its_own_threads(name: str):
    ended = execute(
        f"hangs/{name}.py", options=("--host", "free", "--speed", SLOW_CLOCK), variables=IMPATIENT
    )
    assert ended.code == 3, ended.err
    assert f"{name}.py:" in ended.err


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(NAMES) - NEED_THE_GIL))
def test_a_hang_is_told_when_python_only_finds_our_acl(name: str):
    ended = plain(f"hangs/{name}.py", variables=IMPATIENT | {"ACLSIM_SPEED": SLOW_CLOCK})
    assert ended.code == 3, ended.err
    assert f"{name}.py:" in ended.err
