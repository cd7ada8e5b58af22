"""`aclsim run`: what it prints where, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from simulator.app import runner
from simulator.app.cli import main
from simulator.app.exits import ExitCode, worst
from simulator.base.errors import InternalError

pytestmark = pytest.mark.usefixtures("folder")

GOOD = """\
schema_version: 1
title: one callback
callbacks:
  post: {takes: 1ms}
threads:
  main:
    - init
    - set_device: {device: 0}
    - create_stream: {as: s}
    - start_thread: reporter
    - subscribe_report: {thread: reporter, stream: s}
    - launch_callback: {fn: post, block: true, stream: s}
    - synchronize_stream: {stream: s}
    - set_flag: done
  reporter:
    - until: done
      steps:
        - process_report: {timeout: 100ms}
expect:
  - callbacks: {fn: post, count: 1, thread: reporter}
"""
WRONG_COUNT = GOOD.replace("count: 1", "count: 2")
NOBODY_POLLS = GOOD.partition("  reporter:")[0] + "  reporter:\n    - sleep: 1ms\n"
ONLY_POLLS = """\
schema_version: 1
title: everybody polls
threads:
  main:
    - init
    - set_device: {device: 0}
    - create_stream: {as: s}
    - subscribe_report: {thread: main, stream: s}
    - repeat: 100
      steps: [{process_report: {timeout: 1s, returns: 507012}}]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("ACLSIM_SEED", "ACLSIM_SOC", "ACLSIM_DEVICES", "ACLSIM_BACKEND", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    texts = {"good": GOOD, "wrong": WRONG_COUNT, "dead": NOBODY_POLLS, "polls": ONLY_POLLS}
    for name, text in texts.items():
        (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
    return tmp_path


def aclsim(*args: str) -> Result:
    return CliRunner().invoke(main, ["run", *args])


def last_line(result: Result) -> str:
    return result.stderr.splitlines()[-1]


def report_of(result: Result) -> dict[str, Any]:
    scenarios: list[dict[str, Any]] = json.loads(result.stdout)["scenarios"]
    assert len(scenarios) == 1
    return scenarios[0]


def test_the_built_in_example_runs_without_any_file():
    result = aclsim()
    assert result.exit_code == 0
    assert result.stdout.startswith("passed")
    assert last_line(result).startswith("aclsim: passed: blocking_callback.yaml")


def test_a_good_run_shows_each_expectation_with_its_place_and_the_guarantees():
    result = aclsim("good.yaml")
    assert result.exit_code == 0
    assert "good.yaml:20  post ran 1 times on reporter" in result.stdout
    assert "O1-O12" in result.stdout
    assert result.stderr.splitlines() == [last_line(result)]


def test_a_failed_expectation_ends_with_1_its_place_and_the_command_that_repeats_it():
    result = aclsim("wrong.yaml", "--seed", "7", "--soc", "Ascend910", "--devices", "2")
    assert result.exit_code == 1
    assert "failed: wrong.yaml:20: callbacks: post ran 1 times, expected 2" in result.stderr
    assert last_line(result).startswith("aclsim: failed: ")
    assert last_line(result).endswith("replay: aclsim run wrong.yaml --seed 7 --soc Ascend910 --devices 2")


def test_a_deadlock_ends_with_3_and_the_chain_on_stderr():
    result = aclsim("dead.yaml")
    assert result.exit_code == 3
    assert "  1. main waits in synchronize_stream on stream s without a timeout" in result.stderr
    assert "reporter has ended" in result.stderr
    assert "failed:" not in result.stderr, "the chain says it better"
    assert "main waits" not in result.stdout
    assert last_line(result).endswith("replay: aclsim run dead.yaml")


def test_a_stall_is_judged_by_the_bounds_of_the_command_line():
    waits = NOBODY_POLLS.replace("- sleep: 1ms", "- until: never\n      steps: [{sleep: 1s}]")
    Path("stall.yaml").write_text(waits, "utf-8")
    result = aclsim("stall.yaml", "--stall-polls", "50")
    assert result.exit_code == 3
    assert last_line(result).startswith("aclsim: stalled: ")
    assert "bounded" in result.stderr
    assert "replay: aclsim run stall.yaml --stall-polls 50" in last_line(result)


def test_a_run_that_only_polls_is_inconclusive_after_its_time_limit():
    assert aclsim("polls.yaml").exit_code == 0
    result = aclsim("polls.yaml", "--time-limit", "10s")
    assert result.exit_code == 4
    assert last_line(result).endswith("replay: aclsim run polls.yaml --time-limit 10s")


def test_a_time_limit_of_the_command_line_beats_the_budget_of_the_file():
    Path("short.yaml").write_text(f"{ONLY_POLLS}budget: 10s\n", "utf-8")
    assert aclsim("short.yaml").exit_code == 4
    assert aclsim("short.yaml", "--time-limit", "1h").exit_code == 0


def test_of_several_scenarios_each_is_reported_and_the_worst_code_wins():
    result = aclsim("good.yaml", "wrong.yaml", "dead.yaml")
    assert result.exit_code == 3
    assert [line.split()[0] for line in result.stdout.splitlines() if not line.startswith(" ")] == [
        "passed",
        "failed",
        "deadlock",
    ]
    assert "2 of 3 scenarios" in last_line(result)
    assert last_line(result).endswith("replay: aclsim run dead.yaml")


def test_what_is_proved_wrong_outweighs_what_could_not_be_said():
    assert worst([ExitCode.INCONCLUSIVE, ExitCode.FAILED, ExitCode.PASSED]) is ExitCode.FAILED
    assert worst([ExitCode.FAILED, ExitCode.DEADLOCK]) is ExitCode.DEADLOCK
    assert worst([]) is ExitCode.PASSED


def test_quiet_leaves_only_the_last_line_of_a_good_run():
    result = aclsim("good.yaml", "-q")
    assert (result.stdout, len(result.stderr.splitlines())) == ("", 1)


def test_verbose_adds_the_summary():
    assert "utilisation" not in aclsim("good.yaml").stdout
    for option in ("-v", "--summary"):
        assert "delay p50" in aclsim("good.yaml", option).stdout


def test_json_on_stdout_is_the_whole_report_and_nothing_else():
    result = aclsim("wrong.yaml", "--json", "--seed=3")
    document = json.loads(result.stdout)
    assert (document["exit_code"], document["runs"], document["wrong"]) == (1, 1, 1)
    (scenario,) = document["scenarios"]
    assert scenario["result"] == "failed"
    assert scenario["replay"] == "aclsim run wrong.yaml --seed 3"
    assert scenario["ordering"]["checked"][-1] == "O12"
    assert scenario["expectations"][0]["at"] == {"file": "wrong.yaml", "line": 20, "column": 5}
    assert scenario["end"]["simulated_ns"] > 1_000_000
    assert scenario["summary"]["callbacks"][0]["count"] == 1
    assert len(scenario["trace"]["hash"]) == 32


def test_json_of_a_deadlock_holds_the_chain_and_what_was_lost():
    scenario = report_of(aclsim("dead.yaml", "--json"))
    assert scenario["end"]["kind"] == "deadlock"
    assert any("synchronize_stream" in sentence for sentence in scenario["end"]["chain"])
    assert scenario["lost"][0]["name"] == "post"


def test_json_takes_a_file_name_only_when_it_ends_in_json():
    assert json.loads(aclsim("--json", "good.yaml").stdout)["runs"] == 1
    for option in (["--json", "a.json"], ["--json=b.json"]):
        result = aclsim("good.yaml", *option)
        assert result.stdout.startswith("passed")
    assert json.loads(Path("a.json").read_text("utf-8")) == json.loads(Path("b.json").read_text("utf-8"))
    assert aclsim("good.yaml", "--json", "a.json").exit_code == 0, "its own report may be replaced"


def test_an_option_beats_the_variable_and_the_variable_the_file(monkeypatch):
    Path("seeded.yaml").write_text(GOOD.replace("title:", "seed: 1\nsoc: Ascend310P\ntitle:"), "utf-8")
    assert report_of(aclsim("seeded.yaml", "--json"))["seed"] == 1
    monkeypatch.setenv("ACLSIM_SEED", "2")
    monkeypatch.setenv("ACLSIM_SOC", "Ascend910")
    monkeypatch.setenv("ACLSIM_DEVICES", "3")
    by_variable = report_of(aclsim("seeded.yaml", "--json"))
    assert (by_variable["seed"], by_variable["soc"], by_variable["devices"]) == (2, "Ascend910", 3)
    by_option = report_of(aclsim("seeded.yaml", "--json", "--seed=4", "--soc=Ascend950", "-d", "1"))
    assert (by_option["seed"], by_option["soc"], by_option["devices"]) == (4, "Ascend950", 1)


def test_a_recorded_run_is_replayed_from_its_choices():
    recorded = report_of(aclsim("good.yaml", "--seed=5", "--choices", "c.json", "--json"))
    choices = json.loads(Path("c.json").read_text("utf-8"))
    assert recorded["choices"] == len(choices["choices"]) > 0
    again = report_of(aclsim("good.yaml", "--replay", "c.json", "--json"))
    assert again["trace"] == recorded["trace"]
    assert "the run is the same as the recorded one" in again["notes"]


def test_a_replay_of_a_changed_program_says_so():
    aclsim("good.yaml", "--seed=5", "--choices", "c.json")
    notes = report_of(aclsim("dead.yaml", "--replay", "c.json", "--json"))["notes"]
    assert "the run is not the same as the recorded one" in notes
    assert any("were not asked for: the program has changed" in note for note in notes)


def test_a_replay_may_be_a_bare_list_of_numbers():
    recorded = report_of(aclsim("good.yaml", "--seed=5", "--choices", "c.json", "--json"))
    values = [choice[3] for choice in json.loads(Path("c.json").read_text("utf-8"))["choices"]]
    Path("values.json").write_text(json.dumps(values), "utf-8")
    again = report_of(aclsim("good.yaml", "--replay", "values.json", "--json"))
    assert again["trace"] == recorded["trace"]


def test_a_failing_replay_is_repeated_from_the_same_choices():
    Path("none.json").write_text("[]", "utf-8")
    result = aclsim("wrong.yaml", "--replay", "none.json", "--seed=3")
    assert last_line(result).endswith("replay: aclsim run wrong.yaml --replay none.json")


def test_a_trace_for_the_timeline_names_functions_as_c_does():
    assert aclsim("good.yaml", "--trace", "t.json").exit_code == 0
    events = json.loads(Path("t.json").read_text("utf-8"))["traceEvents"]
    assert any("aclrtLaunchCallback" in str(event) for event in events)


def test_a_picture_is_drawn():
    assert aclsim("good.yaml", "--picture", "p.svg").exit_code == 0
    assert "<title>" in Path("p.svg").read_text("utf-8")


def test_a_scenario_may_ask_for_its_summary_and_count_images():
    Path("images.yaml").write_text(f"{GOOD}summary: {{images_per_run: 8}}\n", "utf-8")
    result = aclsim("images.yaml")
    assert "0 images" in result.stdout
    assert report_of(aclsim("images.yaml", "--json"))["summary"]["throughput"]["images"] == 0


def test_auto_says_once_which_backend_it_took():
    result = aclsim("good.yaml", "wrong.yaml", "--backend", "auto")
    assert result.stderr.count("backend auto: took simulator (there is no libascendcl.so") == 1


@pytest.mark.parametrize("by_variable", [True, False])
def test_the_missing_native_backend_is_refused_and_never_replaced(monkeypatch, by_variable):
    if by_variable:
        monkeypatch.setenv("ACLSIM_BACKEND", "ascend")
    result = aclsim("good.yaml", *([] if by_variable else ["--backend=ascend"]))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "there is no libascendcl.so" in last_line(result)


def test_a_bug_of_ours_ends_with_70_and_the_command_that_repeats_it(monkeypatch):
    def broken(*_args: object, **_options: object) -> None:
        raise InternalError("two heads on one stream")

    monkeypatch.setattr(runner, "run_scenario", broken)
    result = aclsim("good.yaml", "--seed=9", "--json", "r.json")
    assert (result.exit_code, result.stdout) == (70, "")
    assert "internal error: InternalError: two heads on one stream" in last_line(result)
    assert last_line(result).endswith("happens again with: aclsim run good.yaml --seed 9")
    assert not Path("r.json").exists()


def test_ctrl_c_ends_with_130_one_line_and_no_file(folder: Path, monkeypatch):
    def interrupted(*_args: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(runner, "run_scenario", interrupted)
    before = sorted(path.name for path in folder.iterdir())
    result = aclsim("good.yaml", "--json", "r.json", "--trace", "t.json")
    assert (result.exit_code, result.stdout) == (130, "")
    assert result.stderr.splitlines() == ["aclsim: interrupted: nothing was left half-written"]
    assert sorted(path.name for path in folder.iterdir()) == before


def test_colour_is_only_for_terminals_that_want_it(monkeypatch):
    assert "\x1b" not in aclsim("good.yaml").stdout
    assert "\x1b[32m" in CliRunner().invoke(main, ["run", "good.yaml"], color=True).stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in CliRunner().invoke(main, ["run", "good.yaml"], color=True).stdout


RESERVED = GOOD.replace("title: one callback\n", "title: one callback\nsoc: Ascend310\n").replace(
    "block: true", "block: false"
)


def findings_of(result: Result, folder: Path) -> list[dict[str, Any]]:
    del result
    found: list[dict[str, Any]] = json.loads((folder / "report.json").read_text())["scenarios"][0]["findings"]
    return found


def test_findings_are_told_by_severity_and_notes_are_counted(folder: Path):
    (folder / "good.yaml").write_text(RESERVED)
    quietly = CliRunner().invoke(main, ["run", "good.yaml"])
    assert (quietly.exit_code, "note: " in quietly.stderr) == (0, False)
    assert "warning: main step 6 (good.yaml:13): no-block-reserved: " in quietly.stderr
    assert quietly.stderr.splitlines()[-1].endswith("1 warning, 1 note (-v tells)")
    everything = CliRunner().invoke(main, ["run", "-v", "good.yaml"])
    assert "note: main step 3 (good.yaml:10): left-to-the-process: " in everything.stderr


@pytest.mark.parametrize(
    ("expected", "options", "code"),
    [("", [], 0), ("", ["--strict"], 1), ("  - findings: [no-block-reserved]\n", ["--strict"], 0)],
)
def test_strict_makes_errors_of_findings_that_the_file_does_not_expect(
    folder: Path, expected: str, options: list[str], code: int
):
    (folder / "good.yaml").write_text(RESERVED + expected)
    result = CliRunner().invoke(main, ["run", *options, "good.yaml", "--json", "report.json"])
    assert result.exit_code == code, result.stderr
    found = findings_of(result, folder)
    assert [each["severity"] for each in found] == ["warning", "note"]
    assert set(found[0]) == {"id", "severity", "sentence", "lines", "rule", "fix"}
    assert found[0]["lines"] == ["main step 6 (good.yaml:13)"]
    assert ("--strict" in result.stderr.splitlines()[-1]) == bool(code)


def test_a_deadlock_outweighs_what_strict_would_say(folder: Path):
    (folder / "bad.yaml").write_text(NOBODY_POLLS)
    result = CliRunner().invoke(main, ["run", "--strict", "bad.yaml"])
    assert result.exit_code == ExitCode.DEADLOCK
    assert "error: main step 6 (bad.yaml:12): report-thread-gone: " in result.stderr


def test_what_a_step_does_on_purpose_is_a_note(folder: Path):
    step = "    - synchronize_stream: {stream: 0xdead0000, returns: 107017}\n    - set_flag: done\n"
    (folder / "good.yaml").write_text(GOOD.replace("    - set_flag: done\n", step))
    result = CliRunner().invoke(main, ["run", "--strict", "good.yaml", "--json", "report.json"])
    assert result.exit_code == 0, result.stderr
    assert {each["id"]: each["severity"] for each in findings_of(result, folder)}["forged-handle"] == "note"
