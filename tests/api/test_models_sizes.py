"""What programs ask of models: descriptions, and the gears of models built for several sizes."""

from __future__ import annotations

import numpy as np
import pytest

import acl_api as acl
from tests.api.model_files import Rig, mdl, ramp, rt

ALL = (1 << 64) - 1
INVALID_PARAM, NO_MODEL, LENGTH, UNKNOWN_GEAR, DATASETS = 100000, 145003, 145012, 145013, 500002
IMAGE = """\
latency = "1ms"
work_size = "3MiB"
weight_size = "512B"
[[inputs]]
name = "image"
shape = [1, 3, 224, 224]
dtype = "float16"
format = "NCHW"
[[inputs]]
shape = [1, 2]
dtype = "int64"
[[outputs]]
name = "classes"
shape = [1, 1000]
dtype = "float32"
"""
ECHO = """\
latency = "1ms"
python = "echo:run"
{gears}
[[inputs]]
name = "x"
shape = {shape}
dtype = "float32"
[[outputs]]
name = "y"
shape = {shape}
dtype = "float32"
{shapes}
"""


@pytest.fixture
def rig(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "echo.py").write_text("def run(inputs, outputs):\n    outputs[0][:] = inputs[0]\n")
    with Rig(tmp_path) as rig:
        yield rig


def test_a_description_tells_the_tensors_of_a_model(rig):
    desc = rig.describe(rig.load(IMAGE))
    assert (mdl.get_num_inputs(desc), mdl.get_num_outputs(desc)) == (2, 1)
    assert [mdl.get_input_size_by_index(desc, at) for at in range(3)] == [301056, 16, 0]
    assert [mdl.get_output_size_by_index(desc, at) for at in range(2)] == [4000, 0]
    assert mdl.get_input_dims(desc, 0) == ({"name": "image", "dimCount": 4, "dims": [1, 3, 224, 224]}, 0)
    assert mdl.get_input_dims_v2(desc, 1) == ({"name": "input1", "dimCount": 2, "dims": [1, 2]}, 0)
    assert mdl.get_output_dims(desc, 0) == mdl.get_cur_output_dims(desc, 0)
    assert mdl.get_output_dims(desc, 0)[0]["dims"] == [1, 1000]
    assert [mdl.get_input_data_type(desc, at) for at in range(3)] == [1, 9, -1]
    assert [mdl.get_input_format(desc, at) for at in range(3)] == [0, 2, -1]
    assert (mdl.get_output_data_type(desc, 0), mdl.get_output_format(desc, 0)) == (0, 2)
    assert [mdl.get_input_name_by_index(desc, at) for at in range(3)] == ["image", "input1", ""]
    assert mdl.get_output_name_by_index(desc, 0) == "classes"
    assert mdl.get_input_index_by_name(desc, "input1") == (1, 0)
    assert mdl.get_output_index_by_name(desc, "classes") == (0, 0)


@pytest.mark.shows("p16")
def test_what_a_model_has_not_is_a_bad_parameter(rig):
    desc = rig.describe(rig.load(IMAGE))
    for ask in (mdl.get_input_dims, mdl.get_input_dims_v2, mdl.get_output_dims, mdl.get_cur_output_dims):
        assert ask(desc, 9) == ({}, INVALID_PARAM)
    assert mdl.get_input_index_by_name(desc, "classes") == (0, INVALID_PARAM)
    assert mdl.get_output_index_by_name(desc, "image") == (0, INVALID_PARAM)


def test_a_description_is_empty_until_filled_and_outlives_the_model(rig):
    desc = mdl.create_desc()
    assert (mdl.get_num_inputs(desc), mdl.get_input_dims(desc, 0)) == (0, ({}, INVALID_PARAM))
    assert mdl.get_desc(desc, 7) == NO_MODEL
    model = rig.load(IMAGE)
    assert mdl.get_desc(desc, model) == 0
    assert mdl.unload(model) == 0
    assert mdl.get_num_inputs(desc) == 2
    assert mdl.destroy_desc(desc) == 0
    assert mdl.destroy_desc(desc) == INVALID_PARAM
    assert mdl.get_num_inputs(desc) == 0


