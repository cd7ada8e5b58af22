"""What wrong arguments do: one text per function, whatever the fault; keywords; None in C."""

from __future__ import annotations

import ctypes
from enum import IntEnum
from importlib import import_module
from typing import Any

import numpy as np
import pytest

import acl_api as acl
from acl_api.arguments import Flavour, parser
from acl_api.bind import by_name
from acl_api.table import SURFACE
from acl_api.table.row import CPYTHON, Param, Ref, Row
from simulator.core.models import ModelSpec
from tests.together import each_row

rt: Any = import_module("acl_api.rt")
mdl: Any = import_module("acl_api.mdl")
c: Any = import_module("acl_api.c")

WITH_PARAMETERS = [row for row in SURFACE.values() if row.params]
WITHOUT_PARAMETERS = [row for row in SURFACE.values() if not row.params]
IN_PYACL = [row for row in SURFACE.values() if row.family != "c"]


class Index:
    """Not an int, but usable as an index."""

    def __init__(self, value: object) -> None:
        self.value = value

    def __repr__(self) -> str:
        return f"Index({self.value!r})"

    def __index__(self) -> Any:
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


class Level(IntEnum):
    THREAD = 0
    TWO = 2


@pytest.fixture(autouse=True)
def session():
    with acl.Session(devices=2) as session:
        yield session


def parsed(unit: str, value: object, flavour: Flavour = Flavour.PYTHON, refers: Ref = Ref.NOTHING) -> object:
    """What a function with one parameter of that unit gets for *value*."""
    row = Row("acl.rt.made_up", "aclrtMadeUp", lambda *_: None, params=(Param("it", unit, refers),))
    return parser(row, flavour)((value,))[0]


def good(param: Param) -> object:
    """An argument of the right type, which may well be wrong otherwise."""
    if param.refers is Ref.FUNCTION or "Callable" in param.annotation:
        return print
    if param.annotation.startswith(("list", "dict")):
        return {} if param.annotation.startswith("dict") else []
    return "none.om" if param.unit == "s" else 0


def said(row: Row, given: int) -> str:
    """The binding's text for arguments that do not fit."""
    if row.misfit == CPYTHON:
        wanted = len(row.params)
        return f"function takes exactly {wanted} argument{'s' * (wanted != 1)} ({given} given)"
    return row.misfit.format(given=given, name=row.name) or f"{row.name} args parse failed"


# -- units


@pytest.mark.shows("p22")
@pytest.mark.parametrize("unit", ["k", "K"])
@pytest.mark.parametrize(
    ("value", "seen"),
    [
        (0, 0),
        (1 << 31, 1 << 31),
        (2**64 - 1, 2**64 - 1),
        (2**64, 0),
        (2**64 + 5, 5),
        (-1, 2**64 - 1),
        (-(2**70), 0),
        (True, 1),
        (Level.TWO, 2),
    ],
)
def test_k_and_capital_k_take_ints_and_wrap(unit, value, seen):
    result = parsed(unit, value)
    assert result == seen
    assert type(result) is int


@pytest.mark.parametrize("unit", ["k", "K"])
@pytest.mark.parametrize(
    "value", [None, 1.0, "1", b"1", np.int64(1), np.uint64(1), np.bool_(1), Index(1), [1], 1j], ids=repr
)
def test_k_and_capital_k_refuse_everything_but_ints(unit, value):
    with pytest.raises(TypeError, match=r"^acl\.rt\.made_up args parse failed(\n|$)"):
        parsed(unit, value)


