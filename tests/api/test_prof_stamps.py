"""Steps, marks and spans that a program sets itself."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import acl_api as acl
from acl_api import mdl, rt
from simulator.core.models import ModelSpec

prof: Any = import_module("acl_api.prof")
BAD, FAILED, NO_STREAM = 100000, -1, 500002
TASK_TIME, MSPROFTX = 2, 0x80


@pytest.fixture(autouse=True)
def _session(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with acl.Session() as session:
        session.declare_model(ModelSpec("net", latency_ns=2_000_000))
        assert rt.set_device(0) == 0
        yield


@pytest.fixture
def started():
    assert prof.init("out") == 0
    config = prof.create_config([0], 0xFF, 0, MSPROFTX | TASK_TIME)
    assert prof.start(config) == 0
    return config


def stamped(text):
    stamp = prof.create_stamp()
    assert prof.set_stamp_trace_message(stamp, text, len(text)) == 0
    return stamp


def run():
    model, _ = mdl.load_from_file("net.om")
    assert mdl.execute(model, mdl.create_dataset(), mdl.create_dataset()) == 0


def slices(config):
    assert prof.stop(config) == 0
    (path,) = Path("out").glob("PROF_*/mindstudio_profiler_output/msprof_*.json")
    return {event["name"]: event for event in json.loads(path.read_text()) if event["ph"] == "X"}


def test_spans_and_marks_are_in_the_timeline(started):
    outer, inner, loose, mark = map(stamped, ("outer", "inner", "loose", "mark"))
    assert prof.push(outer) == 0
    number, code = prof.range_start(loose)
    assert code == 0
    assert prof.push(inner) == 0
    run()
    assert prof.pop() == 0
    assert prof.mark(mark) == 0
    assert prof.range_stop(number) == 0
    assert prof.pop() == 0
    assert prof.pop() == FAILED
    assert prof.range_stop(number) == FAILED
    stream, _ = rt.create_stream()
    assert prof.mark_ex("on a stream", stream) == 0
    assert rt.synchronize_stream(stream) == 0
    found = slices(started)
    assert {name: found[name]["dur"] for name in ("outer", "inner", "loose", "mark")} == {
        "outer": 2005.0,
        "inner": 2005.0,
        "loose": 2005.0,
        "mark": 0.0,
    }
    assert found["on a stream"]["args"]["event_type"] == "marker_ex"
    assert found["PROFILER_TRACE_EX"]["dur"] == 0


def test_without_stamps_switched_on_nothing_can_be_stamped():
    assert prof.create_stamp() == 0
    assert prof.push(0) == prof.pop() == prof.mark(0) == prof.range_stop(0) == FAILED
    assert prof.range_start(0) == (0, FAILED)
    assert prof.set_stamp_trace_message(0, "x", 1) == FAILED
    stream, _ = rt.create_stream()
    assert prof.mark_ex("x", stream) == FAILED
    assert prof.destroy_stamp(0) is None


@pytest.mark.usefixtures("started")
def test_there_are_a_hundred_stamps():
    stamps = [prof.create_stamp() for _ in range(101)]
    assert [bool(stamp) for stamp in stamps] == [True] * 100 + [False]
    assert prof.destroy_stamp(stamps[0]) is None
    assert prof.push(stamps[0]) == FAILED
    assert prof.create_stamp() != 0


@pytest.mark.usefixtures("started")
def test_messages_and_marks_that_are_too_long():
    stamp, (stream, _) = prof.create_stamp(), rt.create_stream()
    assert prof.set_stamp_trace_message(stamp, "x" * 127, 127) == 0
    assert prof.set_stamp_trace_message(stamp, "x" * 128, 128) == FAILED
    assert prof.mark_ex("x" * 155, stream) == 0
    assert prof.mark_ex("x" * 156, stream) == FAILED
    assert prof.mark_ex("", stream) == FAILED
    assert prof.mark_ex("x", 0) == FAILED
    assert prof.mark_ex("x", 0xDEAD) == FAILED


def test_steps_begin_and_end_once():
    stream, _ = rt.create_stream()
    info = prof.create_step_info()
    assert prof.get_step_timestamp(info, 0, stream) == 0
    assert prof.get_step_timestamp(info, 0, stream) == BAD
    assert prof.get_step_timestamp(info, 1, stream) == 0
    assert prof.get_step_timestamp(info, 7, stream) == BAD
    assert prof.get_step_timestamp(0, 0, stream) == BAD
    assert prof.get_step_timestamp(prof.create_step_info(), 0, 0xDEAD) == NO_STREAM
    assert prof.destroy_step_info(info) is None
    assert prof.get_step_timestamp(info, 0, stream) == BAD
    assert rt.synchronize_stream(stream) == 0
