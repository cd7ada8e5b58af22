"""Descriptions of tensors: what is set and told, lists as the binding reads them, formats."""

from __future__ import annotations

import ctypes
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

import acl_api as acl
from acl_api.lists import list_of_device_ids, list_of_ints, list_of_pairs
from simulator.base.trace import Noted
from simulator.core.layouts import Misfit, shape_in
from simulator.core.tensors import TensorDesc
from tests.api.model_files import rt

BAD, BAD_FORMAT, BAD_SHAPE, BAD_TYPE = 100000, 145020, 145021, 145022
NCHW, NHWC, ND, NC1HWC0, FRACTAL_Z, HWCN, FRACTAL_NZ = 0, 1, 2, 3, 4, 16, 29
FLOAT, INT8 = 0, 2
SIXTEEN = 5 << 24  # C0 = 16, as the format's number carries it


@pytest.fixture(autouse=True)
def session():
    with acl.Session() as session:
        yield session


def described(shape=(2, 3), data_type=FLOAT, layout=ND) -> int:
    return acl.create_tensor_desc(data_type, list(shape), layout)


def shape_of(desc: int) -> list[int]:
    return [acl.get_tensor_desc_dim(desc, at) for at in range(acl.get_tensor_desc_num_dims(desc))]


# -- what is set, and what the getters tell


def test_the_origin_is_what_the_getters_tell_and_the_storage_is_kept_apart(session):
    desc = described((2, 3), layout=NCHW)
    assert acl.set_tensor_storage_shape(desc, [9, 9]) == 0
    assert acl.set_tensor_shape(desc, [1, 2, 3]) == 0
    assert acl.set_tensor_storage_format(desc, NHWC) == 0
    assert acl.set_tensor_format(desc, FRACTAL_NZ) == 0
    assert (shape_of(desc), acl.get_tensor_desc_format(desc)) == ([2, 3], NCHW)
    assert acl.set_tensor_origin_shape(desc, [4]) == 0
    assert acl.set_tensor_origin_format(desc, HWCN) == 0
    assert (shape_of(desc), acl.get_tensor_desc_format(desc)) == ([4], HWCN)
    held = session.runtime.handles.live[desc]
    assert (held.storage_shape, held.storage_format) == ((1, 2, 3), FRACTAL_NZ)


@pytest.mark.parametrize("setter", ["storage_format", "format", "origin_format"])
def test_setting_a_format_of_no_description_succeeds_and_a_forged_one_does_not(setter):
    call = getattr(acl, f"set_tensor_{setter}")
    assert call(0, NCHW) == 0
    assert call(0xDEAD_BEEF, NCHW) == BAD


@pytest.mark.parametrize("setter", ["storage_shape", "shape", "origin_shape", "shape_range"])
def test_setting_a_shape_of_no_description_is_a_bad_parameter(setter):
    assert getattr(acl, f"set_tensor_{setter}")(0, []) == BAD


def test_the_bounds_of_a_dimension_are_told_with_as_many_zeros_as_asked_for():
    desc = described((-1, 3))
    assert acl.get_tensor_desc_dim_range(desc, 0, 2) == (None, BAD)  # nothing is set
    assert acl.set_tensor_shape_range(desc, [[1, -1], [3, 3, 9]]) == 0
    assert acl.get_tensor_desc_dim_range(desc, 0, 2) == ([1, -1], 0)
    assert acl.get_tensor_desc_dim_range(desc, 1, 4) == ([3, 3, 0, 0], 0)
    assert acl.get_tensor_desc_dim_range(desc, 2, 2) == (None, BAD)
    assert acl.get_tensor_desc_dim_range(desc, 0, 1) == (None, BAD)
    assert acl.get_tensor_desc_dim_range(desc, 0, 4097) == (None, BAD)


def test_an_open_rank_and_a_size_beyond_64_bits():
    assert acl.get_tensor_desc_num_dims(described((-2,))) == 2**64 - 2
    assert acl.get_tensor_desc_element_count(described(())) == 1
    assert acl.get_tensor_desc_element_count(described((1 << 40, 1 << 40))) == 0
    assert acl.get_tensor_desc_element_count(described((1 << 62, 2))) == 1 << 63
    assert acl.get_tensor_desc_size(described((1 << 62, 2))) == 0


def test_a_description_made_alone_is_its_own_neighbour_and_has_no_address(session):
    desc = described()
    assert acl.get_tensor_desc_address(desc) == 0
    assert acl.get_tensor_desc_by_index(desc, 0) == desc
    assert list(session.trace.of(Noted)) == []
    assert acl.get_tensor_desc_by_index(desc, 1) == 0
    assert [note.finding for note in session.trace.of(Noted)] == ["bad-address"]
    assert acl.get_tensor_desc_by_index(0, 0) == 0


