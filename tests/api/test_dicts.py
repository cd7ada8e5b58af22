"""Dicts of the binding: what a key that is missing, of another type, or too large does."""

from __future__ import annotations

import re
from typing import Any

import pytest

from acl_api.dicts import Fields
from acl_api.lists import list_of_pids
from acl_api.structs import load_options, malloc_config, physical_prop, repairs

LONGEST = 2**64


@pytest.mark.parametrize("value", [None, "4", 4.0, [4]])
def test_a_value_of_another_type_keeps_the_default(value):
    fields = Fields({"a": value})
    assert fields.unsigned("a", 32, 7) == fields.signed("a", 32, 7) == 7
    assert fields.unsigned("b", 32, 7) == fields.signed("b", 32, 7) == 7


def test_what_fits_the_conversion_is_cut_to_the_field_as_c_does():
    fields = Fields({"a": 2**32 + 5, "b": True, "c": 2**31, "d": -1})
    assert fields.unsigned("a", 32) == 5
    assert fields.unsigned("a", 64) == 2**32 + 5
    assert fields.unsigned("b", 32) == 1
    assert fields.signed("c") == -(2**31)
    assert fields.signed("d") == -1


@pytest.mark.parametrize("value", [-1, LONGEST])
def test_what_no_unsigned_long_holds_is_an_error(value):
    with pytest.raises(ValueError, match=r"^PyLong_AsUnsignedLong failed$"):
        Fields({"a": value}).unsigned("a", 16)


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1])
def test_what_no_long_holds_is_an_error(value):
    with pytest.raises(ValueError, match=r"^PyLong_AsLong failed$"):
        Fields({"a": value}).signed("a")


@pytest.mark.parametrize(
    ("value", "pointer"), [(None, 0), (16, 16), (-1, LONGEST - 1), (LONGEST - 1, LONGEST - 1)]
)
def test_pointers(value, pointer):
    assert Fields({"a": value}).pointer("a") == pointer
    assert Fields({}).pointer("a") == 0


@pytest.mark.parametrize("value", ["x", 1.0, LONGEST, -(2**63) - 1])
def test_what_is_no_pointer_is_an_error(value):
    with pytest.raises(ValueError, match=r"^PyLong_AsVoidPtr failed$"):
        Fields({"a": value}).pointer("a")


def test_arrays_are_filled_up_and_end_at_what_is_no_int():
    fields = Fields({"a": [1, 2, "x", 4], "b": [1, 2, 3, 4, 5], "c": 1})
    assert fields.unsigned_array("a", 4) == (1, 2, 0, 0)
    assert fields.unsigned_array("c", 2) == fields.unsigned_array("d", 2) == (0, 0)
    with pytest.raises(ValueError, match=r"^The length of b should be no greater than 4$"):
        fields.unsigned_array("b", 4)


def attributes(*values: object) -> dict[str, object]:
    return {"numAttrs": len(values), "attrs": [{"attr": 1, "value": value} for value in values]}


def test_configurations_of_allocations():
    assert malloc_config({}) is None
    assert malloc_config(attributes()) == ()
    assert malloc_config(attributes({"moduleId": 2**16 + 7})) == ((1, 7),)
    assert malloc_config(attributes({"deviceId": 9, "rsv": [1]})) == ((1, 9),)
    assert malloc_config(attributes({"rsv": [1, 2, 0, 0, 9, 9, 9, 9, "not read"]})) == ((1, 0x201),)
    assert malloc_config({"numAttrs": 1, "attrs": [{}]}) == ((0, 0),)


WRONG: list[tuple[Any, type[Exception], str]] = [
    (None, TypeError, "pyCfg is not dict!"),
    ({"numAttrs": 0}, TypeError, "the aclrtMallocAttrValue argument is not dict"),
    ({"attrs": 3}, TypeError, "cfg.attrs malloc failed!"),
    ({"attrs": [{}]}, KeyError, "'The numAttrs inputed does not match the expected numAttrs'"),
    ({"attrs": [], "numAttrs": -1}, ValueError, "PyLong_AsUnsignedLong failed"),
    ({"attrs": [1], "numAttrs": 1}, TypeError, "the aclrtMallocWithCfg argument is not dict"),
    (attributes(1), TypeError, "the aclrtMallocAttrValue argument is not dict"),
    (attributes({}), KeyError, "'No valid key found in aclrtMallocAttrValue'"),
    (attributes({"moduleId": "x"}), ValueError, "PyLong_AsUnsignedLong failed"),
    (attributes({"rsv": ["x"]}), ValueError, "PyLong_AsUnsignedLong failed"),
    (attributes({"rsv": 1}), SystemError, "the function returned a result with an exception set"),
]


@pytest.mark.parametrize(("given", "error", "text"), WRONG)
def test_what_is_no_configuration_has_the_text_of_the_binding(given, error, text):
    with pytest.raises(error, match=f"^{re.escape(text)}$"):
        malloc_config(given)


def test_properties_of_physical_memory():
    assert physical_prop({}) == (0, 0, 0, 0, 0)
    given = {"handleType": 1, "memAttr": 4, "location": {"id": 3, "type": 1}, "reserve": 5}
    assert physical_prop(given) == (1, 0, 4, 1, 3)
    with pytest.raises(TypeError, match=r"^the aclrtPhysicalMemProp argument is not dict$"):
        physical_prop([])
    with pytest.raises(TypeError, match=r"^the aclrtMemLocation argument is not dict$"):
        physical_prop({"location": 1})
    with pytest.raises(ValueError, match=r"^PyLong_AsUnsignedLong failed$"):
        physical_prop({"reserve": -1})


def test_lists_of_structs_and_of_process_ids():
    assert repairs([{"addr": 16, "len": 4}, {}]) == ((16, 4, (0,) * 14), (0, 0, (0,) * 14))
    with pytest.raises(TypeError, match=r"^aclrtMemUceInfo argument is not list$"):
        repairs({})
    with pytest.raises(TypeError, match=r"^the aclrtMemUceInfo argument is not dict$"):
        repairs([1])
    assert load_options([{"type": 1, "value": 1}]) == ((1, 1),)
    with pytest.raises(ValueError, match=r"^argument 2 only support the format of list$"):
        load_options(None)
    assert list_of_pids([1, -2]) == (1, -2)
    for no_list in ((1,), None):
        with pytest.raises(ValueError, match=r"^argument 2 only support the format of list$"):
            list_of_pids(no_list)
    for wrong in ([1.0], [2**31]):
        with pytest.raises(ValueError, match=r"^get values from PyList failed$"):
            list_of_pids(wrong)
