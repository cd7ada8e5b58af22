"""Faults in scenario files and on the command line: each kind does what its file under `scenarios/faults` expects."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from simulator.app.cli import main
from simulator.base.errors import UserError
from simulator.base.remarks import FaultInjected
from simulator.core.faults import FaultKind
from simulator.engine.choice import Recorder, Replay
from simulator.scenario.interpret import run_scenario
from simulator.scenario.load import load_scenario, parse_scenario

FILES = sorted((Path(__file__).parents[2] / "scenarios" / "faults").glob("*.yaml"))
# What they expect holds on every product, as it is about order and codes only.
ANYWHERE = ("report_lost", "report_lost_mended", "report_doubled", "device_lost", "maybe", "task", "call")
PROGRAM = """\
schema_version: 1
title: two runs and their callback
models: {step: {latency: 1ms}}
callbacks: {post: {takes: 1ms}}
threads:
  main:
    - init
    - set_device: {device: 0}
    - create_stream: {as: s}
    - start_thread: reporter
    - subscribe_report: {thread: reporter, stream: s}
    - execute_async: {model: step, stream: s}
    - launch_callback: {fn: post, block: true, stream: s}
    - synchronize_stream: {stream: s}
  reporter:
    daemon: true
    steps:
      - until: never
        steps: [{process_report: {timeout: forever}}]
"""


def short(file: Path) -> str:
    return file.stem


def judge(file: Path, seed: int | None = None, soc: str | None = None) -> list[str]:
    """Run a scenario; return everything that speaks against it."""
    result = run_scenario(load_scenario(file), seed=seed, soc=soc)
    wrong = [str(failure) for failure in result.failures] + [
        str(violation) for violation in result.violations
    ]
    return wrong if result.passed or wrong else [f"ended as {result.end.value}: {' '.join(result.chain)}"]


@pytest.mark.parametrize("file", FILES, ids=short)
def test_a_fault_does_what_its_scenario_expects(file: Path) -> None:
    assert judge(file) == []


@pytest.mark.parametrize("soc", ["Ascend310P", "Ascend310B", "Ascend950"])
@pytest.mark.parametrize("name", ANYWHERE)
def test_it_does_so_on_other_products(name: str, soc: str) -> None:
    assert judge(next(file for file in FILES if file.stem == name), soc=soc) == []


def test_every_kind_strikes_in_some_scenario() -> None:
    kinds = set()
    for file in FILES:
        trace = run_scenario(load_scenario(file)).trace
        assert trace is not None
        kinds |= {record.kind for record in trace.of(FaultInjected)}
    assert kinds == {kind.value for kind in FaultKind}


class Fails:
    """Lets every fault happen that may, and takes the friendly way otherwise."""

    friendly = False

    def choose(self, kind: str, among: object) -> int:
        """Take what is not "no fault"."""
        del among
        return int(kind == "fault")


def test_a_fault_that_may_happen_is_a_choice_and_its_run_is_replayed() -> None:
    loaded = parse_scenario(PROGRAM + "faults: [report.lost:post?, 'call:set_device=507033?']\n")
    friendly = run_scenario(loaded)
    assert friendly.passed
    assert friendly.fault_report == ()
    recorder = Recorder(Fails())
    faulty = run_scenario(loaded, chooser=recorder)
    chosen = [record for record in recorder.records if record.kind == "fault"]
    assert [(record.actor, record.taken) for record in chosen[:1]] == [
        ("no fault", "call:set_device=507033?")
    ]
    assert run_scenario(loaded, chooser=Replay(recorder.records)).trace_hash == faulty.trace_hash
    assert faulty.fault_report


def test_the_explanation_of_a_hang_names_the_fault() -> None:
    result = run_scenario(parse_scenario(PROGRAM), faults=["report.lost:post#1"])
    assert not result.passed
    text = "\n".join(result.chain)
    assert "whose report was lost by the declared fault report.lost:post#1" in text
    assert "Declared fault report.lost:post#1: the report of callback post (task 2 of s) was lost" in text
    assert "To mend: let synchronize_stream at main step 8" in text


def test_faults_of_the_command_line_come_on_top(tmp_path: Path) -> None:
    file = tmp_path / "prog.yaml"
    file.write_text(PROGRAM + "faults: [report.late:post=1ms]\n", "utf-8")
    done = CliRunner().invoke(
        main, ["run", str(file), "--fault", "task:step#1", "--fault", "call:memcpy=107000"]
    )
    assert done.exit_code == 1
    assert "the report of callback post (task 2 of s) was late by 1ms" in done.stderr
    assert "Declared fault task:step#1: execute step failed with 507015" in done.stderr
    assert "Declared fault call:memcpy=107000 never struck: it had no occasions." in done.stderr
    assert done.stderr.rstrip().endswith("--fault 'task:step#1' --fault call:memcpy=107000")


def test_a_wrong_fault_on_the_command_line_is_a_usage_error() -> None:
    done = CliRunner().invoke(main, ["run", "--fault", "report.lst"])
    assert done.exit_code == 2
    assert "there is no kind 'report.lst' of fault; there are call, task, report.lost" in done.stderr


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("report.lst", "9:5: fault 'report.lst': there is no kind 'report.lst'"),
        (
            "{fault: report.late}",
            "report.late lacks its =DURATION; as text it is written report.late[:CALLBACK]",
        ),
        ("{fault: report.lost, callback: pots}", "no callback is called 'pots'; did you mean 'post'?"),
        ("{fault: report.lost, stream: t}", "no stream is called 't'"),
        ("{fault: report.lost, function: malloc}", "a report.lost fault has no 'function'"),
        ("{fault: call, function: mallok}", "there is no such function: did you mean malloc?"),
        ("{fault: call, function: malloc, code: NOPE}", "no code is called 'NOPE'"),
        ("{fault: task, nth: 1, from: 2}", "'nth' and 'from' exclude each other"),
        ("{fault: device.lost, at: 3}", "duration 3 has no unit"),
        ("{falt: call}", "unknown field 'falt' in 'faults'; did you mean 'fault'?"),
        ("7", "'faults' must be a mapping"),
    ],
)
def test_a_wrong_fault_in_a_file_is_refused_at_its_place(fault: str, told: str) -> None:
    head, threads = PROGRAM.split("threads:")
    others = "  - report.lost:post\n  - device.lost@1ms\n  - reporter.dies\n"
    text = f"{head}faults:\n{others}  - {fault}\nthreads:{threads}"
    with pytest.raises(UserError) as caught:
        parse_scenario(text)
    assert told in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
