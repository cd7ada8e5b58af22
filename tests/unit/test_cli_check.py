"""`aclsim check`: a stored trace is judged as the run was, and says the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from simulator.app.cli import main
from simulator.app.exits import ExitCode
from tests.scenarios.test_races import TOO_EARLY
from tests.unit.test_cli_run import GOOD, NOBODY_POLLS, ONLY_POLLS

pytestmark = pytest.mark.usefixtures("folder")

TEXTS = {"good": GOOD, "dead": NOBODY_POLLS, "polls": ONLY_POLLS, "race": TOO_EARLY}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in TEXTS.items():
        (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
    return tmp_path


def aclsim(*args: str) -> Result:
    return CliRunner().invoke(main, [*args])


def saved(name: str, *args: str) -> str:
    """Run a scenario and keep its trace; the file's name."""
    aclsim("run", f"{name}.yaml", "--save-trace", f"{name}.jsonl", *args)
    return f"{name}.jsonl"


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("strict", [(), ("--strict",)])
def test_the_verdict_on_a_stored_trace_is_that_on_the_run(name: str, strict: tuple[str, ...]) -> None:
    file = saved(name)
    live = aclsim("run", f"{name}.yaml", "--json", "live.json", *strict)
    stored = aclsim("check", file, "--json", "stored.json", *strict)
    assert stored.exit_code == live.exit_code
    (one,) = json.loads(Path("live.json").read_text("utf-8"))["scenarios"]
    (other,) = json.loads(Path("stored.json").read_text("utf-8"))["traces"]
    assert other["result"] == one["result"]
    assert other["findings"] == one["findings"]
    assert other["end"]["chain"] == one["end"]["chain"]
    assert other["lost"] == one["lost"]
    assert other["trace_hash"] == one["trace"]["hash"]


def test_a_race_is_told_with_the_line_of_the_missing_sync() -> None:
    result = aclsim("check", saved("race"), "--strict")
    assert result.exit_code == ExitCode.FAILED
    assert "error: main step 7 (case.yaml:11): race:".replace("case", "race") in result.stderr
    assert "to mend: call acl.rt.synchronize_stream(s) before main step 8 (race.yaml:12)" in result.stderr
    assert result.stderr.splitlines()[-1].startswith("aclsim: failed: race.jsonl, ")


def test_a_deadlock_is_explained_again() -> None:
    result = aclsim("check", saved("dead"))
    assert result.exit_code == ExitCode.DEADLOCK
    assert "  1. main waits in synchronize_stream on stream s" in result.stderr
    assert result.stderr.splitlines()[-1].startswith("aclsim: deadlock: dead.jsonl")


def test_the_worst_of_several_traces_counts() -> None:
    result = aclsim("check", saved("good"), saved("dead"), "-q")
    assert result.exit_code == ExitCode.DEADLOCK
    assert result.stdout == ""
    assert result.stderr.splitlines()[-1] == ("aclsim: deadlock: 2 traces, not as they should be: dead.jsonl")


def test_json_goes_to_stdout_alone() -> None:
    result = aclsim("check", saved("good"), "--json")
    assert json.loads(result.stdout)["traces"][0]["result"] == "passed"


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["check"], "Missing argument"),
        (["check", "none.jsonl"], "none.jsonl: there is no such file"),
        (["check", "good.yaml"], "good.yaml:1: this is not JSON"),
        (["check", "good.yaml", "-q", "-v"], "exclude each other"),
        (["run", "good.yaml", "--save-trace", "good.yaml"], "would overwrite the scenario"),
        (["run", "good.yaml", "dead.yaml", "--save-trace", "t.jsonl"], "are about one scenario"),
        (["run", "good.yaml", "--save-trace", "no/t.jsonl"], "does not exist; make it first"),
        (["run", "good.yaml", "--save-trace", "dead.yaml"], "aclsim did not write this file"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(args: list[str], says: str) -> None:
    result = aclsim(*args)
    assert result.exit_code == ExitCode.USAGE
    assert says in result.stderr.splitlines()[-1]
