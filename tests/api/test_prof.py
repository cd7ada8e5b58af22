"""The program profiles itself: modes, configurations, and the files that are left."""

from __future__ import annotations

import csv
import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import acl_api as acl
from acl_api import mdl, rt
from simulator.core.models import ModelSpec
from simulator.costs.recording import read_recording

prof: Any = import_module("acl_api.prof")

BAD, NO_FILE, RUNS, CONFLICT, WRONG_CONFIG, UNSUPPORTED = 100000, 100003, 100042, 148047, 100010, 200007
ACL_API, TASK_TIME, METRICS, MSPROFTX = 1, 2, 4, 0x80
NO_METRICS = 0xFF


@pytest.fixture(autouse=True)
def _quiet(monkeypatch):
    for name in ("PROFILING_MODE", "ACL_PROF_PATH", "ACLSIM_PROF_STAMP"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def session(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with acl.Session(devices=2) as session:
        session.declare_model(ModelSpec("net", latency_ns=2_500_500, cores=4))
        assert acl.init() == 0
        assert rt.set_device(0) == 0
        yield session


def config(data=ACL_API | TASK_TIME, devices=(0,), metrics=NO_METRICS):
    handle = prof.create_config(list(devices), metrics, 0, data)
    assert handle
    return handle


def work(runs=3):
    model, _ = mdl.load_from_file("net.om")
    stream, _ = rt.create_stream()
    source, target = mdl.create_dataset(), mdl.create_dataset()
    device, _ = rt.malloc(64, 0)
    host, _ = rt.malloc_host(64)
    for _ in range(runs):
        assert rt.memcpy_async(device, 64, host, 64, 1, stream) == 0
        assert mdl.execute_async(model, source, target, stream) == 0
    assert rt.synchronize_stream(stream) == 0
    return model


def results(folder="out", stamp="*", number=1) -> dict[str, Path]:
    (home,) = Path(folder).glob(f"PROF_{number:06}_{stamp}_SIM")
    return {path.name.rsplit("_", 1)[0]: path for path in (home / "mindstudio_profiler_output").iterdir()}


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


# -- files


def test_an_interval_leaves_files_as_the_vendors_exporter_shapes_them(session):
    assert prof.init("out") == 0
    chosen = config()
    assert prof.start(chosen) == 0
    work()
    assert prof.stop(chosen) == 0
    assert prof.finalize() == 0
    files = results()
    assert sorted(files) == ["api_statistic", "msprof", "op_summary", "task_time"]
    operators = table(files["op_summary"])
    assert [(row["Op Name"], row["Block Num"], row["Model ID"], row["Task Type"]) for row in operators] == [
        ("net", "4", "1", "AI_CORE")
    ] * 3
    assert {row["Task Duration(us)"] for row in operators} == {"2505.500"}
    assert list(operators[0])[:11] == [
        *("Device_id", "Model ID", "Task ID", "Stream ID", "Op Name", "OP Type", "OP State", "Task Type"),
        *("Task Start Time(us)", "Task Duration(us)", "Task Wait Time(us)"),
    ]
    tasks = table(files["task_time"])
    assert [row["kernel_type"] for row in tasks] == ["MEMCPY_ASYNC", "KERNEL_AICORE"] * 3
    assert [row["kernel_name"] for row in tasks] == ["N/A", "net"] * 3
    starts = [row["task_start(us)"] for row in tasks if row["kernel_name"] == "net"]
    assert starts == [row["Task Start Time(us)"] for row in operators]
    calls = {row["API Name"]: row for row in table(files["api_statistic"])}
    assert calls["aclmdlExecuteAsync"]["Count"] == "3"
    assert calls["aclmdlExecuteAsync"]["Device_id"] == "host"
    assert float(calls["aclrtSynchronizeStream"]["Time(us)"]) > 7500
    assert "aclInit" not in calls, "before the interval"
    assert session.trace is not None


def test_the_timeline_is_an_array_with_layers_and_arrows(session):
    assert prof.init("out") == 0
    chosen = config()
    assert prof.start(chosen) == 0
    work(1)
    assert prof.stop(chosen) == 0
    events = json.loads(results()["msprof"].read_text())
    names = {event["args"]["name"]: event["pid"] for event in events if event["name"] == "process_name"}
    assert names == {"CANN": 7 << 5 | 31, "Ascend Hardware": 14 << 5}
    slices = {event["name"]: event for event in events if event["ph"] == "X"}
    run, launch = slices["net"], slices["AscendCL@aclmdlExecuteAsync"]
    assert isinstance(run["ts"], str)
    assert run["dur"] == 2505.5
    assert run["args"]["connection_id"] == launch["args"]["connection_id"]
    assert slices["MEMCPY_ASYNC"]["args"]["operation"] == "host to device"
    arrows = [event for event in events if event.get("cat") == "HostToDevice"]
    number = str(launch["args"]["connection_id"])
    assert sorted(event["ph"] for event in arrows if event["id"] == number) == ["f", "s"]
    assert session.trace is not None


def test_each_interval_has_a_folder_and_the_stamp_can_be_fixed(session, monkeypatch):
    monkeypatch.setenv("ACLSIM_PROF_STAMP", "20260101120000000")
    assert prof.init("out") == 0
    chosen = config()
    for number in (1, 2):
        assert prof.start(chosen) == 0
        work(1)
        assert prof.stop(chosen) == 0
        assert set(results(stamp="20260101120000000", number=number)) >= {"op_summary"}
    assert session.trace is not None


def test_the_files_of_two_equal_runs_are_equal(tmp_path, monkeypatch):
    texts = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        with acl.Session() as session:
            session.declare_model(ModelSpec("net", latency_ns=1000))
            rt.set_device(0)
            prof.start(0)
            work()
            prof.finalize()
        texts.append({name: path.read_text() for name, path in results(".").items()})
    assert texts[0] == texts[1]


@pytest.mark.parametrize("host", ["greenlets", "baton", "free"])
def test_no_trace_is_needed(tmp_path, monkeypatch, host):
    monkeypatch.chdir(tmp_path)
    with acl.Session(host=host, trace=False) as session:
        session.declare_model(ModelSpec("net", latency_ns=2_000_000))
        rt.set_device(0)
        assert prof.init("out") == 0
        assert prof.start(0) == 0
        work()
        assert prof.stop(0) == 0
        rows = table(results()["op_summary"])
        assert [row["Task Duration(us)"] for row in rows] == ["2005.000"] * 3
        before = list(session.called)
        work(1)
        assert prof.finalize() == 0
    assert before


def test_what_was_not_asked_for_is_not_written(session):
    assert prof.init("out") == 0
    for number, data in enumerate((TASK_TIME, ACL_API), 1):
        chosen = config(data)
        assert prof.start(chosen) == 0
        work(1)
        assert prof.stop(chosen) == 0
        wanted = {1: {"op_summary", "task_time", "msprof"}, 2: {"api_statistic", "msprof"}}
        assert set(results(number=number)) == wanted[number]
    assert session.trace is not None


def test_only_the_devices_of_the_configuration_are_recorded(session):
    assert prof.init("out") == 0
    chosen = config(devices=(1,))
    assert prof.start(chosen) == 0
    work()
    assert prof.stop(chosen) == 0
    assert "op_summary" not in results()
    assert session.trace is not None


@given(latencies=st.lists(st.integers(1, 10**9), min_size=1, max_size=6))
@settings(max_examples=25, deadline=None)
def test_what_is_written_is_read_again_and_replays_with_the_same_durations(tmp_path_factory, latencies):
    folder = tmp_path_factory.mktemp("prof")

    def run(costs: str, out: Path, declared: list[int]) -> Path:
        with acl.Session(costs=costs) as session:
            for at, latency in enumerate(declared):
                session.declare_model(ModelSpec(f"net{at}", latency_ns=latency))
            rt.set_device(0)
            assert prof.init(str(out)) == 0
            assert prof.start(0) == 0
            source, target = mdl.create_dataset(), mdl.create_dataset()
            for at in range(len(declared)):
                model, _ = mdl.load_from_file(f"net{at}.om")
                assert mdl.execute(model, source, target) == 0
            assert prof.finalize() == 0
        return out

    first = run("profile", folder / "first", latencies)
    for kind in ("op_summary", "task_time"):
        recording = read_recording(results(str(first))[kind])
        found = [recording.tasks[f"net{at}"][0].duration_ns for at in range(len(latencies))]
        again = run(str(results(str(first))[kind]), folder / kind, [1] * len(latencies))
        replayed = read_recording(results(str(again))[kind])
        assert [replayed.tasks[f"net{at}"][0].duration_ns for at in range(len(latencies))] == found


# -- modes and codes


def test_init_and_finalize(session, tmp_path):
    assert prof.finalize() == 0, "nothing was begun"
    assert prof.init("") == BAD
    assert prof.init("x" * 4096) == BAD
    assert prof.init("a;b") == NO_FILE
    assert prof.init(str(tmp_path)) == 0
    assert prof.init(str(tmp_path)) == 100002
    assert prof.finalize() == 0
    assert prof.init(str(tmp_path)) == 0
    assert session.trace is not None


@pytest.mark.usefixtures("session")
def test_a_profiler_that_is_switched_on_from_outside(monkeypatch):
    monkeypatch.setenv("PROFILING_MODE", "dynamic")
    assert prof.init("out") == 200006


@pytest.mark.usefixtures("session")
def test_configurations_that_cannot_be():
    make = prof.create_config
    assert make([0], 0, 1, TASK_TIME) == 0
    assert make([0, 0], 0, 0, TASK_TIME) == 0
    assert make([2], 0, 0, TASK_TIME) == 0
    assert make([0, 1, 0], 0, 0, TASK_TIME) == 0
    assert make([], 0, 0, TASK_TIME) == 0
    assert make([], 0, 0, MSPROFTX) != 0
    with pytest.raises(TypeError, match=r"^argument 1 is not list$"):
        make((0,), 0, 0, TASK_TIME)
    handle = config()
    assert prof.destroy_config(handle) == 0
    assert prof.destroy_config(handle) == BAD
    assert prof.destroy_config(0) == BAD


@pytest.mark.usefixtures("session")
def test_start_and_stop():
    assert prof.stop(0) == 0, "nothing was begun"
    assert prof.start(config(1 << 40)) == UNSUPPORTED
    assert prof.start(config(METRICS, metrics=77)) == BAD
    chosen, other = config(), config(TASK_TIME)
    assert prof.start(chosen) == 0, "without init it goes to the working directory"
    assert prof.start(config()) == 0, "the same again"
    assert prof.start(other) == WRONG_CONFIG
    assert prof.stop(other) == WRONG_CONFIG
    assert prof.stop(chosen) == 0
    assert prof.stop(chosen) == WRONG_CONFIG
    assert prof.start(0xDEAD) == BAD
    assert set(results(".")) >= {"msprof"}


@pytest.mark.usefixtures("session")
def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    assert prof.init(str(tmp_path / "file" / "below")) == 0
    assert prof.start(0) == NO_FILE


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        *[(0, "1", BAD), (17, "1", BAD), (15, "1", BAD), (1, "x" * 257, BAD), (2, "1", WRONG_CONFIG)],
        *[(1, "200MB", 0), (1, "199MB", WRONG_CONFIG), (1, "1GB", WRONG_CONFIG), (1, "", WRONG_CONFIG)],
        *[
            (3, "100", 0),
            (3, "101", WRONG_CONFIG),
            (3, "x", WRONG_CONFIG),
            (6, "50", 0),
            (6, "51", WRONG_CONFIG),
        ],
        *[(8, "cpu,mem", 0), (8, "cpu,gpu", WRONG_CONFIG), (16, "a/b", 0), (16, "a|b", WRONG_CONFIG)],
    ],
)
@pytest.mark.usefixtures("session")
def test_values_of_the_configuration(kind, text, code):
    assert prof.set_config(kind, text) == code


def test_the_configuration_of_init_profiles_the_whole_process(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("acl.json").write_text(json.dumps({"profiler": {"switch": "on", "output": "out"}}))
    with acl.Session() as session:
        session.declare_model(ModelSpec("net", latency_ns=1000))
        assert acl.init("acl.json") == 0
        rt.set_device(0)
        assert [prof.init("x"), prof.start(0), prof.stop(0), prof.finalize()] == [RUNS] * 4
        work()
        assert acl.finalize() == 0
        assert len(table(results()["op_summary"])) == 3
        assert prof.init("x") == 0


def test_a_process_that_ends_without_finalize_is_written_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("acl.json").write_text(json.dumps({"profiler": {"switch": "on", "task_time": "off"}}))
    with acl.Session():
        assert acl.init("acl.json") == 0
        rt.set_device(0)
    assert set(results(".")) == {"api_statistic", "msprof"}
