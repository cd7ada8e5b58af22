"""`aclsim explore` and `aclsim replay` on scenario files: verdicts, what is told, tokens, exported cases."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from simulator.app.cli import main
from simulator.app.exploring.replaying import replay
from simulator.app.exploring.scenarios import ScenarioSubject, content_hash
from simulator.app.exploring.settings import RunSettings, settings_of
from simulator.app.exploring.smaller import scenario_text, shrink_scenario
from simulator.explore.deviations import Deviating
from simulator.explore.exploring import explore
from simulator.explore.report import examine
from simulator.explore.tokens import Token, decode
from simulator.scenario.load import load_scenario, parse_scenario
from simulator.scenario.nodes import Plain

SCENARIOS = Path(__file__).parents[2] / "scenarios"

# The result of a non-blocking callback is given up when the report thread is slow.
EARLY_RESET = """\
schema_version: 1
title: the device is reset while a callback may still be outstanding
models:
  step: {latency: 1ms}
callbacks:
  store: {takes: 10us}
threads:
  main:
    - init
    - set_device: {device: 0}
    - create_stream: {as: s}
    - create_stream: {as: other}
    - start_thread: reporter
    - subscribe_report: {thread: reporter, stream: s}
    - execute_async: {model: step, stream: other}
    - launch_callback: {fn: store, block: false, stream: s}
    - synchronize_stream: {stream: s}
    - set_flag: done
    - reset_device: {device: 0}
  reporter:
    - until: done
      steps: [{process_report: {timeout: 100ms}}]
expect:
  - callbacks: {fn: store, count: 1, thread: reporter}
"""
MENDED = EARLY_RESET.replace("block: false", "block: true")
# Two threads wait for each other's flag when the second one is quick.
CROSSED = """\
schema_version: 1
title: a flag is taken back by the one who waits for it
threads:
  main:
    - start_thread: other
    - set_flag: ready
    - wait_flag: answered
  other:
    - clear_flag: ready
    - wait_flag: ready
    - set_flag: answered
"""
# The host writes where a copy is still writing.
RACE = """\
schema_version: 1
title: the host writes too early
threads:
  main:
    - init
    - set_device: {device: 0}
    - create_stream: {as: s}
    - malloc: {size: 64, policy: huge_first, as: dev}
    - malloc_host: {size: 64, as: host}
    - memset: {ptr: dev, max_count: 64, value: 1, count: 64}
    - memcpy_async: {dst: host, dest_max: 64, src: dev, count: 64, kind: device_to_host, stream: s}
    - fill: {buffer: host, value: 3}
    - synchronize_stream: {stream: s}
    - free: {ptr: dev}
    - free_host: {ptr: host}
    - destroy_stream: {stream: s}
    - reset_device: {device: 0}
    - finalize
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in {"early": EARLY_RESET, "mended": MENDED, "crossed": CROSSED}.items():
        Path(f"{name}.yaml").write_text(text)
    return tmp_path


def aclsim(*args: str) -> Result:
    return CliRunner().invoke(main, list(args))


def explored(*args: str) -> Result:
    return aclsim("explore", *args, "--jobs", "1")


def report(*args: str) -> Any:
    return json.loads(explored(*args, "--json").stdout)


def last_line(result: Result) -> str:
    return result.stderr.strip().splitlines()[-1]


def test_a_counterexample_is_told_with_its_order_and_the_command_that_replays_it():
    result = explored("early.yaml")
    assert result.exit_code == 1
    assert result.stdout.startswith("counterexample  early.yaml\n")
    assert "callbacks: store ran 0 times, expected 1" in result.stderr
    assert "\n1 deviation from the friendly order\n  1. at " in result.stderr
    assert " went before " in result.stderr
    assert "last chance: choice " in result.stderr
    token = next(line for line in result.stderr.splitlines() if line.startswith("token: ")).split()[1]
    assert last_line(result).endswith(f"; replay: aclsim replay {token}")


def test_the_token_brings_the_failure_back_and_the_same_run():
    token = report("early.yaml")["token"]
    assert len(token) < 200
    result = aclsim("replay", token)
    assert result.exit_code == 1
    assert "store ran 0 times" in result.stderr
    assert "note: the run is the same as the recorded one" in result.stderr
    assert "1 deviation from the friendly order" in result.stdout
    assert last_line(result).endswith(f"replay: aclsim replay {token}")


def test_the_token_is_for_the_mended_file_too():
    token = report("early.yaml")["token"]
    result = aclsim("replay", token, "mended.yaml")
    assert result.exit_code == 0
    assert "note: mended.yaml is not what the token was made of" in result.stderr


