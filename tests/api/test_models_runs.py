"""Runs that compute: when bytes are read and written, what data sets must hold, and how runs fail."""

from __future__ import annotations

import hashlib
from importlib import import_module
from typing import Any

import numpy as np
import pytest

import acl_api as acl
from simulator.core.models import ModelSpec
from tests.api.model_files import DOUBLE, Rig, mdl, ramp, rt

MODEL_EXECUTE, AICORE_EXCEPTION, DATASETS, INVALID_PARAM = 507011, 507015, 500002, 100000
OPEN = DOUBLE.replace("[4]", "[-1]").replace("double", "wide")


@pytest.fixture
def rig(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ACLSIM_ALLOW_CODE", raising=False)
    with Rig(tmp_path) as rig:
        yield rig


@pytest.fixture
def ready(rig):
    """A model that doubles four numbers, with its data sets on the device: model, input, output, addresses."""
    model = rig.load()
    source, target = rig.upload(ramp(4)), rig.upload(ramp(4))
    return model, rig.dataset((source, 16)), rig.dataset((target, 16)), source, target


def test_a_run_computes_from_the_input_buffers_into_the_output_buffers(rig, ready):
    model, source, target, _, out = ready
    assert mdl.execute(model, source, target) == 0
    assert rig.download(out, "float32", (4,)).tolist() == [0, 2, 4, 6]


def test_a_queued_run_reads_and_writes_when_it_ends(rig, ready):
    model, source, target, place, out = ready
    stream, _ = rt.create_stream()
    assert mdl.execute_async(model, source, target, stream) == 0
    assert rig.download(out, "float32", (4,)).tolist() == [0, 1, 2, 3]
    late = ramp(4) + 10
    assert rt.memcpy(place, 16, late.ctypes.data, 16, 1) == 0
    assert rt.synchronize_stream(stream) == 0
    assert rig.download(out, "float32", (4,)).tolist() == [20, 22, 24, 26]


def test_the_buffers_of_a_run_are_those_at_its_launch(rig, ready):
    model, source, target, _, out = ready
    stream, _ = rt.create_stream()
    elsewhere = rig.upload(ramp(4))
    assert mdl.execute_async(model, source, target, stream) == 0
    assert acl.update_data_buffer(mdl.get_dataset_buffer(target, 0), elsewhere, 16) == 0
    assert rt.synchronize_stream(stream) == 0
    assert rig.download(out, "float32", (4,)).tolist() == [0, 2, 4, 6]
    assert rig.download(elsewhere, "float32", (4,)).tolist() == [0, 1, 2, 3]


def test_runs_on_one_stream_feed_each_other(rig, ready):
    model, source, target, _, out = ready
    stream, _ = rt.create_stream()
    assert mdl.execute_async(model, source, target, stream) == 0
    assert mdl.execute_async(model, target, target, stream) == 0
    assert rt.synchronize_stream(stream) == 0
    assert rig.download(out, "float32", (4,)).tolist() == [0, 4, 8, 12]


def test_several_inputs_and_outputs_go_in_the_order_of_the_side_file(rig):
    tensor = '[[{}]]\nshape = [2, 3]\ndtype = "int64"\n'
    text = 'latency = "1us"\npython = "work:plus_and_minus"\n'
    model = rig.load(text + 2 * tensor.format("inputs") + 2 * tensor.format("outputs"))
    left, right = np.arange(6, dtype=np.int64).reshape(2, 3), np.full((2, 3), 7, np.int64)
    out = [rig.upload(np.zeros((2, 3), np.int64)) for _ in range(2)]
    source = rig.dataset((rig.upload(left), 48), (rig.upload(right), 48))
    assert mdl.execute(model, source, rig.dataset((out[0], 48), (out[1], 48))) == 0
    assert np.array_equal(rig.download(out[0], "int64", (2, 3)), left + right)
    assert np.array_equal(rig.download(out[1], "int64", (2, 3)), left - right)


def test_a_run_takes_its_latency_whatever_it_computes(rig, ready):
    model, source, target, *_ = ready
    began = rig.session.kernel.now
    assert mdl.execute(model, source, target) == 0
    launch = rig.session.profile.costs.kernel_launch_latency_ns
    assert rig.session.kernel.now - began == 1_000_000 + launch


def test_work_that_raises_fails_the_run_and_says_where(rig):
    model = rig.load(DOUBLE.replace("double", "fail"))
    source, target = (rig.dataset((rig.upload(ramp(4)), 16)) for _ in range(2))
    stream, _ = rt.create_stream()
    assert mdl.execute_async(model, source, target, stream) == 0
    assert rt.synchronize_stream(stream) == MODEL_EXECUTE
    assert rt.synchronize_stream(stream) == 0
    said = rig.found("model-work-failed")
    assert "ValueError: no such class (work.py:5 in fail)" in said
    assert "launched at test_models_runs.py:" in said
    assert mdl.execute(model, source, target) == MODEL_EXECUTE


def test_work_that_gives_another_shape_than_declared_fails_the_run(rig):
    text = OPEN.replace('name = "y"\nshape = [-1]', 'name = "y"\nshape = [-1, -1]')
    model = rig.load(text.replace("shape = [-1]", "shape = [4]"))
    source, target = rig.dataset((rig.upload(ramp(4)), 16)), rig.dataset((rig.upload(ramp(8)), 32))
    assert mdl.execute(model, source, target) == MODEL_EXECUTE
    assert "output 0 is float32[8], the model declares float32[-1, -1]" in rig.found("model-work-failed")


def test_the_device_cannot_reach_host_memory(rig, ready):
    model, _, target, *_ = ready
    pinned, _ = rt.malloc_host(16)
    assert mdl.execute(model, rig.dataset((pinned, 16)), target) == AICORE_EXCEPTION
    assert "input 0 of net lies in pinned host memory" in rig.found("host-memory-in-model")


@pytest.mark.parametrize("which", ["input", "output"])
def test_memory_freed_before_the_run_ends_fails_it(rig, ready, which):
    model, source, target, *places = ready
    stream, _ = rt.create_stream()
    assert mdl.execute_async(model, source, target, stream) == 0
    assert rt.free(places[which == "output"]) == 0
    assert rt.synchronize_stream(stream) == AICORE_EXCEPTION
    assert f"{which} 0 of net reaches memory that was freed" in rig.found("bad-address")


def test_where_host_and_device_share_memory_a_model_reads_and_writes_arrays(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with Rig(tmp_path, shared=True) as rig:
        model, values, out = rig.load(), ramp(4), np.zeros(4, np.float32)
        code = mdl.execute(model, rig.dataset((values.ctypes.data, 16)), rig.dataset((out.ctypes.data, 16)))
        assert (code, out.tolist()) == (0, [0, 2, 4, 6])


@pytest.mark.parametrize(
    ("inputs", "outputs", "said"),
    [
        ([], [16], "the input dataset has 0 buffers, net has 1 inputs"),
        ([16], [], "the output dataset has 0 buffers, net has 1 outputs"),
        ([16], [16, 16], "the output dataset has 2 buffers, net has 1 outputs"),
    ],
)
def test_data_sets_with_too_few_or_too_many_buffers_are_refused(rig, inputs, outputs, said):
    model, place = rig.load(), rig.upload(ramp(4))
    source, target = (rig.dataset(*((place, size) for size in sizes)) for sizes in (inputs, outputs))
    assert mdl.execute(model, source, target) == DATASETS
    assert rig.found("dataset-does-not-fit") == said


@pytest.mark.parametrize(("missing", "code"), [(64, 0), (65, DATASETS)])
def test_a_buffer_may_lack_the_alignment_and_no_more(rig, missing, code):
    model = rig.load(DOUBLE.replace("[4]", "[400]"))
    places = [rig.upload(ramp(400)) for _ in range(2)]
    source, target = rig.dataset((places[0], 1600 - missing)), rig.dataset((places[1], 1600))
    assert mdl.execute(model, source, target) == code
    source, target = rig.dataset((places[0], 1600)), rig.dataset((places[1], 1600 - missing))
    assert mdl.execute(model, source, target) == code


def test_a_data_set_with_a_destroyed_buffer_is_refused(rig, ready):
    model, source, target, *_ = ready
    assert acl.destroy_data_buffer(mdl.get_dataset_buffer(source, 0)) == 0
    assert mdl.execute(model, source, target) == INVALID_PARAM
    assert rig.found("stale-handle") == "the input dataset of net holds a data buffer that is destroyed"


def test_a_failed_run_is_explained_where_it_shows(rig, ready):
    model, _, target, *_ = ready
    pinned, _ = rt.malloc_host(16)
    stream, _ = rt.create_stream()
    assert mdl.execute_async(model, rig.dataset((pinned, 16)), target, stream) == 0
    assert rt.synchronize_stream(stream) == AICORE_EXCEPTION
    assert "input 0 of net lies in pinned host memory" in acl.get_recent_err_msg()
    assert mdl.load_from_file("other.om") == (0, 145002)
    assert "with 'aclsim model other.om --from NET.onnx'" in acl.get_recent_err_msg()


def test_destroying_a_data_set_under_a_queued_run_is_a_finding(rig, ready):
    model, source, target, _, out = ready
    stream, _ = rt.create_stream()
    assert mdl.execute_async(model, source, target, stream) == 0
    assert mdl.destroy_dataset(source) == 0
    assert "destroyed while a run of it is queued on stream" in rig.found("dataset-destroyed-in-use")
    assert rt.synchronize_stream(stream) == 0
    assert rig.download(out, "float32", (4,)).tolist() == [0, 2, 4, 6]
    assert mdl.destroy_dataset(target) == 0
    assert rig.found("dataset-destroyed-in-use")


def test_a_model_without_work_leaves_its_outputs_alone_and_checks_data_sets(rig):
    model = rig.load(DOUBLE.replace('python = "work:double"\n', ""))
    out = rig.upload(ramp(4))
    good = rig.dataset((rig.upload(ramp(4)), 16))
    assert mdl.execute(model, good, rig.dataset((out, 16))) == 0
    assert rig.download(out, "float32", (4,)).tolist() == [0, 1, 2, 3]
    assert mdl.execute(model, good, rig.dataset()) == DATASETS


def test_a_declared_model_stands_for_its_time_only_and_beats_the_side_file(rig):
    rig.session.declare_model(ModelSpec("net", latency_ns=5))
    model = rig.load()
    assert mdl.execute(model, mdl.create_dataset(), mdl.create_dataset()) == 0


def test_open_shapes_come_from_descriptions_and_go_into_them(rig):
    model = rig.load(OPEN)
    desc = rig.describe(model)
    assert mdl.get_input_size_by_index(desc, 0) == 0
    assert mdl.get_output_size_by_index(desc, 0) == 0
    source, target = rig.dataset((rig.upload(ramp(3)), 12)), rig.dataset((0, 0))
    assert mdl.execute(model, source, target) == DATASETS
    assert "call acl.mdl.set_dataset_tensor_desc" in rig.found("dataset-does-not-fit")
    shape = acl.create_tensor_desc(0, [3], 2)
    assert mdl.set_dataset_tensor_desc(source, shape, 0) == (source, 0)
    acl.destroy_tensor_desc(shape)
    assert mdl.execute(model, source, target) == 0
    given = mdl.get_dataset_tensor_desc(target, 0)
    assert acl.get_tensor_desc_dim_v2(given, 0) == (6, 0)
    assert acl.get_tensor_desc_size(given) == 24
    made = mdl.get_dataset_buffer(target, 0)
    address, size = acl.get_data_buffer_addr(made), acl.get_data_buffer_size_v2(made)
    assert size == 24
    assert rig.download(address, "float32", (6,)).tolist() == [0, 0, 1, 1, 2, 2]
    assert rt.free(address) == 0


def test_taking_a_description_away_leaves_the_shape_open_again(rig):
    model = rig.load(OPEN)
    source, target = rig.dataset((rig.upload(ramp(3)), 12)), rig.dataset((rig.upload(ramp(6)), 24))
    shape = acl.create_tensor_desc(0, [3], 2)
    assert mdl.set_dataset_tensor_desc(source, shape, 0) == (source, 0)
    assert mdl.execute(model, source, target) == 0
    assert mdl.set_dataset_tensor_desc(source, 0, 0) == (source, 0)
    assert mdl.get_dataset_tensor_desc(source, 0) == 0
    assert mdl.execute(model, source, target) == DATASETS
    assert mdl.set_dataset_tensor_desc(source, shape, 1) == (0, INVALID_PARAM)


def test_an_onnx_network_gives_bit_for_bit_what_onnxruntime_gives(rig):
    onnxruntime: Any = import_module("onnxruntime")

    network, weights = dense_network(64, 10)
    (rig.folder / "net.onnx").write_bytes(network)
    text = DOUBLE.replace('python = "work:double"', 'onnx = "net.onnx"')
    text = text.replace("[4]", "[5, 64]", 1).replace("[4]", "[5, 10]", 1)
    values = np.random.default_rng(1).standard_normal((5, 64)).astype(np.float32)
    model, out = rig.load(text), rig.upload(np.zeros((5, 10), np.float32))
    assert mdl.execute(model, rig.dataset((rig.upload(values), 1280)), rig.dataset((out, 200))) == 0
    expected = onnxruntime.InferenceSession(network).run(None, {"x": values})[0]
    got = rig.download(out, "float32", (5, 10))
    assert got.tobytes() == expected.tobytes()
    assert np.allclose(got, values @ weights, atol=1e-4)


def dense_network(width, classes):
    """Return an ONNX file that multiplies by a matrix, any number of rows at once, and the matrix."""
    from onnx import TensorProto, helper, numpy_helper

    weights = np.random.default_rng(0).standard_normal((width, classes)).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "dense",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", width])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", classes])],
        [numpy_helper.from_array(weights, "w")],
    )
    opsets = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString(), weights


