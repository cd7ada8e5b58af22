"""Durations from recorded profiles: three kinds of files, what is replayed in which order, what is said."""

from __future__ import annotations

from itertools import islice

import pytest
from click.testing import CliRunner

from acl_api.session import Session
from simulator.app.cli import main
from simulator.base.errors import UserError
from simulator.base.profile import load_profile
from simulator.base.trace import TaskRan
from simulator.core.models import ModelSpec
from simulator.costs.choose import costs_by_name
from simulator.costs.profile import ProfileCosts
from simulator.costs.protocol import Direction
from simulator.costs.recording import read_recording
from simulator.costs.replay import ReplayCosts
from tests.conformance.machine import mdl, rt

OP_SUMMARY = """\
Device_id,Model ID,Task ID,Stream ID,Op Name,OP Type,Task Duration(us),{blocks},Context ID
0,1,3,5,conv1,Conv2D,10.5,20,N/A
0,1,4,5,relu1,Relu,2.25,8,N/A
0,1,3,5,conv1,Conv2D,11,20,N/A
0,1,4,5,relu1,Relu,3,8,N/A
0,4294967295,9,6,N/A,MEMCPY,7,0,N/A
0,2,3,5,other,Add,1,N/A,N/A
"""
TASK_TIME = """\
Device_id,kernel_name,kernel_type,stream_id,task_id,task_time(us),task_start(us),task_stop(us)
0,net,KERNEL_AICORE,1,2,100,0,100
0,N/A,MEMCPY,1,3,5,100,105
0,net,KERNEL_AICORE,1,4,200.001,105,305.001
"""
KERNEL_DETAILS = """\
Device_id,Name,Type,Accelerator Core,Start Time(us),Duration(us),Wait Time(us),Block Dim
0,net,Net,AI_CORE,0,50,0,24
"""
SCENARIO = """\
schema_version: 1
title: two runs
models: {net: {latency: 1s}, late: {latency: 1ms}}
threads:
  main:
    - init
    - set_device: {device: 0}
    - create_stream: {as: s}
    - execute_async: {model: net, stream: s}
    - execute_async: {model: net, stream: s}
    - execute_async: {model: late, stream: s}
    - synchronize_stream: {stream: s}
expect:
  - finishes_within: 2ms
"""


def written(tmp_path, text, name="recorded.csv"):
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return str(path)


def replay(path):
    return ReplayCosts(read_recording(path), ProfileCosts(load_profile("Ascend910B")))


def test_each_kind_of_file_is_told_by_its_columns(tmp_path):
    kinds = {"op_summary": OP_SUMMARY.format(blocks="Block Num"), "task_time": TASK_TIME}
    for kind, text in {**kinds, "kernel_details": KERNEL_DETAILS}.items():
        assert read_recording(written(tmp_path, text)).kind == kind


def test_a_task_time_file_gives_durations_by_name_in_its_order(tmp_path):
    assert read_recording(written(tmp_path, TASK_TIME)).tasks == {"net": [(100_000, 0), (200_001, 0)]}


@pytest.mark.parametrize("blocks", ["Block Num", "Block Dim"])
def test_both_names_of_the_column_of_blocks_are_read(tmp_path, blocks):
    recording = read_recording(written(tmp_path, OP_SUMMARY.format(blocks=blocks)))
    assert recording.tasks["conv1"] == [(10_500, 20), (11_000, 20)]
    assert recording.tasks["other"] == [(1_000, 0)]
    assert "N/A" not in recording.tasks


def test_the_tasks_of_a_model_are_summed_run_by_run_on_its_widest_task(tmp_path):
    recording = read_recording(written(tmp_path, OP_SUMMARY.format(blocks="Block Num")))
    assert recording.models == {1: [(12_750, 20), (14_000, 20)], 2: [(1_000, 0)]}


def test_runs_are_replayed_in_order_and_then_again(tmp_path):
    costs = replay(written(tmp_path, TASK_TIME))
    runs = costs.recorded("net", None)
    assert runs is not None
    assert [run.duration_ns for run in islice(runs, 5)] == [100_000, 200_001, 100_000, 200_001, 100_000]
    assert costs.report() == (f"costs: net ran 5 times on 2 recorded durations of {tmp_path}/recorded.csv",)


def test_a_model_id_beats_the_name(tmp_path):
    costs = replay(written(tmp_path, OP_SUMMARY.format(blocks="Block Num")))
    runs = costs.recorded("other", 1)
    assert runs is not None
    assert next(runs) == (12_750, 20)


