"""`aclsim explore` and `aclsim replay` on a program of one's own, as a user types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulator.explore.tokens import Token
from tests.exec.launch import program, python
from tests.exec.test_explore_programs import ANSWERS, HIDDEN, MENDED


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "answers.py").write_text(ANSWERS)
    (tmp_path / "mended.py").write_text(MENDED)
    program(tmp_path, HIDDEN)
    return tmp_path


@pytest.mark.slow
def test_a_hidden_order_bug_is_found_replayed_exported_and_gone_when_mended(folder: Path):
    ended = python(
        folder, "-m", "simulator.app", "explore", "prog.py", "--json", "found.json", "--export", "cases"
    )
    assert (ended.code, ended.closing.split(": ")[1]) == (1, "counterexample")
    found = json.loads((folder / "found.json").read_text())
    assert found["counterexample"]["kind"] == "error"
    assert len(found["counterexample"]["deviations"]) == 1
    assert len(found["token"]) < 200

    replayed = python(folder, "-m", "simulator.app", "replay", found["token"])
    assert replayed.code == 1
    assert "LookupError: no answer yet" in replayed.err
    assert replayed.closing.endswith(f"replay: aclsim replay {found['token']}")

    mended = python(folder, "-m", "simulator.app", "replay", found["token"], "mended.py")
    assert mended.code == 0
    assert "answers: [42]" in mended.out
    assert "note: mended.py is not what the token was made of" in mended.err

    test = (folder / "cases" / "test_prog_error.py").read_text()
    assert 'FILE = Path(__file__).parent / "../prog.py"' in test
    compile(test, "test_prog_error.py", "exec")


def test_json_on_stdout_is_the_machines_for_explore_and_the_programs_for_replay(folder: Path):
    ended = python(folder, "-m", "simulator.app", "explore", "prog.py", "--schedules", "1", "--json")
    assert (ended.code, json.loads(ended.out)["verdict"]) == (4, "inconclusive")
    refused = python(folder, "-m", "simulator.app", "replay", str(Token("script", "prog.py")), "--json")
    assert refused.code == 2
    assert "stdout belongs to the program" in refused.closing
