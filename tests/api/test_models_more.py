"""Bundles, dumps, ranges, names, operators: what side files tell beyond a model's tensors."""

from __future__ import annotations

import json

import numpy as np
import pytest

import acl_api as acl
from acl_api.models.sidefile import read_side_text
from simulator.base.errors import UserError
from tests.api.model_files import DOUBLE, Rig, mdl, ramp, rt

BAD, NO_FILE, BAD_DATA, NO_BUNDLE = 100000, 145002, 145006, 148053


@pytest.fixture
def rig(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with Rig(tmp_path) as rig:
        yield rig


# -- bundles


def bundle(rig, text='bundle = ["a.om", "b.om"]'):
    for name in "ab":
        (rig.folder / f"{name}.om.toml").write_text(DOUBLE)
    (rig.folder / "two.om.toml").write_text(text)
    (rig.folder / "two.om").write_bytes(b"two models")


def test_a_bundle_loads_and_unloads_its_models_together(rig):
    bundle(rig)
    number, code = mdl.bundle_load_from_file("two.om")
    assert code == 0
    assert mdl.bundle_get_model_num(number) == (2, 0)
    models = [mdl.bundle_get_model_id(number, at)[0] for at in range(2)]
    assert mdl.bundle_get_model_id(number, 2) == (0, BAD)
    out = rig.upload(np.zeros(4, np.float32))
    source, target = rig.dataset((rig.upload(ramp(4)), 16)), rig.dataset((out, 16))
    assert [mdl.execute(model, source, target) for model in models] == [0, 0]
    assert mdl.unload(models[0]) == BAD, "only with its bundle"
    assert mdl.bundle_unload(number) == 0
    assert mdl.execute(models[0], source, target) == 145003
    assert mdl.bundle_unload(number) == NO_BUNDLE
    assert mdl.bundle_get_model_num(number) == (0, NO_BUNDLE)
    assert mdl.bundle_get_model_id(number, 0) == (0, NO_BUNDLE)


def test_a_bundle_in_memory_is_found_by_its_content(rig):
    bundle(rig)
    address = rig.upload(np.frombuffer(b"two models", np.uint8))
    assert mdl.bundle_load_from_mem(address, 10)[1] == 0
    assert mdl.bundle_load_from_mem(address, 9) == (0, BAD_DATA)
    assert mdl.bundle_load_from_mem(address, 0) == (0, BAD)
    assert mdl.bundle_load_from_mem(0, 10) == (0, BAD)


def test_a_bundle_is_no_model_and_a_model_is_no_bundle(rig):
    bundle(rig)
    assert mdl.load_from_file("two.om") == (0, NO_FILE)
    assert mdl.bundle_load_from_file("a.om") == (0, NO_FILE)
    assert mdl.bundle_load_from_file("none.om") == (0, NO_FILE)


def test_a_bundle_that_names_what_is_not_there_is_told(rig):
    bundle(rig, 'bundle = ["a.om", "c.om"]')
    with pytest.raises(UserError, match=r"'bundle' names c\.om, of which nothing is known"):
        mdl.bundle_load_from_file("two.om")


# -- what side files may say


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("bundle = []", "'bundle' must be a list of model files"),
        ('bundle = ["a.om"]\nlatency = "1ms"', "'latency' has no meaning in a bundle"),
        (
            DOUBLE.replace('dtype = "float32"\n[[', 'dtype = "float32"\nrange = [1]\n[['),
            r"'inputs\[0\]\.range'",
        ),
        (DOUBLE + "range = [[1, 4]]", "is no key of a side file"),
        (DOUBLE.replace("\n[[outputs", '\naipp = {type = "odd"}\n[[outputs'), "it must be a table with type"),
        (DOUBLE.replace("\n[[outputs", '\naipp = {type = "dynamic"}\n[[outputs'), "max_src_image_size"),
        (
            DOUBLE.replace("\n[[outputs", '\naipp = {type = "static", x = 1}\n[[outputs'),
            "is no number that can be set",
        ),
        ('original_ops = {A = "B"}\n' + DOUBLE, "'original_ops' must give each operator a list"),
    ],
)
def test_a_side_file_that_is_wrong_is_told(tmp_path, text, message):
    with pytest.raises(UserError, match=message):
        read_side_text(tmp_path / "net.om.toml", text)


# -- descriptions


