"""Every reader of files and texts answers or refuses whatever it is given: the corpus, and mutations of it."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.fuzz.mutate import mutations
from tests.fuzz.targets import TARGETS, corpus_of

A_FEW, MANY, RUNS, SEED = 60, 1500, 6000, 20261129
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", TARGETS)
def test_the_corpus_is_read_or_refused(name: str):
    """Each target has right examples; what was found once stays with them."""
    for path in corpus_of(name):
        TARGETS[name](path.read_bytes())


def fuzz(name: str, count: int) -> None:
    examples = [path.read_bytes() for path in corpus_of(name)]
    for data in mutations(examples, count, SEED):
        try:
            TARGETS[name](data)
        except Exception as error:
            error.add_note(f"target {name}, given {data!r}")
            raise


@pytest.mark.parametrize("name", TARGETS)
def test_mutations_of_it_are_read_or_refused(name: str):
    fuzz(name, A_FEW)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", TARGETS)
def test_so_are_many_more(name: str):
    fuzz(name, MANY)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris has no wheel for this Python")
@pytest.mark.parametrize("name", TARGETS)
def test_so_is_what_atheris_makes_of_it(name: str):
    command = [sys.executable, "-m", "tests.fuzz", name, "--runs", str(RUNS), "--seed", str(SEED)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=800)
    assert done.returncode == 0, done.stderr[-4000:]
