"""Loading by a configuration handle or with queues, and running with one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from simulator.core.models import ModelSpec
from tests.api.model_files import DOUBLE, Rig, mdl, ramp, rt

BAD, NO_FILE, BAD_DATA, NO_QUEUE = 100000, 145002, 145006, 145008
PRIORITY, LOAD_TYPE, PATH, MEMORY, MEMORY_SIZE = 0, 1, 2, 3, 4
FROM_FILE, FROM_FILE_WITH_MEM, FROM_MEMORY, FROM_MEMORY_WITH_MEM, FILE_WITH_QUEUES, MEMORY_WITH_QUEUES = (
    range(1, 7)
)


@pytest.fixture
def rig(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.om.toml").write_text(DOUBLE)
    (tmp_path / "net.om").write_bytes(b"a model")
    with Rig(tmp_path) as rig:
        yield rig


def config(**options):
    handle = mdl.create_config_handle()
    for attr, value in options.items():
        assert mdl.set_config_opt(handle, int(attr.removeprefix("a")), value) == 0
    return handle


def in_memory(rig):
    return rig.upload(np.frombuffer(b"a model", np.uint8)), 7


@pytest.mark.parametrize("kind", [FROM_FILE, FROM_FILE_WITH_MEM])
@pytest.mark.usefixtures("rig")
def test_a_model_from_a_file(kind):
    handle = config(a1=kind, a2="net.om", a0=7, a5=0, a6=0, a7=0, a8=0, a13=1)
    assert mdl.load_with_config(handle) == (1, 0)
    assert mdl.destroy_config_handle(handle) == 0
    assert mdl.load_with_config(handle) == (0, BAD)


@pytest.mark.parametrize("kind", [FROM_MEMORY, FROM_MEMORY_WITH_MEM])
def test_a_model_from_memory(rig, kind):
    address, size = in_memory(rig)
    assert mdl.load_with_config(config(a1=kind, a3=address, a4=size)) == (1, 0)


def test_what_a_load_type_needs_and_lacks_is_a_wrong_argument(rig):
    address, _ = in_memory(rig)
    lacking: list[dict[str, Any]] = [
        {},
        {"a2": "net.om"},
        {"a1": FROM_FILE},
        {"a1": FROM_MEMORY, "a3": address},
        {"a1": FILE_WITH_QUEUES, "a2": "net.om"},
        {"a1": FROM_FILE, "a2": "net.om", "a14": 1},
    ]
    assert [mdl.load_with_config(config(**options)) for options in lacking] == [(0, BAD)] * len(lacking)


def test_what_is_not_there(rig):
    assert mdl.load_with_config(config(a1=FROM_FILE, a2="other.om")) == (0, NO_FILE)
    address, _ = in_memory(rig)
    assert mdl.load_with_config(config(a1=FROM_MEMORY, a3=address, a4=5)) == (0, BAD_DATA)


@pytest.mark.parametrize(
    ("attr", "value"),
    [(0, 8), (0, -1), (1, 0), (1, 7), (3, 0), (10, 0), (12, 0), (13, 2), (14, 0), (15, 1), (28, 1), (-1, 1)],
)
@pytest.mark.usefixtures("rig")
def test_values_out_of_range_and_attributes_that_are_not_there(attr, value):
    assert mdl.set_config_opt(mdl.create_config_handle(), attr, value) == BAD


@pytest.mark.usefixtures("rig")
def test_a_value_of_another_type_is_noticed_before_the_handle():
    with pytest.raises(TypeError, match=r"^acl\.mdl\.set_config_opt args parse failed!$"):
        mdl.set_config_opt(0, PATH, 5)
    with pytest.raises(TypeError, match=r"^acl\.mdl\.set_config_opt args parse failed!$"):
        mdl.set_config_opt(0, LOAD_TYPE, "file")
    with pytest.raises(TypeError, match=r"^acl\.mdl\.set_config_opt args parse failed\n"):
        mdl.set_config_opt("no handle", LOAD_TYPE, 1)
    assert mdl.set_config_opt(0, LOAD_TYPE, 1) == BAD
    assert mdl.destroy_config_handle(0) == BAD


def test_queues_are_refused_behind_everything_else(rig):
    assert mdl.load_from_file_with_q("net.om", 1, 1, 1, 1) == (0, NO_QUEUE)
    assert mdl.load_from_file_with_q("other.om", 1, 1, 1, 1) == (0, NO_FILE)
    for wrong in [(0, 1, 1, 1), (1, 0, 1, 1), (1, 1, 0, 1), (1, 1, 1, 0)]:
        assert mdl.load_from_file_with_q("other.om", *wrong) == (0, BAD)
    address, size = in_memory(rig)
    assert mdl.load_from_mem_with_q(address, size, 1, 1, 1, 1) == (0, NO_QUEUE)
    assert mdl.load_from_mem_with_q(address, 3, 1, 1, 1, 1) == (0, BAD_DATA)
    assert mdl.load_from_mem_with_q(address, 0, 1, 1, 1, 1) == (0, BAD)
    handle = config(a1=FILE_WITH_QUEUES, a2="net.om", a9=1, a10=1, a11=1, a12=1)
    assert mdl.load_with_config(handle) == (0, NO_QUEUE)


# -- running


def test_a_run_on_a_stream_has_ended_when_the_call_returns(rig):
    model, handle = rig.load(), mdl.create_exec_config_handle()
    stream, _ = rt.create_stream()
    x, out = rig.upload(ramp(4)), rig.upload(np.zeros(4, np.float32))
    source, target = rig.dataset((x, 16)), rig.dataset((out, 16))
    assert mdl.execute_v2(model, source, target, stream, handle) == 0
    assert rig.download(out, "float32", (4,)).tolist() == [0, 2, 4, 6]
    assert mdl.execute_v2(model, source, target, 0, handle) == 0
    assert mdl.execute_v2(99, source, target, 0, handle) == 145003
    assert mdl.execute_v2(99, 0, 0, 0, 0) == BAD


def test_a_run_that_takes_longer_than_its_limit(rig):
    rig.session.declare_model(ModelSpec("slow", 5_000_000))
    model, _ = mdl.load_from_file("slow.om")
    handle = mdl.create_exec_config_handle()
    assert mdl.set_exec_config_opt(handle, 0, 2) == 0
    stream, _ = rt.create_stream()
    source, target = rig.dataset(), rig.dataset()
    assert mdl.execute_v2(model, source, target, stream, handle) == 507046
    assert mdl.set_exec_config_opt(handle, 0, (1 << 32) - 1) == 0
    assert mdl.execute_v2(model, source, target, stream, handle) == 0


@pytest.mark.usefixtures("rig")
def test_limits_below_minus_one_and_other_attributes():
    handle = mdl.create_exec_config_handle()
    assert [mdl.set_exec_config_opt(handle, *given) for given in [(0, 1 << 31), (1, 5), (2, 5)]] == [
        BAD,
        0,
        BAD,
    ]
    assert mdl.destroy_exec_config_handle(handle) == 0
    assert mdl.destroy_exec_config_handle(handle) == BAD
