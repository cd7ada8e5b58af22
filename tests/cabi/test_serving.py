"""Arguments as cells: what a row gets from them, and what comes back through pointers."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from cffi import FFI

from acl_api.cabi.functions import ProgramFunction
from acl_api.cabi.layout import read_record
from acl_api.cabi.memory import Memory, float_of
from acl_api.cabi.passing import Plan, plan_of
from acl_api.cabi.serving import Serve, Serving
from acl_api.table import ROWS
from acl_api.table.row import Param, Row
from tests.together import for_each

ffi = FFI()
memory = Memory(ffi)


def address(thing: Any) -> int:
    return int(ffi.cast("uintptr_t", thing))


class Called:
    """Stands for a row: notes what it is given, and answers."""

    def __init__(self, answer: object) -> None:
        self.answer = answer
        self.given: tuple[object, ...] = ()

    def __call__(self, *given: object) -> object:
        self.given = given
        return self.answer


def served(plan: Plan, answer: object, refused: Callable[[str], int] | None = None) -> tuple[Serve, Called]:
    called = Called(answer)
    texts: list[Any] = []

    def lasting(text: str) -> int:
        texts.append(ffi.new("char[]", text.encode()))
        return address(texts[-1])

    serving = Serving(memory, lambda _ctype, at: at or None, lasting)
    return serving.serve(plan, called, refused or (lambda _name: 100000)), called


def planned(name: str) -> Plan:
    plan = plan_of(ROWS[name])
    assert plan is not None
    return plan


def made(c_name: str, params: Sequence[Param], outs: Sequence[str] = (), *, bare: bool = False) -> Plan:
    """The plan of a row that need not be in the table."""
    plan = plan_of(Row(c_name, c_name, lambda *_: None, tuple(params), outs=tuple(outs), bare=bare))
    assert plan is not None
    return plan


def cells(*values: int) -> Any:
    return ffi.new("int64_t[]", [value - (1 << 64) if value >> 63 == 1 else value for value in values])


PLANS = [plan for row in ROWS.values() if row.in_c and (plan := plan_of(row)) is not None]


@for_each("plan", PLANS, ids=lambda plan: plan.row.name)
def test_every_plan_can_be_served(plan: Plan):
    served(plan, 0)


def test_outputs_are_written_and_the_code_returned():
    serve, called = served(planned("acl.rt.malloc"), (0xFFFF_8000_0000_0010, 0))
    out = ffi.new("uint64_t *")

    assert serve(cells(address(out), 64, 0)) == 0
    assert (called.given, out[0]) == ((64, 0), 0xFFFF_8000_0000_0010)


def test_outputs_of_a_failed_call_stay_what_they_are():
    serve, _ = served(planned("acl.rt.malloc"), (0, 207001))
    out = ffi.new("uint64_t *", 5)

    assert (serve(cells(address(out), 64, 0)), out[0]) == (207001, 5)


def test_a_null_output_is_refused_before_the_row_is_asked():
    names: list[str] = []

    def refuse(name: str) -> int:
        names.append(name)
        return 100000

    serve, called = served(planned("acl.rt.malloc"), (1, 0), refuse)

    assert (serve(cells(0, 64, 0)), names, called.given) == (100000, ["devPtr"], ())


def test_nullable_outputs_may_be_null():
    serve, _ = served(planned("acl.rt.device_get_stream_priority_range"), (7, 0, 0))
    greatest = ffi.new("int32_t *", 9)

    assert (serve(cells(0, address(greatest))), greatest[0]) == (0, 0)


def test_a_reserved_pointer_must_be_null():
    serve, called = served(planned("acl.rt.get_primary_ctx_state"), (1, 0, 0))
    out = ffi.new("int32_t *")

    assert serve(cells(0, address(out), address(out))) == 100000
    assert called.given == ()
    assert (serve(cells(0, 0, address(out))), out[0]) == (0, 1)


def test_numbers_keep_or_lose_their_sign_as_the_binding_takes_them():
    stream, out = planned("acl.rt.create_stream_with_config"), ffi.new("uint64_t *")
    serve, called = served(stream, (1, 0))
    serve(cells(address(out), 0xFFFF_FFFF, 3))
    assert called.given == (-1, 3)

    copy, called = served(planned("acl.rt.memcpy"), 0)
    copy(cells(1 << 63, (1 << 64) - 1, 2, 4, 1))
    assert called.given == (1 << 63, (1 << 64) - 1, 2, 4, 1)


def test_texts_come_up_to_nul_or_to_their_length():
    serve, called = served(planned("acl.init"), 0)
    text = ffi.new("char[]", b"acl.json")
    serve(cells(address(text)))
    assert list(called.given) == ["acl.json"]
    serve(cells(0))
    assert list(called.given) == [None]

    bounded, called = served(made("aclprofInit", [Param("result_path", "s")]), 0)
    bounded(cells(address(text), 3))
    assert list(called.given) == ["acl"]


def test_a_count_makes_a_list():
    serve, called = served(planned("acl.create_tensor_desc"), 99)
    dims = ffi.new("int64_t[]", [2, -1, 3])

    assert serve(cells(0, 3, address(dims), 2)) == 99
    assert called.given == (0, [2, -1, 3], 2)


def test_a_struct_is_read_and_written_field_by_field():
    plan = planned("acl.mdl.get_input_dims")
    serve, _ = served(plan, ({"name": "x", "dimCount": 2, "dims": [4, 5]}, 0))
    out = ffi.new("char[]", b"\xff" * 1160)

    assert serve(cells(1, 0, address(out))) == 0
    read = read_record(memory, "aclmdlIODims", address(out))
    assert (read["name"], read["dimCount"], cast("list[int]", read["dims"])[:3]) == ("x", 2, [4, 5, 0])

    dims, called = served(planned("acl.mdl.set_input_dynamic_dims"), 0)
    dims(cells(1, 2, 3, address(out)))
    assert called.given[:3] == (1, 2, 3)
    given = cast("Mapping[str, Any]", called.given[3])
    assert (given["dimCount"], given["dims"][:2]) == (2, [4, 5])
    dims(cells(1, 2, 3, 0))
    assert called.given[3] is None


def test_a_struct_with_others_behind_a_pointer_has_them_in_a_list():
    plan = made("aclrtMallocWithCfg", [Param("size", "k"), Param("policy", "i"), Param("cfg", "O")], ["ptr"])
    serve, called = served(plan, (1, 0))
    attribute = ffi.new("char[]", struct.pack("<iIHHIII", 1, 0, 7, 0, 0, 0, 0))
    config, out = ffi.new("uint64_t[]", [address(attribute), 1]), ffi.new("uint64_t *")

    serve(cells(address(out), 64, 0, address(config)))

    given = cast("Mapping[str, Any]", called.given[2])
    assert given["numAttrs"] == 1
    assert [(each["attr"], set(each["value"])) for each in given["attrs"]] == [(1, {"moduleId"})]


def test_a_text_output_is_cut_to_its_room():
    plan = made("aclrtGetFunctionName", [Param("func_handle", "k"), Param("max_len", "I")], ["name"])
    serve, _ = served(plan, ("kernel_name", 0))
    out = ffi.new("char[]", b"?" * 15)

    assert serve(cells(1, 7, address(out))) == 0
    assert bytes(ffi.buffer(out, 8)) == b"kernel\0?"


def test_results_without_a_code_are_cells():
    text, _ = served(planned("acl.get_soc_name"), "Ascend910B3")
    assert memory.text(text(cells())) == "Ascend910B3"
    absent, _ = served(planned("acl.get_recent_err_msg"), None)
    assert absent(cells()) == 0
    nothing, _ = served(planned("acl.destroy_tensor_desc"), None)
    assert nothing(cells(1)) == 0
    number, _ = served(made("aclFloat16ToFloat", [Param("value", "H")], ["number"], bare=True), 1.5)
    assert float_of(number(cells(3))) == 1.5


def test_functions_of_the_program_are_named_and_compared_by_their_address():
    class Host:
        def current(self) -> Any:
            return self

        site = None

        def come_in(self) -> None: ...

        def go_out(self) -> None: ...

    asked: list[tuple[int, int, list[int]]] = []

    def invoke(number: int, at: int, given: list[int]) -> int:
        asked.append((number, at, given))
        return 5

    first = ProgramFunction("aclrtCallback", 16, "note", invoke, cast("Any", Host()))
    again = ProgramFunction("aclrtCallback", 16, "note", invoke, cast("Any", Host()))
    alloc = ProgramFunction("aclrtAllocatorAllocFunc", 32, "give", invoke, cast("Any", Host()))

    assert (first, hash(first)) == (again, hash(again))
    assert first != alloc
    assert (first((1 << 64) - 1), alloc(0, 8)) == (None, 5)
    assert [given for _, _, given in asked] == [[-1], [0, 8]]
    assert repr(first) == "<C function note>"
