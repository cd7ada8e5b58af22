"""Image preprocessing: parameters, their ranges, and the bytes that the device reads."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from tests.api.model_files import Rig, mdl

BAD, TOO_SHORT, NO_AIPP = 100000, 145012, 145015
IMAGE = """\
latency = "1ms"
[[inputs]]
name = "image"
shape = [2, 3, 16, 32]
dtype = "uint8"
format = "NCHW"
aipp = {type = "dynamic", max_src_image_size = 8192}
[[inputs]]
name = "other"
shape = [4]
dtype = "float32"
[[outputs]]
name = "y"
shape = [4]
dtype = "float32"
"""
STATIC = IMAGE.replace(
    'type = "dynamic", max_src_image_size = 8192',
    'type = "static", cscSwitch = 1, meanChn0 = 104, varReciChn0 = 0.5',
)
YUV420SP, XRGB, RGB, YUV400 = 1, 2, 3, 4
NODE, IMAGE_INPUT = 2, 0


@pytest.fixture
def rig(tmp_path):
    with Rig(tmp_path) as rig:
        yield rig


def right(batches=2, layout=RGB):
    aipp = mdl.create_aipp(batches)
    assert mdl.set_aipp_input_format(aipp, layout) == 0
    assert mdl.set_aipp_src_image_size(aipp, 32, 16) == 0
    return aipp


def with_buffers(rig, size=256):
    address = rig.upload(np.zeros(size, np.uint8))
    return rig.dataset((address, size), (address, size), (address, size)), address


# -- parameters


@pytest.mark.usefixtures("rig")
def test_parameters_are_made_and_destroyed():
    assert mdl.create_aipp(0) == 0
    assert mdl.create_aipp(1 << 40) == 0
    aipp = mdl.create_aipp(1)
    assert mdl.destroy_aipp(aipp) == 0
    assert mdl.destroy_aipp(aipp) == BAD
    assert mdl.destroy_aipp(0) == BAD
    assert mdl.get_aipp_data_size(0) == (0, BAD)
    assert mdl.get_aipp_data_size(3) == (64 + 3 * 96, 0)


CSC = (1, *range(9), 16, 17, 18, 4, 5, 6)
SETTERS = {
    "set_aipp_input_format": [((14,), 0), ((0,), BAD), ((15,), BAD)],
    "set_aipp_csc_params": [
        (CSC, 0),
        ((2, *CSC[1:]), BAD),
        ((1, 32677, *CSC[2:]), BAD),
        ((1, 32676, *CSC[2:]), 0),
        ((1, -32677, *CSC[2:]), 0),
        ((1, -32678, *CSC[2:]), BAD),
        ((0, 32677, *CSC[2:]), 0),
    ],
    "set_aipp_rbuv_swap_switch": [((1,), 0), ((2,), BAD)],
    "set_aipp_ax_swap_switch": [((0,), 0), ((255,), BAD)],
    "set_aipp_src_image_size": [
        ((2, 1), 0),
        ((4096, 4096), 0),
        ((1, 1), BAD),
        ((2, 0), BAD),
        ((4097, 1), BAD),
    ],
    "set_aipp_crop_params": [
        ((1, 0, 0, 1, 1, 0), 0),
        ((1, 4095, 4095, 4096, 4096, 0), 0),
        ((1, -1, 0, 1, 1, 0), BAD),
        ((1, 0, 4096, 1, 1, 0), BAD),
        ((1, 0, 0, 0, 1, 0), BAD),
        ((1, 0, 0, 1, 1, 1), BAD),
        ((0, -1, -1, -1, -1, 0), 0),
        ((2, 0, 0, 1, 1, 0), BAD),
    ],
    "set_aipp_padding_params": [
        ((1, 32, 0, 0, 32, 0), 0),
        ((1, 33, 0, 0, 0, 0), BAD),
        ((1, 0, 0, 0, -1, 0), BAD),
    ],
    "set_aipp_scf_params": [
        ((1, 16, 4096, 1920, 4096, 0), 0),
        ((1, 15, 16, 16, 16, 0), BAD),
        ((1, 16, 16, 1921, 16, 0), BAD),
        ((0, 0, 0, 0, 0, 0), 0),
    ],
    "set_aipp_dtc_pixel_mean": [((0, 255, 1, 1, 0), 0), ((0, 0, 0, 256, 0), BAD), ((-1, 0, 0, 0, 0), BAD)],
    "set_aipp_dtc_pixel_min": [((0.0, 255.0, 1.5, 1, 0), 0), ((0, 0, 0, 255.5, 0), BAD)],
    "set_aipp_pixel_var_reci": [((-65504.0, 65504.0, 0, 0, 0), 0), ((65505.0, 0, 0, 0, 0), BAD)],
}


@pytest.mark.parametrize(
    ("name", "given"), [(name, given) for name, rows in SETTERS.items() for given in rows]
)
@pytest.mark.usefixtures("rig")
def test_each_setter_keeps_to_its_ranges(name, given):
    args, code = given
    setter = getattr(mdl, name)
    assert setter(mdl.create_aipp(1), *args) == code
    assert setter(0, *args) == BAD


# -- models


def test_what_kind_of_preprocessing_an_input_has(rig):
    model = rig.load(IMAGE)
    assert mdl.get_num_inputs(rig.describe(model)) == 3
    assert [mdl.get_aipp_type(model, at) for at in range(4)] == [
        (2, 2, 0),
        (0, 0xFFFFFFFF, 0),
        (3, 0, 0),
        (0, 0, BAD),
    ]
    assert mdl.get_input_name_by_index(rig.describe(model), 2) == "ascend_dynamic_aipp_data"
    assert mdl.get_input_size_by_index(rig.describe(model), 2) == 64 + 2 * 96
    assert mdl.get_aipp_type(99, 0) == (0, 0, 145003)
    assert mdl.get_aipp_type(rig.load(STATIC), 0) == (1, 0xFFFFFFFF, 0)


def test_what_preprocessing_an_input_has(rig):
    model = rig.load(STATIC)
    info, code = mdl.get_first_aipp_info(model, 0)
    assert code == 0
    assert {name: info[name] for name in ("cscSwitch", "meanChn0", "varReciChn0", "cropSwitch")} == {
        "cscSwitch": 1,
        "meanChn0": 104,
        "varReciChn0": 0.5,
        "cropSwitch": 0,
    }
    assert (info["srcFormat"], info["srcDatatype"], info["srcDimNum"], info["shapeCount"]) == (0, 4, 4, 1)
    (dims,) = info["outDims"]
    assert dims["srcDims"] == {"name": "image", "dimCount": 4, "dims": [2, 3, 16, 32]}
    assert dims["srcSize"] == 2 * 3 * 16 * 32
    assert mdl.get_first_aipp_info(model, 1) == (None, NO_AIPP)
    assert mdl.get_first_aipp_info(model, 2) == (None, BAD)
    assert mdl.get_first_aipp_info(99, 0) == (None, 145003)


def test_parameters_are_written_where_the_device_reads_them(rig):
    model, aipp = rig.load(IMAGE), right()
    dataset, address = with_buffers(rig)
    assert mdl.set_aipp_csc_params(aipp, *CSC) == 0
    assert mdl.set_aipp_rbuv_swap_switch(aipp, 1) == 0
    assert mdl.set_aipp_crop_params(aipp, 1, 2, 0, 30, 14, 1) == 0
    assert mdl.set_aipp_padding_params(aipp, 1, 1, 1, 2, 0, 1) == 0
    assert mdl.set_aipp_dtc_pixel_mean(aipp, 104, 117, 123, 0, 1) == 0
    assert mdl.set_aipp_dtc_pixel_min(aipp, 1.5, 0, 0, 0, 1) == 0
    assert mdl.set_aipp_pixel_var_reci(aipp, 0.25, 1, 1, 1, 1) == 0
    assert mdl.set_input_aipp(model, dataset, NODE, aipp) == 0
    data = bytes(rig.download(address, "uint8", (256,)))
    assert struct.unpack_from("<Bbbbb3xii9h", data) == (5, 1, 1, 0, 2, 32, 16, *range(9))
    assert struct.unpack_from("<6B", data, 40) == (16, 17, 18, 4, 5, 6)
    assert data[64:68] == bytes(4)
    second = data[160:256]
    assert struct.unpack_from("<4b4x12i4h", second) == (
        1,
        0,
        1,
        0,
        2,
        0,
        30,
        14,
        0,
        0,
        0,
        0,
        1,
        1,
        2,
        0,
        104,
        117,
        123,
        0,
    )
    assert struct.unpack_from("<4e", second, 64) == (1.5, 0, 0, 0)
    assert struct.unpack_from("<4e", second, 72) == (0.25, 1, 1, 1)


def test_the_parameters_of_an_image_by_the_images_own_index(rig):
    model, aipp = rig.load(IMAGE), right()
    dataset, address = with_buffers(rig)
    assert mdl.set_aipp_by_input_index(model, dataset, IMAGE_INPUT, aipp) == 0
    assert rig.download(address, "uint8", (1,)) == [5]
    assert mdl.set_aipp_by_input_index(model, dataset, 1, aipp) == 500001
    assert mdl.set_aipp_by_input_index(99, dataset, 3, aipp) == BAD
    assert mdl.set_aipp_by_input_index(99, dataset, 0, aipp) == 145003
    assert mdl.set_aipp_by_input_index(model, dataset, 0, 0) == BAD


def test_parameters_that_do_not_fit_the_model(rig):
    model = rig.load(IMAGE)
    dataset, _ = with_buffers(rig)

    def attach(aipp, index=NODE, where=dataset):
        return mdl.set_input_aipp(model, where, index, aipp)

    assert attach(right()) == 0
    assert attach(right(layout=YUV420SP)) == 0
    assert attach(right(layout=YUV400)) == 0
    assert attach(right(layout=XRGB)) == 0
    assert attach(right(layout=8)) == BAD, "a format that dynamic parameters do not have"
    assert attach(right(1)) == BAD, "another batch size"
    assert attach(mdl.create_aipp(2)) == BAD, "nothing set"
    assert attach(right(), 0) == BAD
    assert attach(right(), 5) == BAD
    assert attach(0) == BAD
    assert mdl.set_input_aipp(99, dataset, NODE, right()) == 145003
    assert mdl.set_input_aipp(99, 0, NODE, right()) == BAD
    assert attach(right(), where=rig.dataset()) == BAD
    assert attach(right(), where=rig.dataset((0, 0), (0, 0), (0, 256))) == BAD
    assert attach(right(), where=with_buffers(rig, 128)[0]) == TOO_SHORT


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("set_aipp_scf_params", (1, 32, 16, 32, 16, 1)),
        ("set_aipp_crop_params", (1, 2, 0, 32, 16, 1)),
        ("set_aipp_crop_params", (1, 0, 0, 30, 16, 1)),
        ("set_aipp_padding_params", (1, 0, 0, 2, 0, 0)),
        ("set_aipp_src_image_size", (64, 64)),
    ],
)
def test_one_parameter_that_does_not_fit(rig, name, args):
    model, aipp = rig.load(IMAGE), right()
    dataset, _ = with_buffers(rig)
    assert getattr(mdl, name)(aipp, *args) == 0
    assert mdl.set_input_aipp(model, dataset, NODE, aipp) == BAD


def test_a_crop_from_an_odd_place_and_colours_of_grey_images(rig):
    model = rig.load(IMAGE)
    dataset, _ = with_buffers(rig)
    odd = right(layout=YUV420SP)
    for at in range(2):
        assert mdl.set_aipp_crop_params(odd, 1, 1, 0, 31, 16, at) == 0
        assert mdl.set_aipp_padding_params(odd, 1, 0, 0, 1, 0, at) == 0
    assert mdl.set_input_aipp(model, dataset, NODE, odd) == BAD
    grey = right(layout=YUV400)
    assert mdl.set_aipp_csc_params(grey, *CSC) == 0
    assert mdl.set_input_aipp(model, dataset, NODE, grey) == BAD


def test_a_run_needs_a_buffer_for_the_parameters(rig):
    model = rig.load(IMAGE)
    image, other, out = (rig.upload(np.zeros(3072, np.uint8)) for _ in range(3))
    full = rig.dataset((image, 3072), (other, 16), (image, 256))
    target = rig.dataset((out, 16))
    assert mdl.execute(model, full, target) == 0
    assert mdl.execute(model, rig.dataset((image, 3072), (other, 16)), target) == 500002
