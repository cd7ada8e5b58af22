"""`aclsim run --backend ascend`: the course on our own library, as it would run on hardware."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from acl_api.backends.native.search import is_simulated
from tests.native.launching import SCENARIOS
from tests.native.stubs import compiled_stub

COURSE = {file.name[:2]: str(file) for file in sorted(SCENARIOS.glob("[0-9]*.yaml"))}
# What only the simulator can do; docs/switch.md says why.
NOT_THERE = {"26": "gil: true"}
# Runs that hang, on purpose: each lasts until nothing has happened for a while.
HANGING = ("08", "11", "12", "13", "14", "15")
# Where a step is to come before the device is done, the device is slow enough for any machine.
SLOW = {"09": "0.01", "01": "0.005", "11": "0.02", "12": "0.02", "23": "0.0001"}
QUICK = ("02", "04", "06", "16", "17", "18", "22")


def problems(report: dict[str, Any]) -> list[str]:
    return [
        f"{each['file']}: {entry['sentences']}"
        for each in report["scenarios"]
        for entry in each["expectations"]
        if entry["status"] == "failed"
    ]


def test_scenarios_run_on_the_library_and_what_is_seen_is_judged(launch):
    ended, report = launch.report("run", *(COURSE[number] for number in QUICK))
    assert (ended.code, problems(report)) == (0, []), ended.err
    assert {each["result"] for each in report["scenarios"]} == {"passed"}
    six = next(each for each in report["scenarios"] if "02_six_steps" in each["file"])
    statuses = {entry["name"]: entry["status"] for entry in six["expectations"]}
    assert statuses == {"callbacks": "held", "order": "held", "state": "held", "no": "held"}
    assert str(launch.library) in six["library"]
    assert six["end"]["real_ns"] > 0
    assert six["findings"] == six["lost"] == six["ordering"]["violations"] == []


@pytest.mark.slow
@pytest.mark.parametrize("number", [each for each in COURSE if each not in NOT_THERE])
def test_every_scenario_of_the_course_passes_on_the_library(launch, number):
    variables = {"ACLSIM_SPEED": SLOW[number]} if number in SLOW else {}
    patience = ("--stall-after", "4s") if number in HANGING else ()
    ended, report = launch.report("run", COURSE[number], *patience, **variables)
    (scenario,) = report["scenarios"]
    assert (ended.code, problems(report), scenario["result"]) == (0, [], "passed"), ended.err
    assert (scenario["end"]["kind"] == "stalled") == (number in HANGING)


@pytest.mark.parametrize(("number", "why"), NOT_THERE.items())
def test_what_only_the_simulator_can_do_is_not_run(launch, number, why):
    ended, report = launch.report("run", COURSE[number])
    assert (ended.code, report["scenarios"][0]["result"]) == (4, "inconclusive")
    assert why in ended.err


def test_a_scenario_that_declares_faults_is_not_run(launch):
    ended = launch.aclsim("run", str(SCENARIOS / "faults" / "report_lost.yaml"))
    assert ended.code == 4
    assert "it declares faults" in ended.err


def scenario(folder: Path, steps: str, more: str = "", expect: str = "[]") -> str:
    (folder / "mine.yaml").write_text(
        f"""\
schema_version: 1
title: a scenario of the tests
callbacks: {{f: {{}}}}
{more}
threads:
  main:
    - init
    - set_device: {{device: 0}}
    - create_stream: {{as: s}}
{steps}
expect: {expect}
""",
        "utf-8",
    )
    return "mine.yaml"


def test_auto_takes_the_library_and_says_so(launch):
    words = ("run", COURSE["19"], "--backend", "auto", "--library", str(launch.library))
    ended = launch.plainly(*words)
    assert ended.code == 0, ended.err
    assert ended.err.count("aclsim: backend auto: took ascend (") == 1
    assert "with 8 devices" in ended.err
    assert "seen from outside" in ended.out


HANG = """\
    - subscribe_report: {thread: reporter, stream: s}
    - launch_callback: {fn: f, block: true, stream: s}
    - synchronize_stream: {stream: s}
  reporter: [{note: it never polls}]
