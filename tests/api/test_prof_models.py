"""Listening to models: what comes through the pipe, and what is read out of it."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

import pytest

import acl_api as acl
from acl_api import mdl, rt
from acl_api.profiling.op_info import signature
from acl_api.session import current_session
from simulator.base.trace import Noted
from simulator.core.models import ModelSpec

prof: Any = import_module("acl_api.prof")
util: Any = import_module("acl_api.util")

BAD, NO_MODEL, CONFLICT, REPEATED, WRONG_CONFIG = 100000, 100011, 148047, 148046, 100010
SIZE, NO_METRICS = 80, 0xFF


@pytest.fixture(autouse=True)
def _session(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with acl.Session(devices=2) as session:
        for name in ("net", "other"):
            session.declare_model(ModelSpec(name, latency_ns=2_500_000))
        assert rt.set_device(0) == 0
        yield


@pytest.fixture
def pipe():
    ends = os.pipe()
    yield ends
    for end in ends:
        try:
            os.close(end)
        except OSError:  # closed by unsubscribing
            continue


def run(model, times=2):
    source, target = mdl.create_dataset(), mdl.create_dataset()
    for _ in range(times):
        assert mdl.execute(model, source, target) == 0


def test_a_signature_is_a_crc_without_the_last_inversion():
    assert signature(b"123456789") ^ 0xFFFFFFFF == 0xE3069283


def test_each_run_comes_through_the_pipe_as_one_operator(pipe):
    model, _ = mdl.load_from_file("net.om")
    config = prof.create_subscribe_config(1, NO_METRICS, pipe[1])
    assert prof.model_subscribe(model, config) == 0
    run(model)
    assert prof.get_op_desc_size() == (SIZE, 0)
    data = os.read(pipe[0], 10 * SIZE)
    address, size = util.bytes_to_ptr(data), len(data)
    assert prof.get_op_num(address, size) == (2, 0)
    assert [prof.get_model_id(address, size, at) for at in range(2)] == [model] * 2
    starts = [prof.get_op_start(address, size, at) for at in range(2)]
    ends = [prof.get_op_end(address, size, at) for at in range(2)]
    assert [prof.get_op_duration(address, size, at) for at in range(2)] == [2505, 2505]
    assert [end - start for start, end in zip(starts, ends, strict=True)] == [2505, 2505]
    assert starts[1] >= ends[0]
    assert prof.get_op_name_len(address, size, 0) == (4, 0)
    assert prof.get_op_name(address, size, 0, 3) == ("", BAD)
    assert prof.get_op_name(address, size, 0, 4) == ("net", 0)
    assert prof.get_op_name(address, size, 0, 4) == ("", BAD), "a name is told once"
    assert prof.get_op_name_v2(address, size, 1) == ("net", 0)
    assert prof.get_op_name_v2(address, size, 1) == (None, BAD)
    assert prof.get_op_type_len(address, size, 0) == (4, 0)
    assert prof.get_op_type(address, size, 0, 64) == ("N/A", 0)
    assert prof.get_op_type_v2(address, size, 1) == ("N/A", 0)
    assert prof.get_op_type(address, size, 1, 4097) == ("", BAD)


def test_records_that_are_none(pipe):
    model, _ = mdl.load_from_file("net.om")
    assert prof.model_subscribe(model, prof.create_subscribe_config(1, NO_METRICS, pipe[1])) == 0
    run(model, 1)
    data = bytearray(os.read(pipe[0], SIZE))
    good = util.bytes_to_ptr(bytes(data))
    assert prof.get_op_num(good, SIZE - 1) == (0, BAD)
    assert prof.get_op_num(0, SIZE) == (0, BAD)
    assert prof.get_op_num(good, 0) == (0, BAD)
    assert prof.get_op_start(good, SIZE, 1) == 0
    assert prof.get_model_id(good, SIZE, 1) == BAD
    data[20] ^= 1
    bad = util.bytes_to_ptr(bytes(data))
    assert prof.get_op_duration(bad, SIZE, 0) == 0
    assert prof.get_op_name(bad, SIZE, 0, 64) == ("", BAD)
    assert prof.get_op_name_len(0, SIZE, 0) == (0, BAD)


def test_other_models_are_not_heard_and_unsubscribing_closes_the_pipe(pipe):
    model, _ = mdl.load_from_file("net.om")
    other, _ = mdl.load_from_file("other.om")
    assert prof.model_subscribe(model, prof.create_subscribe_config(1, NO_METRICS, pipe[1])) == 0
    run(other)
    run(model, 1)
    assert prof.model_unsubscribe(model) == 0
    run(model)
    assert len(os.read(pipe[0], 10 * SIZE)) == SIZE
    assert os.read(pipe[0], 1) == b"", "the writing end is closed"
    assert prof.model_unsubscribe(model) == NO_MODEL
    assert prof.model_un_subscribe(99) == NO_MODEL


def test_two_models_may_share_a_pipe(pipe):
    models = [mdl.load_from_file(f"{name}.om")[0] for name in ("net", "other")]
    config = prof.create_subscribe_config(1, NO_METRICS, pipe[1])
    assert [prof.model_subscribe(model, config) for model in models] == [0, 0]
    assert prof.destroy_subscribe_config(config) == 0
    assert prof.model_un_subscribe(models[0]) == 0
    run(models[1], 1)
    assert len(os.read(pipe[0], 10 * SIZE)) == SIZE
    assert prof.model_unsubscribe(models[1]) == 0
    assert os.read(pipe[0], 1) == b""


def test_what_cannot_be_subscribed(pipe):
    model, _ = mdl.load_from_file("net.om")
    other, _ = mdl.load_from_file("other.om")
    assert prof.create_subscribe_config(2, NO_METRICS, pipe[1]) == 0
    config = prof.create_subscribe_config(1, NO_METRICS, pipe[1])
    nothing = prof.create_subscribe_config(0, NO_METRICS, pipe[1])
    assert prof.model_subscribe(99, config) == NO_MODEL
    assert prof.model_subscribe(99, 0) == NO_MODEL
    assert prof.model_subscribe(model, 0) == BAD
    assert prof.model_subscribe(model, nothing) == BAD
    assert prof.model_subscribe(model, config) == 0
    assert prof.model_subscribe(model, config) == REPEATED
    assert prof.model_subscribe(other, prof.create_subscribe_config(1, 0, pipe[1])) == WRONG_CONFIG
    assert [prof.init("out"), prof.start(0), prof.stop(0), prof.finalize()] == [CONFLICT] * 4
    assert prof.model_unsubscribe(model) == 0
    assert prof.init("out") == 0
    assert prof.model_subscribe(model, config) == CONFLICT


def test_a_pipe_that_nobody_reads_does_not_stop_the_program(pipe):
    model, _ = mdl.load_from_file("net.om")
    assert prof.model_subscribe(model, prof.create_subscribe_config(1, NO_METRICS, pipe[1])) == 0
    run(model, 1500)
    assert prof.model_unsubscribe(model) == 0
    assert os.read(pipe[0], SIZE)
    session = current_session()
    assert session is not None
    assert session.trace is not None
    (note,) = session.trace.of(Noted)
    assert note.finding == "profile-lost"
