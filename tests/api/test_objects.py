"""What an object must be: lists of handles and numbers, texts, dicts, functions, with the binding's exceptions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import acl_api as acl
from acl_api.objects import kinds
from acl_api.table.declared import declared

NO_LIST = "argument 2 or 3 is not list"
NO_INTS = "the list argument is not list of int"
AREAS = "number of crop areas must be between 1 and 256"


def read(text: str, value: object) -> Any:
    kind = kinds(text)[0]
    return value if kind.read is None else kind.read(value)


@pytest.mark.parametrize(
    ("text", "value", "seen"),
    [
        (f"handles:{NO_LIST}", [], ()),
        (f"handles:{NO_LIST}", [1, True, -1, 2**64 - 1], (1, 1, 2**64 - 1, 2**64 - 1)),
        ("longs:x", [-(2**63), 5], (-(2**63), 5)),
        ("unsigned:x", [0, 2**64 - 1], (0, 2**64 - 1)),
        ("counts:x", [1, 0, 256], (1, 0, 256)),
        ("areas:x", [7], (7,)),
        ("texts:x", ["a", ""], ("a", "")),
        ("lists:x", [[1, 2], []], ((1, 2), ())),
        ("ints", [1, -5], (1, -5)),
        ("bytes", [0, 255], (0, 255)),
        ("floats", [0.5, 1e39], (0.5, float("inf"))),
        ("any", None, None),
    ],
)
def test_what_fits_is_read(text, value, seen):
    assert read(text, value) == seen


@pytest.mark.parametrize(
    ("text", "value", "error"),
    [
        (f"handles:{NO_LIST}", (1,), TypeError(NO_LIST)),
        (f"handles:{NO_LIST}", [1.0], TypeError(NO_INTS)),
        (f"handles:{NO_LIST}", [None], TypeError(NO_INTS)),
        (f"handles:{NO_LIST}", [np.int64(1)], TypeError(NO_INTS)),
        (f"handles:{NO_LIST}", [2**64], ValueError("PyLong_AsVoidPtr failed")),
        ("longs:x", [2**63], ValueError("PyLong_AsLong failed")),
        ("unsigned:x", [-1], ValueError("PyLong_AsUnsignedLong failed")),
        ("counts:x", [], ValueError(AREAS)),
        ("counts:x", [257], ValueError(AREAS)),
        ("counts:x", [-1], ValueError(AREAS)),
        ("counts:x", ["1"], ValueError(AREAS)),
        ("areas:no list", {}, TypeError("no list")),
        ("areas:x", [0] * 257, ValueError(AREAS)),
        ("texts:x", [1], RuntimeError("PyUnicode_AsUTF8String failed")),
        ("texts:x", ["\udc80"], RuntimeError("PyUnicode_AsUTF8String failed")),
        ("lists:no list", 5, TypeError("no list")),
        ("lists:x", [[1.5]], ValueError("parse argument 3 failed")),
        ("ints", [1.5], ValueError("get values from PyList failed")),
        ("ints", [2**63], ValueError("get values from PyList failed")),
        ("bytes", [256], ValueError("get values from PyList failed")),
        ("floats", [1], ValueError("get values from PyList failed")),
        ("dict:no dict", [], TypeError("no dict")),
        ("list:no list", {}, TypeError("no list")),
        ("function:no function", 5, TypeError("no function")),
    ],
    ids=str,
)
def test_what_does_not_fit_has_the_bindings_exception(text, value, error):
    with pytest.raises(type(error)) as caught:
        read(text, value)
    assert str(caught.value) == str(error)


def test_an_array_in_the_place_of_a_list_warns_and_its_bytes_are_taken_as_they_are():
    with acl.Session(devices=1) as session:
        attr = acl.op.create_attr()
        with pytest.warns(
            Warning, match=r"^argument 3 only support the format of list in the future\.$"
        ) as warned:
            assert acl.op.set_attr_list_int(attr, "axes", np.array([3, 4])) == 0  # type: ignore[arg-type]
        assert warned[0].filename == __file__
        with pytest.warns(Warning, match="argument 3"):
            acl.op.set_attr_list_float(attr, "scales", np.array([0.5], "float32"))  # type: ignore[arg-type]
        kept = session.runtime.handles.live[attr]
        assert repr(kept) == "<OpAttr axes=[3, 4], scales=[0.5]>"
        with (
            pytest.warns(Warning, match="argument 3"),
            pytest.raises(TypeError, match="is not list or numpy array"),
        ):
            acl.op.set_attr_list_bool(attr, "flags", (1, 0))  # type: ignore[arg-type]


def test_every_word_of_the_extract_is_known_and_stands_for_one_object_each():
    for entry in declared().values():
        found = kinds(entry.objects)
        assert len(found) in {0, entry.units.count("O")}, entry.name
        assert all(kind.annotation for kind in found), entry.name