@pytest.mark.parametrize(
    ("unit", "value", "seen"),
    [
        ("H", 2**16, 0),
        ("H", -1, 2**16 - 1),
        ("H", np.int64(9), 9),
        ("B", 256, 0),
        ("B", -1, 255),
        ("h", -(2**15), -(2**15)),
        ("h", Index(7), 7),
        ("b", 255, 255),
        ("l", -(2**63), -(2**63)),
        ("L", 2**63 - 1, 2**63 - 1),
        ("L", np.int32(-5), -5),
        ("f", 1, 1.0),
        ("f", 0.1, float(np.float32(0.1))),
        ("f", 1e39, float("inf")),
        ("f", -1e39, float("-inf")),
        ("f", np.float16(0.5), 0.5),
        ("d", 0.1, 0.1),
        ("d", Index(3), 3.0),
    ],
)
def test_the_other_numbers_wrap_or_keep_their_range_as_in_c(unit, value, seen):
    result = parsed(unit, value)
    assert result == seen
    assert type(result) is type(seen)


@pytest.mark.parametrize(
    ("unit", "value"),
    [
        ("h", 2**15),
        ("b", -1),
        ("b", 256),
        ("l", 2**63),
        ("L", -(2**63) - 1),
        ("L", 1.0),
        ("H", "1"),
        ("B", None),
        ("f", "1"),
        ("f", b"0"),
        ("f", None),
        ("d", b"2"),
        ("d", 1j),
    ],
)
def test_the_other_numbers_refuse_what_does_not_fit(unit, value):
    with pytest.raises(TypeError, match=r"^acl\.rt\.made_up args parse failed(\n|$)"):
        parsed(unit, value)


def only_even(value: object) -> object:
    if value not in {0, 2, 4}:
        raise ValueError("odd")
    return [value]


@pytest.mark.shows("p21")
def test_objects_are_read_behind_the_units_and_with_a_text_of_their_own():
    params = (Param("it", "O", reads=only_even), Param("number", "i"))
    row = Row("acl.rt.made_up", "aclrtMadeUp", lambda *_: None, params=params)
    parse = parser(row, Flavour.PYTHON)
    assert parse((2, 1)) == [[2], 1]
    with pytest.raises(ValueError, match=r"^odd$"):
        parse((3, 1))
    with pytest.raises(TypeError, match="made_up args parse failed") as caught:
        parse((3, "1"))
    assert caught.value.__notes__ == ["argument 2 (number): expected an integer of 32 bits, got str '1'"]


@pytest.mark.shows("p22")
@pytest.mark.parametrize(
    ("value", "seen"),
    [
        (0, 0),
        (2**32 - 1, 2**32 - 1),
        (2**32, 0),
        (-1, 2**32 - 1),
        (2**64 + 7, 7),
        (True, 1),
        (Level.TWO, 2),
        (np.int64(-1), 2**32 - 1),
        (np.uint8(200), 200),
        (Index(9), 9),
    ],
)
def test_capital_i_takes_what_has_an_index_and_wraps(value, seen):
    result = parsed("I", value)
    assert result == seen
    assert type(result) is int


@pytest.mark.shows("p22")
@pytest.mark.parametrize(
    ("value", "seen"),
    [
        (0, 0),
        (-(2**31), -(2**31)),
        (2**31 - 1, 2**31 - 1),
        (True, 1),
        (False, 0),
        (Level.TWO, 2),
        (np.int64(-3), -3),
        (np.uint8(200), 200),
        (Index(-9), -9),
    ],
)
def test_i_takes_what_has_an_index_and_fits(value, seen):
    result = parsed("i", value)
    assert result == seen
    assert type(result) is int


@pytest.mark.shows("p19", "p22")
@pytest.mark.parametrize("value", [2**31, -(2**31) - 1, 2**64, np.int64(2**31), Index(2**31)], ids=repr)
def test_i_refuses_what_does_not_fit_with_the_same_text(value):
    with pytest.raises(TypeError, match=r"^acl\.rt\.made_up args parse failed(\n|$)"):
        parsed("i", value)