def in_memory(rig, content):
    array = np.frombuffer(content, np.uint8).copy()
    rig.held.append(array)
    return array.ctypes.data, array.nbytes


def test_a_model_in_memory_is_found_by_the_content_of_its_file(rig):
    rig.load()
    (rig.folder / "net.om").write_bytes(b"some offline model")
    model, code = mdl.load_from_mem(*in_memory(rig, b"some offline model"))
    assert code == 0
    assert mdl.get_num_inputs(rig.describe(model)) == 1
    assert mdl.load_from_mem(*in_memory(rig, b"another offline model")) == (0, 145006)


def test_a_model_in_memory_is_found_by_the_hash_when_its_file_is_gone(rig, monkeypatch):
    digest = hashlib.sha256(b"bytes").hexdigest()
    apart = rig.folder / "models" / "deep"
    apart.mkdir(parents=True)
    (apart / "net.om.toml").write_text(f'sha256 = "{digest}"\n' + DOUBLE.partition("\n")[0])
    assert mdl.load_from_mem_with_mem(*in_memory(rig, b"bytes"), 0, 0, 0, 0) == (1, 0)
    (rig.folder / "elsewhere").mkdir()
    monkeypatch.chdir(rig.folder / "elsewhere")
    assert mdl.load_from_mem(*in_memory(rig, b"bytes")) == (0, 145006)
    monkeypatch.setenv("ACLSIM_MODELS", str(rig.folder / "models"))
    assert mdl.load_from_mem(*in_memory(rig, b"bytes")) == (2, 0)


@pytest.mark.usefixtures("rig")
def test_memory_that_is_not_there_is_no_model():
    assert mdl.load_from_mem(64, 1 << 20) == (0, 145006)
    assert mdl.load_from_mem(0, 10) == (0, INVALID_PARAM)
    assert mdl.load_from_mem(64, 0) == (0, INVALID_PARAM)