def test_it_says_where_the_recorded_path_was_left():
    token = report("early.yaml")["token"]
    changed = EARLY_RESET.replace(
        "    - start_thread: reporter\n    - subscribe_report: {thread: reporter, stream: s}\n", ""
    )
    changed = changed.replace("    - launch_callback: {fn: store, block: false, stream: s}\n", "").split(
        "expect:"
    )[0]
    Path("changed.yaml").write_text(changed)
    result = aclsim("replay", token, "changed.yaml")
    assert "note: the recorded path was left" in result.stderr


def test_a_hang_is_a_counterexample_with_exit_code_3():
    result = explored("crossed.yaml", "--json", "crossed.json")
    assert result.exit_code == 3
    found = json.loads(Path("crossed.json").read_text())
    assert (found["verdict"], found["exit_code"]) == ("counterexample", 3)
    assert found["counterexample"]["kind"] == "deadlock"
    assert found["counterexample"]["signature"] == ["deadlock", "main in wait_flag", "other in wait_flag"]
    assert aclsim("replay", found["token"]).exit_code == 3


def test_a_finding_is_a_counterexample_and_says_how_to_mend_it():
    Path("race.yaml").write_text(RACE)
    result = explored("race.yaml", "--token", "race.token")
    assert result.exit_code == 1
    assert "race: fill on main" in result.stderr
    assert "; to mend: call acl.rt.synchronize_stream(s) before main step" in result.stderr
    again = aclsim("replay", "race.token")
    assert again.exit_code == 1
    assert last_line(again).startswith("aclsim: failed: race.yaml")


def test_a_fault_that_may_strike_is_explored_and_travels_in_the_token():
    result = explored("mended.yaml", "--fault", "report.lost:store?", "--token", "lost.token")
    assert result.exit_code == 3
    assert "\n1 deviation from the friendly order\n" in result.stderr
    assert "the fault report.lost:store? happened; the declared faults allow it" in result.stderr
    again = aclsim("replay", "lost.token")
    assert again.exit_code == 3
    assert "whose report was lost by the declared fault report.lost:store?" in again.stderr


def test_the_report_for_machines_has_what_a_script_needs():
    found = report("early.yaml", "--deviations", "1")
    assert found["verdict"] == "counterexample"
    assert found["bounds"] == {"deviations": 1, "schedules": None, "seconds": None, "timeouts": 1}
    assert found["schedules"] >= found["distinct_traces"] >= 1
    assert found["coverage"]["options"] >= found["coverage"]["options_tried"] > 0
    assert found["replay"] == f"aclsim replay {found['token']}"
    (deviation,) = found["counterexample"]["deviations"]
    assert deviation["value"] >= 1
    assert found["counterexample"]["minimal"]


def test_what_is_right_holds_within_its_bounds():
    found = report("mended.yaml", "--deviations", "1")
    assert (found["verdict"], found["exit_code"]) == ("holds", 0)
    assert "at most 1 deviation" in found["proof"]
    assert found["token"] is None


def test_a_spent_budget_is_inconclusive():
    result = explored("mended.yaml", "--schedules", "3")
    assert result.exit_code == 4
    assert last_line(result).startswith("aclsim: inconclusive: mended.yaml, 3 schedules: ")


def test_a_file_that_expects_its_deadlock_holds():
    result = explored(str(SCENARIOS / "13_nobody_polls.yaml"), "--deviations", "1")
    assert (result.exit_code, result.stderr.count("\n")) == (0, 1)


def test_the_exported_scenario_is_small_and_fails_in_the_same_way():
    result = explored("early.yaml", "--export", "cases")
    text = Path("cases/early_expectation.yaml").read_text()
    steps = [line for line in text.splitlines() if not line.startswith("#")]
    assert len(steps) < len(EARLY_RESET.splitlines()) - 4
    assert "other" not in "".join(steps)
    assert "# 1 deviation from the friendly order\n" in text
    assert "the scenario, cut down to" in result.stderr
    token = next(line for line in text.splitlines() if "Replay it" in line).split()[-1]
    again = aclsim("replay", token)
    assert again.exit_code == 1
    assert "store ran 0 times" in again.stderr
    assert aclsim("run", "cases/early_expectation.yaml").exit_code == 0


