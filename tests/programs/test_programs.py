"""Every program of scenarios/programs runs to its end on both hosts and prints what its README says."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.programs.launch import PROGRAMS, execute, plain
from tests.programs.tables import LAST_LINES

NAMES = sorted(LAST_LINES)


def some(*quick: str) -> object:
    """A parameter for the last name; its test takes a process or two, so all but the other names are slow."""
    *chosen, name = quick
    return pytest.param(name, marks=() if name in chosen else pytest.mark.slow)


def test_every_program_is_in_the_table():
    assert {path.name for path in PROGRAMS.glob("*.py")} == set(LAST_LINES)


@pytest.mark.parametrize("path", sorted(PROGRAMS.rglob("*.py")), ids=lambda path: path.stem)
def test_no_program_imports_anything_of_ours(path: Path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    modules |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name for name in modules if name.split(".")[0] in {"acl_api", "simulator", "tests"}} == set()


@pytest.mark.parametrize("name", NAMES)
def test_a_program_runs_under_control(name: str):
    ended = execute(name)
    assert (ended.code, ended.last_line) == (0, LAST_LINES[name]), ended.err


@pytest.mark.parametrize("name", NAMES)
def test_a_program_runs_on_its_own_threads(name: str):
    ended = execute(name, options=("--host", "free"))
    assert (ended.code, ended.last_line) == (0, LAST_LINES[name]), ended.err


@pytest.mark.parametrize("name", [some("report_thread.py", "worker_pool.py", name) for name in NAMES])
def test_a_program_runs_when_python_only_finds_our_acl(name: str):
    ended = plain(name)
    assert (ended.code, ended.last_line) == (0, LAST_LINES[name]), ended.err


@pytest.mark.parametrize("name", [some("multi_device.py", name) for name in NAMES])
def test_the_same_seed_gives_the_same_trace(name: str, tmp_path: Path):
    first, second = (
        execute(name, options=("--seed", "3"), report=tmp_path / f"{number}.json") for number in range(2)
    )
    assert first.code == second.code == 0, first.err + second.err
    assert first.report["trace_hash"] == second.report["trace_hash"]


def test_another_seed_gives_another_trace(tmp_path: Path):
    first, second = (
        execute("multi_device.py", options=("--seed", str(seed)), report=tmp_path / f"{seed}.json")
        for seed in (3, 4)
    )
    assert first.report["trace_hash"] != second.report["trace_hash"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize("name", NAMES)
def test_a_correct_program_ends_well_under_every_seed(name: str, seed: int):
    ended = execute(name, options=("--seed", str(seed)))
    assert (ended.code, ended.last_line) == (0, LAST_LINES[name]), ended.err