"""


def test_a_hang_ends_the_run_and_tells_what_each_thread_is_doing(launch):
    file = scenario(launch.folder, HANG)
    ended = launch.aclsim("run", file, "--stall-after", "2s")
    assert ended.code == 3
    assert "stalled at" in ended.err
    assert "main is in synchronize_stream of s for " in ended.err
    assert "main step 6 (mine.yaml:" in ended.err
    assert "reporter was never started" in ended.err
    assert ended.closing.endswith(
        f"aclsim run mine.yaml --backend ascend --library {launch.library} --time-limit 60s --stall-after 2s"
    )


def test_a_program_that_only_goes_on_and_on_is_inconclusive(launch):
    steps = "    - until: never\n      steps: [{stream_query: {stream: s}}]\n"
    file = scenario(launch.folder, steps)
    ended = launch.aclsim("run", file, "--time-limit", "500ms")
    assert ended.code == 4
    assert "the time limit of 500ms was reached" in ended.err


def test_what_is_wrong_on_the_library_fails_with_its_line(launch):
    file = scenario(launch.folder, "    - stream_query: {stream: s, returns: 107015}\n")
    ended = launch.aclsim("run", file)
    assert ended.code == 1
    assert "mine.yaml:10: stream_query: the step returned 0, expected 107015" in ended.err


@pytest.mark.parametrize(
    ("expect", "status", "said"),
    [
        ("[state: {stream: s, is: live}]", "unchecked", "the runtime's own"),
        ("[{lost: {count: 0}}]", "unchecked", "not seen from outside"),
        ("[{findings: no-block-reserved}]", "unchecked", "not seen from outside"),
        ("[{no: [leak, race]}]", "unchecked", "leak, race: not seen from outside"),
        ("[{no: [leak, raised]}]", "held", "leak: not seen from outside"),
        ("[{order: [record_event, synchronize_stream]}]", "unchecked", "record_event is not seen"),
        ("[{order: [create_stream, record_event, finalize]}]", "held", "record_event is not seen"),
        ("[{finishes_within: 1us}]", "reported", "the run took"),
        ("[{codes: {op: init, codes: [0]}}]", "held", "init returned 0"),
        ("[{codes: {op: init, codes: [100002]}}]", "failed", "expected 100002"),
    ],
)
def test_what_is_seen_from_outside_is_judged_and_the_rest_is_not(launch, expect, status, said):
    steps = """\
    - create_event_with_flag: {flag: sync, as: e}
    - record_event: {event: e, stream: s}
    - synchronize_stream: {stream: s}
    - finalize
"""
    _, report = launch.report("run", scenario(launch.folder, steps, expect=expect))
    (entry,) = report["scenarios"][0]["expectations"]
    assert entry["status"] == status
    assert said in entry["sentences"][0]


@pytest.mark.parametrize(
    "option", [("--seed", "1"), ("--soc", "Ascend310"), ("--choices", "c.json"), ("--summary",)]
)
def test_what_is_about_the_simulator_alone_is_refused(launch, option):
    ended = launch.aclsim("run", scenario(launch.folder, ""), *option)
    assert ended.code == 2
    assert f"{option[0]} is about the simulator" in ended.closing


def test_a_trace_of_the_run_is_kept_and_judged_again(launch):
    ended = launch.aclsim("run", COURSE["02"], "--save-trace", "run.trace", "--trace", "run.json")
    assert ended.code == 0, ended.err
    checked = launch.plainly("check", "run.trace")
    assert checked.code == 0
    assert "from outside: nothing that cannot be right" in checked.out
    assert "aclrtProcessReport" in (launch.folder / "run.json").read_text("utf-8")


def test_a_library_that_lies_alone_is_taken_for_a_vendors(launch):
    alone = launch.folder / "libascendcl.so"
    alone.write_bytes((launch.library / "libascendcl.so").read_bytes())
    assert is_simulated(launch.library / "libascendcl.so")
    assert not is_simulated(alone)


def test_a_model_needs_a_file_on_a_library_that_is_not_ours(launch):
    """Where a model lies is asked before anything is loaded: no vendor's library is needed for that."""
    alone = compiled_stub(launch.folder)
    file = scenario(launch.folder, "", more="models: {net: {latency: 1ms}}")
    ended = launch.plainly("run", file, "--backend", "ascend", "--library", str(alone))
    assert ended.code == 2
    assert "the model 'net' has no file that a real library could load: put net.om beside" in ended.closing
    scenario(launch.folder, "", more="models: {net: {latency: 1ms, om: other.om}}")
    (launch.folder / "other.om").touch()
    ended = launch.plainly("run", file, "--backend", "ascend", "--library", str(alone))
    # It is found; and this library can do nothing.
    assert ended.code == 1
    assert "MissingSymbolError" in ended.err