def test_the_exported_test_fails_until_the_bug_is_gone():
    explored("early.yaml", "--export", "cases")
    module = runpy.run_path("cases/test_early_expectation.py")
    with pytest.raises(AssertionError, match="store ran 0 times"):
        module["test_early_expectation"]()
    case = Path("cases/early_expectation.yaml")
    case.write_text(case.read_text().replace("block: false", "block: true"))
    module["test_early_expectation"]()


def test_exporting_never_writes_over_a_file_unless_it_may():
    Path("cases").mkdir()
    mine = Path("cases/test_early_expectation.py")
    mine.write_text("mine")
    result = explored("early.yaml", "--export", "cases")
    assert result.exit_code == 2
    assert "would be overwritten; name another folder, or use --force" in last_line(result)
    assert mine.read_text() == "mine"
    assert [file.name for file in Path("cases").iterdir()] == [mine.name]
    assert explored("early.yaml", "--export", "cases", "--force").exit_code == 1
    assert mine.read_text() != "mine"


def test_a_token_in_a_file_is_replayed_from_there():
    explored("early.yaml", "--token", "found.token")
    assert aclsim("replay", "found.token").exit_code == 1


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["explore", "early.yaml", "more.yaml"], "a scenario takes no arguments"),
        (["explore", "absent.yaml"], "there is no such file"),
        (["explore", "early.yaml", "--timing", "slow"], "timing 'slow' does not exist"),
        (["explore", "early.yaml", "--strategy", "luck"], "strategy 'luck' does not exist"),
        (["explore", "early.yaml", "--soc", "Ascend1"], "Ascend1"),
        (["explore", "early.yaml", "--json=early.yaml"], "would overwrite"),
        (["replay", "early"], "there is no file of that name"),
        (["replay", "acl1.abcd"], "is no token: it is damaged or cut off"),
        (["replay", "early.yaml"], "there is no token in this file"),
        (["replay", str(Token("scenario", "gone.yaml"))], "gone.yaml: there is no such file"),
        (["replay", str(Token("test", "a::b"))], "the token is of a test, a::b"),
        (["replay", str(Token("scenario", "early.yaml", settings=(("moon", 1),)))], "the token sets 'moon'"),
        (
            ["replay", str(Token("scenario", "early.yaml", settings=(("devices", "2"),)))],
            "sets 'devices' to '2'",
        ),
    ],
)
def test_what_is_wrong_is_refused_in_one_sentence(args, said):
    result = aclsim(*args)
    assert result.exit_code == 2
    assert said in last_line(result)


def test_a_token_of_another_version_says_so_and_runs():
    result = aclsim("replay", str(Token("scenario", "mended.yaml", version="0.0.1")))
    assert result.exit_code == 0
    assert "note: the token was made by aclsim 0.0.1" in result.stderr


def test_settings_travel_in_the_token():
    settings = RunSettings(
        soc="Ascend310P", devices=2, timing="0.5..2", timeouts=3, faults=("device.lost@3ms",), strict=True
    )
    token = Token("scenario", "x.yaml", settings=settings.of_token())
    assert settings_of(decode(str(token))) == settings


def test_replaying_from_python_tells_whether_it_passed():
    token = report("early.yaml")["token"]
    replayed = replay(token)
    assert not replayed.passed
    assert "store ran 0 times" in replayed.text
    assert replay(token, "mended.yaml").passed


def test_comments_and_layout_do_not_change_a_scenarios_hash():
    before = load_scenario("early.yaml")
    after = parse_scenario(f"# seen on Friday\n{EARLY_RESET}\n".replace("{takes: 10us}", "\n    takes: 10us"))
    assert content_hash(before) == content_hash(after)
    assert content_hash(before) != content_hash(load_scenario("mended.yaml"))


def test_cutting_keeps_the_deviations_and_the_failure():
    subject = ScenarioSubject(load_scenario("early.yaml"), RunSettings())
    exploration = explore(subject, jobs=1)
    assert exploration.seen is not None
    found = examine(subject, exploration.seen)
    smaller = shrink_scenario(subject, found.seen, found.deviations)
    again = smaller.subject.run(Deviating(smaller.deviations))
    assert again.failure is not None
    assert again.failure.signature == found.failure.signature
    assert smaller.subject.run(Deviating(())).failure is None


@pytest.mark.parametrize("file", sorted(SCENARIOS.glob("*.yaml")), ids=lambda file: file.stem)
def test_every_scenario_survives_being_written_anew(file):
    data = Plain().value(load_scenario(file).root)
    assert isinstance(data, dict)
    data.pop("include", None)
    again = Plain().value(parse_scenario(scenario_text(data)).root)
    assert again == data
