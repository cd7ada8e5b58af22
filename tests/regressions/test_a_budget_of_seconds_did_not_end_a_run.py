"""`aclsim explore --seconds 1` on a program that never calls us took two minutes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.exec.launch import program, python


@pytest.mark.slow
def test_no_run_takes_longer_than_all_are_to_take(tmp_path: Path):
    program(tmp_path, "while True:\n    pass\n")
    ended = python(tmp_path, "-m", "simulator.app", "explore", "prog.py", "--seconds", "0.5", "--jobs", "1")
    assert ended.code == 4
    assert ended.closing.endswith("a run was inconclusive: the program was ended after 0.5 s of real time")