@pytest.mark.parametrize("unit", ["I", "i"])
@pytest.mark.parametrize(
    "value",
    [None, 1.0, np.float64(1), "1", [1], Index("no int"), Index(ValueError("mine")), np.array([1, 2])],
    ids=repr,
)
def test_capital_i_and_i_refuse_what_has_no_index_whatever_it_raises(unit, value):
    with pytest.raises(TypeError, match=r"^acl\.rt\.made_up args parse failed(\n|$)"):
        parsed(unit, value)


@pytest.mark.parametrize("value", ["", "model.om", "模型.om", "a" * 10_000])
def test_s_takes_text(value):
    assert parsed("s", value) is value


@pytest.mark.parametrize("value", [5, 0, True, None, b"model.om", "a\0b", "\udc80", 1.5], ids=repr)
def test_s_refuses_numbers_bytes_nul_and_what_utf8_cannot_hold(value):
    with pytest.raises(TypeError, match=r"^acl\.rt\.made_up args parse failed(\n|$)"):
        parsed("s", value)


def test_capital_o_takes_any_object_itself():
    thing = object()
    assert parsed("O", thing, refers=Ref.ANY) is thing
    assert parsed("O", None, refers=Ref.ANY) is None


# -- the same through the surface


def test_numpy_numbers_work_for_devices_and_not_for_sizes():
    assert rt.set_device(np.int64(0)) == 0
    with pytest.raises(TypeError, match=r"^acl\.rt\.malloc args parse failed(\n|$)"):
        rt.malloc(np.int64(16), 0)
    assert rt.malloc(16, np.int32(0))[1] == 0
    assert rt.malloc(-1, 0) == (0, 100000)  # asks for 2**64 - 1 bytes, which wrap around when rounded
    assert rt.malloc(2**64, 0) == (0, 100000)  # asks for none


def test_a_handle_wraps_as_the_pointer_it_is():
    rt.set_device(0)
    stream, _ = rt.create_stream()
    assert rt.stream_query(stream + 2**64) == (0, 0)
    assert rt.stream_query(stream - 2**64) == (0, 0)


@pytest.mark.shows("p8")
def test_none_is_not_the_default_stream():
    rt.set_device(0)
    with pytest.raises(TypeError, match=r"^acl\.rt\.synchronize_stream args parse failed(\n|$)"):
        rt.synchronize_stream(None)
    assert rt.synchronize_stream(0) == 0


def test_a_model_path_that_is_a_number_is_refused_and_not_taken_for_a_path(session):
    session.declare_model(ModelSpec("5", latency_ns=1))
    rt.set_device(0)
    with pytest.raises(TypeError, match=r"^acl\.mdl\.load_from_file args parse failed!(\n|$)"):
        mdl.load_from_file(5)
    assert mdl.load_from_file("5") == (1, 0)


def test_the_optional_configuration_may_be_left_out_but_not_be_none():
    with pytest.raises(TypeError, match=r"^acl\.init args parse failed(\n|$)"):
        acl.init(None)  # type: ignore[arg-type]
    assert acl.init() == 0
    assert acl.init("acl.json") == 100002


@pytest.mark.shows("p19")
@each_row(WITH_PARAMETERS)
def test_too_few_and_too_many_arguments_have_the_text_of_the_function(row):
    function = by_name(row.name)
    arguments = [good(param) for param in row.params]
    fewest = sum(not param.optional for param in row.params)
    for wrong in ([*arguments, 0], arguments[: fewest - 1] if fewest else [*arguments, 0]):
        with pytest.raises(TypeError) as caught:
            function(*wrong)
        assert str(caught.value) == said(row, len(wrong))


@pytest.mark.shows("p19")
@each_row(WITH_PARAMETERS)
def test_every_argument_of_a_wrong_type_has_the_text_of_the_function(row):
    function = by_name(row.name)
    for at, param in enumerate(row.params):
        if param.unit == "O":
            continue
        arguments = [good(other) for other in row.params]
        arguments[at] = [1.5]
        with pytest.raises(TypeError) as caught:
            function(*arguments)
        text = said(row, len(arguments))
        if row.misfit == CPYTHON:
            text = f"argument {at + 1} must be {'str' if param.unit == 's' else 'int'}, not list"
        assert str(caught.value) == text