def test_a_model_can_be_described_and_sized_without_loading_it(rig):
    path = rig.folder / "net.om"
    (rig.folder / "net.om.toml").write_text(IMAGE)
    path.write_bytes(b"offline model")
    held = np.frombuffer(b"offline model", np.uint8).copy()
    place = (held.ctypes.data, held.nbytes)
    desc, other = mdl.create_desc(), mdl.create_desc()
    assert mdl.get_desc_from_file(desc, str(path)) == 0
    assert mdl.get_desc_from_mem(other, *place) == 0
    assert mdl.get_output_name_by_index(desc, 0) == mdl.get_output_name_by_index(other, 0) == "classes"
    assert mdl.query_size(str(path)) == mdl.query_size_from_mem(*place) == (3 << 20, 512, 0)
    assert mdl.query_size("missing.om") == (0, 0, 145002)
    assert mdl.get_desc_from_file(desc, "missing.om") == 145002


def test_a_name_too_long_for_the_vendors_field_is_replaced(rig):
    model = rig.load(IMAGE.replace('"image"', f'"{"i" * 128}"'))
    assert mdl.get_input_dims(rig.describe(model), 0)[0]["name"] == f"acl_modelId_{model}_input_0"


def geared(rig, shape, gears, shapes=""):
    """Load an echoing model with gears; return it, its data sets and the address of its output."""
    model = rig.load(ECHO.format(shape=shape, gears=gears, shapes=shapes))
    desc = rig.describe(model)
    sizes = [mdl.get_input_size_by_index(desc, at) for at in range(2)]
    out = rig.upload(np.zeros(sizes[0] // 4, np.float32))
    values = rig.upload(ramp(sizes[0] // 4))
    gear, _ = rt.malloc(64, 0)
    source = rig.dataset((values, sizes[0]), (gear, sizes[1]))
    return model, desc, source, rig.dataset((out, sizes[0])), out


def test_a_model_with_batch_sizes_runs_in_the_one_that_was_set(rig):
    model, desc, source, target, out = geared(rig, [-1, 3], "dynamic_batch = [1, 2, 8]")
    assert mdl.get_num_inputs(desc) == 2
    assert mdl.get_input_index_by_name(desc, "ascend_mbatch_shape_data") == (1, 0)
    assert mdl.get_dynamic_batch(desc) == ({"batchCount": 3, "batch": [1, 2, 8]}, 0)
    assert mdl.get_input_dims(desc, 0)[0]["dims"] == [-1, 3]
    assert mdl.get_input_size_by_index(desc, 0) == mdl.get_output_size_by_index(desc, 0) == 96
    assert mdl.get_output_dims(desc, 0)[0]["dims"] == [8, 3]
    assert mdl.set_dynamic_batch_size(model, source, 1, 2) == 0
    assert mdl.get_cur_output_dims(desc, 0) == ({"name": "y", "dimCount": 2, "dims": [2, 3]}, 0)
    assert mdl.execute(model, source, target) == 0
    assert rig.download(out, "float32", (8,)).tolist() == [0, 1, 2, 3, 4, 5, 0, 0]


def test_a_run_without_a_gear_is_refused_and_says_what_to_call(rig):
    model, _, source, target, _ = geared(rig, [-1, 3], "dynamic_batch = [1, 2]")
    assert mdl.execute(model, source, target) == DATASETS
    assert "call acl.mdl.set_dynamic_*" in rig.found("dataset-does-not-fit")


def test_a_batch_size_is_checked_as_the_vendor_does(rig):
    model, _, source, _, _ = geared(rig, [-1, 3], "dynamic_batch = [1, 2]")
    short = rig.dataset((rig.upload(ramp(6)), 24), (rig.upload(ramp(1)), 3))
    null = rig.dataset((rig.upload(ramp(6)), 24), (0, 4))
    setting = mdl.set_dynamic_batch_size
    assert setting(model, source, 1, 0) == INVALID_PARAM
    assert setting(model, source, 2, 1) == INVALID_PARAM
    assert setting(model, null, 1, 1) == INVALID_PARAM
    assert setting(model, short, 1, 1) == LENGTH
    assert setting(model, source, 1, 3) == UNKNOWN_GEAR
    assert setting(99, source, 1, 1) == NO_MODEL
    assert mdl.set_dynamic_hw_size(model, source, 1, 1, 1) == LENGTH


def test_the_explanation_of_a_wrong_gear_names_those_that_there_are(rig):
    model, _, source, _, _ = geared(rig, [-1, 3], "dynamic_batch = [1, 2]")
    assert mdl.set_dynamic_batch_size(model, source, 1, 3) == UNKNOWN_GEAR
    assert "net was built for the gears [[1], [2]], not for [3]" in acl.get_recent_err_msg()


@pytest.mark.parametrize(("room", "kind"), [(4, "uint32"), (8, "uint64")])
def test_the_batch_size_is_written_for_the_device_in_the_width_that_fits(rig, room, kind):
    model, *_ = geared(rig, [-1, 3], "dynamic_batch = [1, 2]")
    place = rig.upload(np.zeros(8, np.uint8))
    source = rig.dataset((rig.upload(ramp(6)), 24), (place, room))
    assert mdl.set_dynamic_batch_size(model, source, 1, 2) == 0
    assert rig.download(place, kind, (1,)).tolist() == [2]


def test_a_model_with_image_sizes_runs_in_the_one_that_was_set(rig):
    model, desc, source, target, out = geared(rig, [1, -1, -1], "dynamic_hw = [[2, 2], [2, 4]]")
    assert mdl.get_dynamic_hw(desc, ALL) == ({"hwCount": 2, "hw": [[2, 2], [2, 4]]}, 0)
    assert mdl.get_dynamic_batch(desc) == ({"batchCount": 0, "batch": []}, 0)
    assert mdl.set_dynamic_hw_size(model, source, 1, 4, 2) == UNKNOWN_GEAR
    assert mdl.set_dynamic_hw_size(model, source, 1, 2, 2) == 0
    assert mdl.get_cur_output_dims(desc, 0)[0]["dims"] == [1, 2, 2]
    assert mdl.execute(model, source, target) == 0
    assert rig.download(out, "float32", (8,)).tolist() == [0, 1, 2, 3, 0, 0, 0, 0]


def test_a_model_with_sets_of_dimensions_runs_in_the_one_that_was_set(rig):
    gears, shapes = "dynamic_dims = [[1, 2], [2, 3]]", "shapes = [[1, 2, 2], [2, 2, 3]]"
    model, desc, source, target, out = geared(rig, [-1, 2, -1], gears, shapes)
    assert mdl.get_input_dynamic_gear_count(desc, ALL) == (2, 0)
    assert mdl.get_input_dynamic_gear_count(desc, 0) == (0, INVALID_PARAM)
    sets, code = mdl.get_input_dynamic_dims(desc, ALL, 2)
    assert code == 0
    assert [(entry["dimCount"], entry["dims"]) for entry in sets] == [(3, [1, 2, 2]), (3, [2, 2, 3])]
    assert mdl.get_input_dynamic_dims(desc, ALL, 1) == (None, INVALID_PARAM)
    assert mdl.get_input_dynamic_dims(desc, ALL, 4097) == (None, INVALID_PARAM)
    setting = mdl.set_input_dynamic_dims
    assert setting(model, source, 1, {"dimCount": 0, "dims": []}) == INVALID_PARAM
    assert setting(model, source, 1, {"dimCount": 2, "dims": [1, 2]}) == LENGTH
    assert setting(model, source, 1, {"dimCount": 3, "dims": [1, 3, 2]}) == LENGTH
    assert setting(model, source, 1, {"dimCount": 3, "dims": [2, 2, 2]}) == UNKNOWN_GEAR
    with pytest.raises(TypeError, match=r"^argument 4 is not dict$"):
        setting(model, source, 1, [1, 2, 2])
    assert setting(model, source, 1, sets[0]) == 0
    assert mdl.get_cur_output_dims(desc, 0)[0]["dims"] == [1, 2, 2]
    assert mdl.execute(model, source, target) == 0
    assert rig.download(out, "float32", (12,)).tolist() == [0, 1, 2, 3] + [0] * 8


def test_a_tensor_description_tells_what_it_was_made_of(rig):
    assert [acl.data_type_size(number) for number in (0, 1, 9, 27, 99)] == [4, 2, 8, 2, 0]
    desc = acl.create_tensor_desc(9, [2, 5], 0)
    assert (acl.get_tensor_desc_type(desc), acl.get_tensor_desc_format(desc)) == (9, 0)
    assert (acl.get_tensor_desc_num_dims(desc), acl.get_tensor_desc_dim(desc, 1)) == (2, 5)
    assert (acl.get_tensor_desc_size(desc), acl.get_tensor_desc_element_count(desc)) == (80, 10)
    assert acl.get_tensor_desc_dim_v2(desc, 2) == (0, INVALID_PARAM)
    assert acl.get_tensor_desc_name(desc) == ""
    acl.set_tensor_desc_name(desc, "boxes")
    assert acl.get_tensor_desc_name(desc) == "boxes"
    assert list(rig.findings()) == []
    with pytest.raises(TypeError, match="argument 2 is not list"):
        acl.create_tensor_desc(9, (2, 5), 0)  # type: ignore[arg-type, unused-ignore]