def test_a_constant_keeps_a_copy_of_the_hosts_bytes(session):
    desc = described()
    data = ctypes.create_string_buffer(b"abcd")
    address = ctypes.addressof(data)
    assert acl.set_tensor_const(desc, address, 4) == 0
    data.value = b"efgh"
    assert session.runtime.handles.live[desc].const == b"abcd"
    assert acl.set_tensor_const(0, 0, 0) == BAD
    assert acl.set_tensor_const(desc, 0, 4) == BAD
    assert acl.set_tensor_const(desc, address, 0) == BAD
    assert list(session.trace.of(Noted)) == []


def test_a_constant_of_memory_that_is_not_there_is_a_code_and_a_finding(session):
    assert rt.set_device(0) == 0
    freed, _ = rt.malloc(64, 0)
    assert rt.free(freed) == 0
    assert acl.set_tensor_const(described(), freed, 64) == BAD
    assert "bad-address" in [note.finding for note in session.trace.of(Noted)]


def test_names_places_and_values_are_kept(session):
    desc = described()
    assert acl.set_tensor_dynamic_input(desc, "xs") == 0
    assert acl.set_tensor_place_ment(desc, 1) == 0
    assert acl.set_tensor_value_range(desc, [[0, 7]]) == 0
    held = session.runtime.handles.live[desc]
    assert (held.dynamic_input, held.placement, held.values) == ("xs", 1, ((0, 7),))


def test_a_copy_has_everything_of_the_first_and_is_independent():
    desc = TensorDesc(FLOAT, (1,), ND, "x", 64)
    desc.ranges, desc.const, desc.placement = ((1, 2),), b"x", 2
    other = desc.copy()
    assert (other.ranges, other.const, other.placement, other.address) == (((1, 2),), b"x", 2, 64)
    other.shape = (9,)
    assert desc.shape == (1,)


# -- formats


@pytest.mark.parametrize(
    ("shape", "source", "target", "data_type", "result"),
    [
        ((1, 2, 3, 4), NCHW, NHWC, FLOAT, [1, 3, 4, 2]),
        ((1, 3, 4, 2), NHWC, NCHW, FLOAT, [1, 2, 3, 4]),
        ((1, 2, 3, 4), NCHW, HWCN, FLOAT, [3, 4, 2, 1]),
        ((1, 17, 3, 4), NCHW, NC1HWC0, FLOAT, [1, 2, 3, 4, 16]),
        ((1, 17, 3, 4), NCHW, NC1HWC0, INT8, [1, 1, 3, 4, 32]),
        ((1, 3, 4, 17), NHWC, NC1HWC0, FLOAT, [1, 2, 3, 4, 16]),
        ((1, 17, 3, 4), NCHW, NC1HWC0 | 4 << 24, FLOAT, [1, 3, 3, 4, 8]),
        ((17, 33, 3, 3), NCHW, FRACTAL_Z | SIXTEEN, FLOAT, [27, 2, 16, 16]),
        ((3, 3, 33, 17), HWCN, FRACTAL_Z | SIXTEEN, FLOAT, [27, 2, 16, 16]),
        ((32, 4, 3, 3), NCHW, FRACTAL_Z | SIXTEEN | 2 << 8, FLOAT, [9, 2, 16, 16]),
        ((5, 20, 33), ND, FRACTAL_NZ | SIXTEEN, FLOAT, [5, 3, 2, 16, 16]),
        ((20,), ND, FRACTAL_NZ | SIXTEEN, FLOAT, [2, 1, 16, 16]),
    ],
)
def test_a_shape_in_another_format(shape, source, target, data_type, result):
    desc = described(shape, data_type, source)
    other, code = acl.trans_tensor_desc_format(desc, target)
    assert (shape_of(other), code) == (result, 0)
    assert acl.get_tensor_desc_format(other) == source  # as the vendor's code has it
    assert shape_of(desc) == list(shape)