@pytest.mark.shows("p3")
@pytest.mark.parametrize("row", WITHOUT_PARAMETERS, ids=lambda row: row.name)
def test_a_function_without_parameters_does_not_look_at_its_arguments(row):
    with acl.Session(devices=2) as other:
        wanted = by_name(row.name)()
    assert other.trace is not None
    given = by_name(row.name)(1, "two", None)
    if not row.bare or row.family == "acl":  # else a handle, which is another one each time
        assert given == wanted
    assert type(given) is type(wanted)


def test_a_stream_can_be_created_with_arguments_that_nobody_reads():
    rt.set_device(0)
    assert rt.create_stream(1, 2)[1] == 0


@pytest.mark.shows("p2")
@each_row(IN_PYACL)
def test_keywords_are_refused_in_cpythons_words(row):
    names = [param.name for param in row.params] or ["anything"]
    with pytest.raises(TypeError) as caught:
        by_name(row.name)(**dict.fromkeys(names, 0))
    assert str(caught.value) == f"{row.name}() takes no keyword arguments"


def test_a_refused_call_leaves_no_trace_and_changes_nothing(session):
    rt.set_device(0)
    before = len(session.trace)
    for wrong in (lambda: rt.create_stream_with_config(0), lambda: rt.create_stream_with_config("x", 0)):
        with pytest.raises(TypeError):
            wrong()
    assert len(session.trace) == before
    assert rt.get_stream_available_num() == (1983, 0)


# -- functions


def launch(function, block=1):
    return rt.launch_callback(function, None, block, 0)


@pytest.mark.shows("p21", "item 37")
@pytest.mark.parametrize("function", [None, 5, "print", []], ids=repr)
def test_what_cannot_be_called_is_refused_before_any_code(function):
    with pytest.raises(TypeError, match=r"^parameter must be callable$"):
        launch(function, block=7)


def test_units_are_looked_at_before_the_function():
    with pytest.raises(TypeError, match=r"^acl\.rt\.launch_callback args parse failed(\n|$)"):
        launch(None, block=1.5)


@pytest.mark.shows("p26")
@pytest.mark.parametrize(
    "function", [print, len, Index, ctypes.CFUNCTYPE(None, ctypes.c_void_p)(lambda _: None)]
)
def test_whatever_can_be_called_is_a_function(function):
    assert launch(function) == 107002


# -- C


def test_in_c_none_is_the_null_pointer_where_a_pointer_stands():
    rt.set_device(0)
    assert c.aclrtSynchronizeStream(None) == 0
    assert c.aclrtDestroyStream(None) == 100000
    assert c.aclrtFree(None) == 100000
    assert c.aclrtLaunchCallback(None, None, 1, None) == 107000
    assert c.aclrtLaunchHostFunc(None, None, None) == 107000
    assert c.aclInit(None) == 0
    assert c.aclmdlLoadFromFile(None) == (0, 100000)


def test_in_c_none_is_no_number():
    for wrong in (
        lambda: c.aclrtSetDevice(None),
        lambda: c.aclrtMalloc(None, 0),
        lambda: c.aclrtSubscribeReport(None, None),
    ):
        with pytest.raises(TypeError, match=r"^aclrt\w+ args parse failed(\n|$)"):
            wrong()


def test_c_has_its_own_parameter_order_where_it_differs_from_nothing():
    rt.set_device(0)
    stream, _ = c.aclrtCreateStream()
    ran: list[object] = []
    assert c.aclrtLaunchHostFunc(stream, ran.append, 7) == 0
    assert c.aclrtSynchronizeStream(stream) == 0
    assert ran == [7]
    with pytest.raises(TypeError, match=r"^aclrtLaunchHostFunc\(\) takes no keyword arguments$"):
        c.aclrtLaunchHostFunc(stream=stream)