def test_everything_else_costs_what_the_profile_says(tmp_path):
    costs, profile = replay(written(tmp_path, TASK_TIME)), ProfileCosts(load_profile("Ascend910B"))
    assert costs.execute_ns(5) == profile.execute_ns(5)
    assert costs.copy_ns(Direction.HOST_TO_DEVICE, 4096) == profile.copy_ns(Direction.HOST_TO_DEVICE, 4096)
    assert costs.set_ns(4096) == profile.set_ns(4096)
    assert costs.report_ns == profile.report_ns


def test_the_report_says_what_did_not_match(tmp_path):
    path = written(tmp_path, OP_SUMMARY.format(blocks="Block Num"))
    costs = replay(path)
    assert costs.recorded("net", None) is None
    assert costs.report() == (
        f"costs: net is not in {path}; its declared latency was used",
        f"costs: 3 names of {path} matched no model: conv1, other, relu1",
    )
    costs = replay(path)
    assert costs.recorded("net", 1) is not None
    assert costs.report()[1:] == (f"costs: Model ID 2 of {path} matched no model",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ":1: the first line has none of the columns that tell durations"),
        ("a,b\n1,2\n", "found: a, b"),
        (
            TASK_TIME.replace("200.001", "fast"),
            ":4: column 'task_time(us)' is 'fast': it must be a duration in us",
        ),
        (TASK_TIME.replace("200.001", "-1"), ":4: column 'task_time(us)' is '-1'"),
        (TASK_TIME.replace("200.001", "nan"), ":4: column 'task_time(us)' is 'nan'"),
        (TASK_TIME.rpartition(",200")[0], ":4: the line has 5 cells and the header 8; is the file whole?"),
        (TASK_TIME.partition("\n")[0], "no line of the file has a name and a duration"),
        (TASK_TIME + '"open', "this is not CSV"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_with_line_and_column(tmp_path, text, said):
    path = written(tmp_path, text)
    with pytest.raises(UserError) as refused:
        read_recording(path)
    assert str(refused.value).startswith(path)
    assert said in str(refused.value)


def test_a_missing_file_and_one_that_is_no_text_are_told_apart(tmp_path):
    with pytest.raises(UserError, match="there is no such file"):
        read_recording(tmp_path / "none.csv")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xff\x00")
    with pytest.raises(UserError, match="this is not UTF-8 text"):
        read_recording(tmp_path / "binary.csv")


def test_a_name_stands_for_costs():
    profile = load_profile("Ascend910B")
    assert repr(costs_by_name("null", profile)) == "NullCosts()"
    assert repr(costs_by_name("profile", profile)) == "ProfileCosts(Ascend910B)"
    with pytest.raises(UserError, match=r"costs is 'nul': there are 'profile' .* op_summary"):
        costs_by_name("nul", profile)


def test_a_session_runs_models_for_as_long_as_was_recorded(tmp_path):
    with Session(costs=written(tmp_path, TASK_TIME)) as session:
        session.declare_model(ModelSpec("net", latency_ns=10**9))
        assert rt.set_device(0) == 0
        model, _ = mdl.load_from_file("net.om")
        stream, _ = rt.create_stream()
        dataset = mdl.create_dataset()
        for _ in range(3):
            assert mdl.execute_async(model, dataset, dataset, stream) == 0
        assert rt.synchronize_stream(stream) == 0
        assert session.trace is not None
        runs = [record.time - record.start for record in session.trace.of(TaskRan)]
        assert runs == [100_000, 200_001, 100_000]
        assert "net ran 3 times on 2 recorded durations" in session.cost_report()[0]


def test_a_scenario_runs_on_recorded_durations_and_says_so(tmp_path):
    scenario = written(tmp_path, SCENARIO, "two.yaml")
    result = CliRunner().invoke(main, ["run", scenario, "--costs", written(tmp_path, TASK_TIME)])
    assert result.exit_code == 0, result.output
    assert "costs: net ran 2 times on 2 recorded durations" in result.output
    assert "costs: late is not in" in result.output


def test_a_bad_recording_ends_the_command_before_anything_runs(tmp_path):
    path = written(tmp_path, "a,b\n")
    result = CliRunner().invoke(main, ["run", "--costs", path])
    assert result.exit_code == 2
    assert f"{path}:1: the first line has none of the columns" in result.stderr