def test_the_ranges_of_inputs(rig):
    text = DOUBLE.replace("shape = [4]\n", "shape = [-1, 4]\n", 1)
    desc = rig.describe(rig.load(text))
    assert mdl.get_input_dims_range(desc, 0) == ({"rangeCount": 2, "range": [[1, -1], [4, 4]]}, 0)
    assert mdl.get_input_dims_range(desc, 1) == ({"rangeCount": 0, "range": []}, BAD)
    bounded = text.replace("[-1, 4]\n", "[-1, 4]\nrange = [[2, 8], [4, 4]]\n")
    assert mdl.get_input_dims_range(rig.describe(rig.load(bounded)), 0)[0]["range"] == [[2, 8], [4, 4]]
    gears = rig.describe(rig.load("dynamic_batch = [1, 2]\n" + text))
    assert mdl.get_input_dims_range(gears, 0) == ({"rangeCount": 0, "range": []}, 0)
    assert mdl.get_input_dims_range(0, 0) == ({"rangeCount": 0, "range": []}, BAD)


def test_the_real_names_of_tensors(rig):
    long = "x" * 200
    model = rig.load(DOUBLE.replace('"x"', f'"{long}"', 1))
    desc = rig.describe(model)
    shown = mdl.get_input_dims(desc, 0)[0]["name"]
    assert shown == f"acl_modelId_{model}_input_0"
    assert mdl.get_tensor_real_name(desc, shown) == long
    assert mdl.get_tensor_real_name(desc, long) == long
    assert mdl.get_tensor_real_name(desc, "y") == "y"
    assert mdl.get_tensor_real_name(desc, "z") is None
    assert mdl.get_tensor_real_name(0, "y") is None


def test_what_an_operator_was_fused_from(rig):
    desc = rig.describe(rig.load('original_ops = {Fused = ["Add", "Relu6"]}\n' + DOUBLE))
    assert mdl.get_op_attr(desc, "Fused", "_datadump_original_op_names") == "[3]Add[5]Relu6"
    assert mdl.get_op_attr(desc, "Other", "_datadump_original_op_names") is None
    assert mdl.get_op_attr(desc, "Fused", "name") is None


def test_the_operator_that_a_stream_failed_at(rig):
    model = rig.load(DOUBLE.replace("double", "fail"))
    x, out = rig.upload(ramp(4)), rig.upload(np.zeros(4, np.float32))
    stream, _ = rt.create_stream()
    assert mdl.execute_async(model, rig.dataset((x, 16)), rig.dataset((out, 16)), stream) == 0
    assert rt.synchronize_stream(stream) == 507011
    found = next(
        answer for number in range(10) if (answer := mdl.create_and_get_op_desc(0, number, 1, 256))[-1] == 0
    )
    name, inputs, count, outputs, others, _ = found
    assert (name, count, others) == ("net", 1, 1)
    assert acl.get_tensor_desc_address(inputs) == x
    assert acl.get_tensor_desc_address(outputs) == out
    assert acl.get_tensor_desc_dim(inputs, 0) == 4
    assert acl.get_tensor_desc_by_index(inputs, 0) == inputs
    nothing = ("", 0, 0, 0, 0)
    assert mdl.create_and_get_op_desc(0, 99, 1, 256) == (*nothing, 500002)
    assert mdl.create_and_get_op_desc(0, 99, 1, 4097) == (*nothing, BAD)


# -- dumps


def test_dumps_are_switched_on_and_off_and_their_configuration_is_checked(rig):
    good, bad = rig.folder / "good.json", rig.folder / "bad.json"
    good.write_text(json.dumps({"dump": {"dump_path": ".", "dump_op_switch": "on"}}))
    bad.write_text(json.dumps({"dump": {"dump_mode": "some"}}))
    assert mdl.set_dump(str(good)) == 100045
    assert mdl.finalize_dump() == 100045
    assert mdl.init_dump() == 0
    assert mdl.init_dump() == 100002
    assert mdl.set_dump() == BAD
    assert mdl.set_dump("none.json") == 100003
    assert mdl.set_dump(str(bad)) == 100009
    bad.write_text("{")
    assert mdl.set_dump(str(bad)) == 100006
    assert mdl.set_dump(str(good)) == 0
    assert mdl.finalize_dump() == 0
    assert acl.finalize() == 0
    assert [mdl.init_dump(), mdl.set_dump(str(good)), mdl.finalize_dump()] == [100001] * 3


@pytest.mark.usefixtures("rig")
def test_a_callback_for_dumps_is_taken():
    assert mdl.dump_reg_callback(print, 0) == 0
    assert mdl.dump_reg_callback(5, 0) == 0, "the binding does not look at it"
    assert mdl.dump_reg_callback(print, 1) == 500001
    assert mdl.dump_unreg_callback() is None