@pytest.mark.parametrize(
    ("shape", "source", "target", "data_type", "code"),
    [
        ((1, 2, 3, 4), NCHW, NCHW, FLOAT, BAD_FORMAT),
        ((1, 2, 3, 4), NCHW, 99, FLOAT, BAD_FORMAT),
        ((1, 2, 3, 4), NC1HWC0, NCHW, FLOAT, BAD_FORMAT),
        ((1, 2, 3), NCHW, NHWC, FLOAT, BAD_SHAPE),
        ((1, -1, 3, 4), NCHW, NHWC, FLOAT, BAD_SHAPE),
        ((1, 2, 3, 4), NCHW, NC1HWC0, 99, BAD_TYPE),
        ((1 << 40, 2, 1, 1), NCHW, NC1HWC0, FLOAT, BAD_SHAPE),
        ((1, 2, 3, 4), NCHW, FRACTAL_Z, FLOAT, BAD_TYPE),
        ((1, 2, 3, 4), NCHW, FRACTAL_Z | SIXTEEN | 9 << 8, FLOAT, BAD_SHAPE),
        ((1, 2), ND, FRACTAL_NZ, FLOAT, BAD_SHAPE),
        ((1, 2), ND, FRACTAL_NZ | SIXTEEN, 99, BAD_TYPE),
    ],
)
def test_a_format_that_a_shape_cannot_have(shape, source, target, data_type, code):
    assert acl.trans_tensor_desc_format(described(shape, data_type, source), target) == (0, code)


SIZES = st.tuples(*[st.integers(0, 40)] * 4)


@given(SIZES, st.sampled_from([NCHW, NHWC, HWCN]), st.sampled_from([NCHW, NHWC, HWCN]))
def test_law_an_order_of_dimensions_can_be_undone(shape, source, target):
    there = shape_in(source, shape, FLOAT, target)
    if source == target:
        assert there is Misfit.FORMAT
    else:
        assert isinstance(there, tuple)
        assert shape_in(target, there, FLOAT, source) == shape


@given(
    SIZES,
    st.sampled_from([FLOAT, INT8]),
    st.sampled_from([NC1HWC0, FRACTAL_Z | SIXTEEN, FRACTAL_NZ | SIXTEEN]),
)
def test_law_no_element_is_lost_in_blocks(shape, data_type, target):
    blocks = shape_in(NCHW, shape, data_type, target)
    assert isinstance(blocks, tuple)
    assert prod(blocks) >= prod(shape)


# -- lists


@pytest.mark.parametrize("value", [(1, 2), None, 5, "12", range(2)], ids=repr)
def test_only_a_list_is_a_list(value):
    with pytest.raises(TypeError, match=r"^argument 3 is not list$"):
        list_of_ints(3)(value)
    with pytest.raises(TypeError, match=r"^argument 1 is not list$"):
        list_of_device_ids(1, "first")(value)
    with pytest.raises(TypeError, match=r"^no list$"):
        list_of_pairs("no list")(value)


@pytest.mark.parametrize("member", ["1", 1.0, None, [1]], ids=repr)
def test_a_list_holds_ints_only(member):
    with pytest.raises(TypeError, match=r"^invalid data type$"):
        list_of_ints(1)([1, member])
    with pytest.raises(TypeError, match=r"^the first argument is not list of int$"):
        list_of_device_ids(1, "first")([member])
    with pytest.raises(TypeError, match=r"^the list argument is not list of int$"):
        list_of_pairs("no list")([[1, member]])


def test_a_pair_needs_a_list_of_two():
    for wrong in ([], [1]):
        with pytest.raises(TypeError, match=r"^the list argument is not list of int$"):
            list_of_pairs("no list")([wrong])
    with pytest.raises(TypeError, match=r"^the list argument is not list$"):
        list_of_pairs("no list")([(1, 2)])


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1])
def test_an_int_must_fit_into_64_bits(number):
    with pytest.raises(ValueError, match=r"^PyLong_AsLongLong failed$"):
        list_of_ints(1)([number])
    with pytest.raises(ValueError, match=r"^PyLong_AsLongLong failed$"):
        list_of_pairs("no list")([[0, number]])


def test_a_device_id_is_unsigned_and_its_low_32_bits_count():
    assert list_of_device_ids(1, "first")([0, 2**32 + 5, True]) == (0, 5, 1)
    for wrong in (-1, 2**64):
        with pytest.raises(ValueError, match=r"^PyLong_AsUnsignedLong failed$"):
            list_of_device_ids(1, "first")([wrong])


def test_the_list_is_read_behind_the_units_and_before_the_handle():
    with pytest.raises(TypeError, match=r"^acl\.set_tensor_shape args parse failed!(\n|$)"):
        acl.set_tensor_shape(1.5, 7)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^argument 2 is not list$"):
        acl.set_tensor_shape(0xDEAD_BEEF, 7)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^int64_t argument is not list$"):
        acl.set_tensor_value_range(0, 7)  # type: ignore[arg-type]
