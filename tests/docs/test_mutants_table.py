"""docs/mutants.md is what `aclsim mutants --markdown` prints."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.app.mutants.catalogue import CATALOGUE

PAGE = (Path(__file__).parents[2] / "docs" / "mutants.md").read_text("utf-8")


def test_every_mutant_is_in_the_table_and_none_survives():
    _head, *rows = re.findall(r"^\| ([a-z0-9-]+) \| (.+?) \| ", PAGE, re.MULTILINE)
    assert dict(rows) == {name: mutant.mistake for name, mutant in CATALOGUE.items()}
    assert f"{len(CATALOGUE)} of {len(CATALOGUE)} are noticed." in PAGE


@pytest.mark.slow
def test_the_table_is_current():
    made = subprocess.run(
        [sys.executable, "-m", "simulator.app", "mutants", "--markdown"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert made.stdout == PAGE, "run: aclsim mutants --markdown > docs/mutants.md"
