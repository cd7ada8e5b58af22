"""What the checks find in the programs: nothing in those that are right, the mistake in those that are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs.clues import HANGS
from tests.programs.launch import PROGRAMS, execute

# Made to lose callbacks: its report thread stops first.
WRONG = "pending_at_exit.py"
RIGHT = sorted(path.name for path in PROGRAMS.glob("*.py") if path.name != WRONG)
FIXED = sorted(f"hangs/{path.name}" for path in HANGS.glob("*_fixed.py"))
# Of the programs that hang, those whose mistake is also one of the catalogue's.
HANGING = {
    "callback_syncs_own_stream": "callback-waits-for-itself",
    "gil_destroy_stream": "destroy-can-deadlock",
    "nobody_polls": "report-thread-gone",
    "wrong_thread_polls": "polls-unsubscribed",
}


def serious(report: dict[str, object]) -> list[str]:
    """The ids of findings that `--strict` ends a run for."""
    findings = report["findings"]
    assert isinstance(findings, list)
    return [each["id"] for each in findings if each["severity"] != "note"]


@pytest.mark.parametrize("name", [*RIGHT, *FIXED])
def test_nothing_is_found_in_a_program_that_is_right(name: str, tmp_path: Path):
    ended = execute(name, options=("--strict",), report=tmp_path / "report.json")
    assert ended.code == 0, ended.err
    assert serious(ended.report) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 4))
@pytest.mark.parametrize("name", [*RIGHT, *FIXED])
def test_nothing_is_found_in_it_under_other_orders(name: str, seed: int, tmp_path: Path):
    ended = execute(name, options=("--seed", str(seed)), report=tmp_path / "report.json")
    # A thread may be so slow that the program's own patience ends: what it leaves behind then is its affair.
    assert ended.report["program_code"] or serious(ended.report) == [], ended.err


def test_callbacks_that_are_lost_at_the_end_are_found_with_their_reason(tmp_path: Path):
    ended = execute(WRONG, report=tmp_path / "report.json")
    assert ended.code == 0, ended.err
    assert serious(ended.report) == ["report-thread-gone", "never-synchronised"]
    assert f"error: {WRONG}:41 in main: report-thread-gone: " in ended.err
    assert execute(WRONG, options=("--strict",)).code == 1


@pytest.mark.parametrize(("name", "kind"), HANGING.items())
def test_a_hang_has_its_finding_behind_the_explanation(name: str, kind: str, tmp_path: Path):
    ended = execute(f"hangs/{name}.py", options=("--strict",), report=tmp_path / "report.json")
    assert ended.code == 3, ended.err
    assert serious(ended.report) == [kind]
    lines = ended.err.splitlines()
    assert [number for number, line in enumerate(lines) if f": {kind}: " in line] == [len(lines) - 2], (
        ended.err
    )
