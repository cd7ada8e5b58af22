"""Single operators: attributes, the order of checks, and the user's function as the work of a task."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest

import acl_api as acl
from acl_api import operators
from simulator.base.errors import UserError
from simulator.base.trace import Noted, TaskRan

FLOAT, HALF, INT8, INT32 = 0, 1, 2, 3
ND = 2
BAD, NOT_FOUND = 100000, 100024
TO_DEVICE, TO_HOST = 1, 2
FORGED = 0xDEAD_BEEF
US = 1_000


@pytest.fixture(autouse=True)
def _nothing_is_registered(monkeypatch):
    monkeypatch.setattr(operators, "_registered", {})


@pytest.fixture
def session():
    with acl.Session(devices=1) as session:
        acl.rt.set_device(0)
        yield session


def add(inputs, outputs, attrs):
    outputs[0][...] = inputs[0] + attrs.get("alpha", 1) * inputs[1]


def device(array) -> int:
    """Device memory with the bytes of an array."""
    data = array.tobytes()
    address, code = acl.rt.malloc(len(data), 0)
    assert code == 0
    assert acl.rt.memcpy(address, len(data), acl.util.bytes_to_ptr(data), len(data), TO_DEVICE) == 0
    return address


def host(address: int, like) -> Any:
    """What lies in device memory, as an array."""
    pinned, _ = acl.rt.malloc_host(like.nbytes)
    assert acl.rt.memcpy(pinned, like.nbytes, address, like.nbytes, TO_HOST) == 0
    return np.frombuffer(acl.util.ptr_to_bytes(pinned, like.nbytes), like.dtype).reshape(like.shape)


class Sum:
    """The operands of an addition: descriptions and buffers."""

    def __init__(self, shape=(2, 3)) -> None:
        self.a = np.arange(np.prod(shape), dtype="float32").reshape(shape)
        self.b = np.full(shape, 10, "float32")
        self.out = device(np.zeros_like(self.a))
        self.descs = [acl.create_tensor_desc(FLOAT, list(shape), ND) for _ in range(3)]
        size = self.a.nbytes
        self.inputs = [acl.create_data_buffer(device(each), size) for each in (self.a, self.b)]
        self.outputs = [acl.create_data_buffer(self.out, size)]
        self.attr = acl.op.create_attr()
        self.stream, _ = acl.rt.create_stream()

    @property
    def lists(self) -> dict[str, Any]:
        return {
            "op_type": "Add",
            "input_desc": self.descs[:2],
            "inputs": self.inputs,
            "output_desc": self.descs[2:],
            "outputs": self.outputs,
            "attr": self.attr,
            "stream": self.stream,
        }

    def run(self, function=acl.op.execute_v2, **changed: Any) -> int:
        return int(function(*(self.lists | changed).values()))

    @property
    def result(self) -> Any:
        return host(self.out, self.a)


@pytest.mark.parametrize("function", [acl.op.execute, acl.op.execute_v2], ids=["execute", "execute_v2"])
def test_a_registered_function_is_the_work_of_the_operator(session, function):
    acl.register_operator("Add", add, latency="50us", cores=2)
    operands = Sum()
    assert acl.op.set_attr_float(operands.attr, "alpha", 2.0) == 0
    before = session.kernel.now
    assert operands.run(function) == 0
    assert (operands.result == 0).all(), "not before the task has run"
    assert acl.rt.synchronize_stream(operands.stream) == 0
    assert (operands.result == operands.a + 2 * operands.b).all()
    ran = [record for record in session.trace.of(TaskRan) if record.name == "Add"]
    assert [record.kind for record in ran] == ["execute"]
    assert session.kernel.now - before >= 50 * US


def test_the_function_gets_arrays_of_the_described_types_and_attributes_of_every_kind(session):
    seen: dict[str, Any] = {}

    def look(inputs, outputs, attrs):
        seen.update(inputs=inputs, outputs=outputs, attrs=attrs)

    acl.register_operator("Add", look)
    operands = Sum()
    attr, op = operands.attr, acl.op
    assert (
        op.set_attr_bool(attr, "b", 7)
        == op.set_attr_int(attr, "i", -5)
        == op.set_attr_string(attr, "s", "x")
        == 0
    )
    assert op.set_attr_list_bool(attr, "lb", [0, 2]) == op.set_attr_list_int(attr, "li", [1, 2]) == 0
    assert op.set_attr_list_float(attr, "lf", [0.5]) == op.set_attr_list_string(attr, "ls", ["p", "q"]) == 0
    assert op.set_attr_list_list_int(attr, "lli", [[1], [2, 3]]) == 0
    assert (
        op.set_attr_data_type(attr, "t", INT32)
        == op.set_attr_list_data_type(attr, "lt", [FLOAT])
        == (attr, 0)
    )
    assert operands.run() == 0
    assert op.set_attr_int(attr, "i", 99) == 0, "read at the call"
    assert acl.rt.synchronize_stream(operands.stream) == 0
    assert seen["attrs"] == {
        "b": True,
        "i": -5,
        "s": "x",
        "lb": [False, True],
        "li": [1, 2],
        "lf": [0.5],
        "ls": ["p", "q"],
        "lli": [[1], [2, 3]],
        "t": INT32,
        "lt": [FLOAT],
    }
    assert [(each.shape, each.dtype.name) for each in seen["inputs"]] == [((2, 3), "float32")] * 2
    assert not seen["inputs"][0].flags.writeable
    assert session.trace is not None


def test_an_optional_input_is_left_out(session):
    seen: list[int] = []
    acl.register_operator("Add", lambda inputs, _outputs, _attrs: seen.append(len(inputs)))
    operands = Sum()
    none = acl.create_tensor_desc(-1, [], -1)
    empty = acl.create_data_buffer(0, 0)
    inputs = [operands.inputs[0], empty, operands.inputs[1]]
    descs = [operands.descs[0], none, operands.descs[1]]
    assert operands.run(input_desc=descs, inputs=inputs) == 0
    assert acl.rt.synchronize_stream(operands.stream) == 0
    assert seen == [2]
    assert session.trace is not None


def test_an_operator_without_a_function_is_not_found_and_the_text_says_how_to_register_one(session):
    operands = Sum()
    assert operands.run() == NOT_FOUND
    said = acl.get_recent_err_msg() or ""
    assert "acl.op.execute_v2 returned 100024 (ACL_ERROR_OP_NOT_FOUND)" in said
    assert "MatchOpModel opName = Add fail from static map or dynamic map" in said
    assert 'acl_api.register_operator("Add", function)' in said
    assert session.runtime.caller().last_error == 0


def test_what_the_function_raises_fails_the_task_and_is_explained(session):
    def broken(_inputs, _outputs, _attrs):
        raise ZeroDivisionError("by hand")

    acl.register_operator("Add", broken)
    operands = Sum()
    assert operands.run() == 0
    assert acl.rt.synchronize_stream(operands.stream) == 507011
    assert "the work of Add failed: ZeroDivisionError: by hand" in (acl.get_recent_err_msg() or "")
    assert [note.finding for note in session.trace.of(Noted)] == ["model-work-failed"]


def test_a_buffer_that_is_too_small_is_refused_at_the_call(session):
    acl.register_operator("Add", add)
    operands = Sum((8, 8))
    small = acl.create_data_buffer(operands.out, 16)
    assert operands.run(outputs=[small]) == 500002
    assert "output 0 of Add needs 256 bytes, its buffer has 16" in (acl.get_recent_err_msg() or "")
    assert session.trace is not None


def test_outputs_without_elements_are_a_success_that_queues_nothing(session):
    operands = Sum()
    empty = acl.create_tensor_desc(FLOAT, [0, 3], ND)
    assert operands.run(output_desc=[empty]) == 0, "before anybody looks for the operator"
    assert session.trace.of(TaskRan) == []


FAULTS: list[tuple[str, Any, int]] = [
    ("input_desc", [0, 0], BAD),
    ("output_desc", [FORGED], BAD),
    ("inputs", [0, 0], BAD),
    ("outputs", [0], BAD),
    ("attr", FORGED, BAD),
    ("op_type", "Sub", NOT_FOUND),
    ("stream", FORGED, 107017),
]


@pytest.mark.parametrize(("name", "value", "code"), FAULTS, ids=[name for name, _, _ in FAULTS])
def test_each_wrong_argument_has_its_code(session, name, value, code):
    acl.register_operator("Add", add)
    assert Sum().run(**{name: value}) == code
    assert session.trace is not None


@pytest.mark.parametrize(("first", "second"), [*combinations(FAULTS, 2)], ids=lambda fault: fault[0])
def test_of_two_wrong_arguments_the_earlier_check_decides(session, first, second):
    acl.register_operator("Add", add)
    assert Sum().run(**{first[0]: first[1], second[0]: second[1]}) == first[2]
    assert session.trace is not None


def test_fewer_descriptions_than_buffers_and_open_shapes_are_bad_parameters(session):
    acl.register_operator("Add", add)
    operands = Sum()
    assert operands.run(input_desc=operands.descs[:1]) == BAD
    open_shape = acl.create_tensor_desc(FLOAT, [-1, 3], ND)
    assert operands.run(output_desc=[open_shape]) == BAD
    assert "open dimension" in (acl.get_recent_err_msg() or "")
    assert session.trace is not None


def test_only_v2_asks_for_the_address_of_a_buffer_with_a_size(session):
    acl.register_operator("Add", add)
    operands = Sum()
    nowhere = acl.create_data_buffer(0, operands.a.nbytes)
    assert operands.run(acl.op.execute_v2, outputs=[nowhere]) == BAD
    assert operands.run(acl.op.execute, outputs=[nowhere]) == 0
    assert session.trace is not None


def test_a_thread_without_a_context_cannot_run_an_operator():
    acl.register_operator("Nothing", lambda *_: None)
    with acl.Session(devices=1):
        assert acl.op.execute_v2("Nothing", [], [], [], [], 0, 0) == 107002


# -- handles


def test_a_prepared_operator_keeps_what_it_was_made_of(session):
    acl.register_operator("Add", add)
    operands = Sum()
    acl.op.set_attr_int(operands.attr, "alpha", 3)
    handle, code = acl.op.create_handle("Add", operands.descs[:2], operands.descs[2:], operands.attr)
    assert code == 0
    acl.op.destroy_attr(operands.attr)
    for _ in range(2):
        assert acl.op.execute_with_handle(handle, operands.inputs, operands.outputs, operands.stream) == 0
    assert acl.rt.synchronize_stream(operands.stream) == 0
    assert (operands.result == operands.a + 3 * operands.b).all()
    run = acl.op.execute_with_handle
    assert run(handle, operands.inputs[:1], operands.outputs, operands.stream) == 100021
    assert run(handle, operands.inputs, [], operands.stream) == 100022
    assert run(handle, [0, 0], operands.outputs, operands.stream) == BAD
    acl.op.destroy_handle(handle)
    assert run(handle, operands.inputs, operands.outputs, operands.stream) == BAD
    assert session.trace is not None


def test_a_handle_needs_an_operator_that_is_found(session):
    operands = Sum()
    assert acl.op.create_handle("Add", operands.descs[:2], operands.descs[2:], 0) == (0, NOT_FOUND)
    assert acl.op.create_handle("Add", [0], operands.descs[2:], 0) == (0, BAD)
    assert acl.op.create_handle("Add", operands.descs[:2], operands.descs[2:], FORGED) == (0, BAD)
    assert session.trace is not None


@pytest.mark.parametrize("name", ["destroy_attr", "destroy_handle"])
def test_destroying_nothing_is_fine_and_another_handle_is_a_finding(session, name):
    destroy = getattr(acl.op, name)
    assert destroy(0) is destroy(FORGED) is None
    assert [note.finding for note in session.trace.of(Noted)] == ["forged-handle"]


# -- what aclsim brings


def test_cast_converts_between_the_types_of_its_descriptions(session):
    acl.register_operator("Cast")
    values = np.array([1.7, -2.2, 3.0], "float32")
    source, target = (acl.create_tensor_desc(kind, [3], ND) for kind in (FLOAT, INT32))
    out = device(np.zeros(3, "int32"))
    buffers = [acl.create_data_buffer(device(values), 12), acl.create_data_buffer(out, 12)]
    assert acl.op.cast(source, buffers[0], target, buffers[1], 0, 0) == 0
    assert acl.rt.synchronize_stream(0) == 0
    assert list(host(out, np.zeros(3, "int32"))) == [1, -2, 3]
    handle, code = acl.op.create_handle_for_cast(source, target, 0)
    assert (handle != 0, code) == (True, 0)
    assert acl.op.cast(0, buffers[0], target, buffers[1], 0, 0) == BAD
    assert session.trace is not None


@pytest.mark.parametrize(("trans_a", "trans_b"), [(0, 0), (1, 0), (0, 1), (1, 1)])
@pytest.mark.parametrize("name", ["hgemm", "s8gemm", "gemm_ex"])
def test_products_of_matrices_are_the_operator_gemm(session, name, trans_a, trans_b):
    acl.register_operator("GEMM")
    few, many = ("int8", "int32") if name == "s8gemm" else ("float16", "float16")
    m, n, k = 2, 4, 3
    a, b = np.arange(m * k).reshape(m, k).astype(few), np.arange(k * n).reshape(k, n).astype(few)
    c = np.ones((m, n), many)
    held = [device(a.T.copy() if trans_a else a), device(b.T.copy() if trans_b else b), device(c)]
    alpha, beta = (device(np.array([value, 0], many)) for value in (2, 3))
    if name == "gemm_ex":
        arguments: tuple[Any, ...] = (held[0], -1, HALF, held[1], -1, HALF, beta, held[2], -1, HALF)
    else:
        arguments = (held[0], -1, held[1], -1, beta, held[2], -1)
    run = getattr(acl.blas, name)
    assert run(trans_a, trans_b, 0, m, n, k, alpha, *arguments, 0, 0) == 0
    assert acl.rt.synchronize_stream(0) == 0
    assert (host(held[2], c) == 2 * a.astype(many) @ b.astype(many) + 3 * c).all()
    assert session.trace is not None


def test_a_matrix_times_a_vector_is_a_product_with_one_column(session):
    acl.register_operator("GEMM")
    a, x, y = np.arange(6, dtype="float16").reshape(2, 3), np.ones(3, "float16"), np.ones(2, "float16")
    held = [device(each) for each in (a, x, y)]
    one = device(np.array([1, 0], "float16"))
    assert acl.blas.hgemv(0, 2, 3, one, held[0], -1, held[1], -1, one, held[2], -1, 0, 0) == 0
    assert acl.rt.synchronize_stream(0) == 0
    assert list(host(held[2], y)) == [4, 13]
    assert session.trace is not None


# In the vendor's order; each is wrong alone.
WRONG: list[tuple[str, int, int]] = [
    ("alpha", 0, BAD),
    ("beta", 0, BAD),
    ("matrix_a", 0, BAD),
    ("matrix_b", 0, BAD),
    ("matrix_c", 0, BAD),
    ("m", 0, BAD),
    ("n", -1, BAD),
    ("k", 0, BAD),
    ("trans_a", 3, BAD),
    ("trans_b", -1, BAD),
    ("trans_c", 1, BAD),
    ("lda", 4, BAD),
    ("ldb", 0, BAD),
    ("ldc", 1, BAD),
    ("type", 1, BAD),
]


@pytest.mark.parametrize(("name", "value", "code"), WRONG, ids=[name for name, _, _ in WRONG])
def test_a_product_refuses_what_the_vendors_does(session, name, value, code):
    matrices = ("alpha", "matrix_a", "lda", "matrix_b", "ldb", "beta", "matrix_c", "ldc")
    names = ("trans_a", "trans_b", "trans_c", "m", "n", "k", *matrices, "type", "stream")
    right = {each: -1 if each.startswith("ld") else 0 for each in names} | dict.fromkeys(("m", "n", "k"), 1)
    right |= dict.fromkeys(("alpha", "beta", "matrix_a", "matrix_b", "matrix_c"), acl.rt.malloc(64, 0)[0])
    assert acl.blas.hgemm(*right.values()) == NOT_FOUND
    acl.register_operator("GEMM")
    assert acl.blas.hgemm(*(right | {name: value}).values()) == code
    assert acl.blas.hgemm(*right.values()) == 0
    assert acl.rt.synchronize_stream(0) == 0
    handles = [right[each] for each in ("trans_a", "trans_b", "trans_c", "m", "n", "k", "type")]
    assert acl.blas.create_handle_for_hgemm(*handles)[1] == 0
    assert session.trace is not None


# -- registering


def test_an_operator_can_be_registered_again_and_forgotten(session):
    acl.register_operator("Add", lambda *_: None)
    acl.register_operator("Add", add)
    operands = Sum()
    assert operands.run() == 0
    operators.unregister_operator("Add")
    assert operands.run() == NOT_FOUND
    assert acl.rt.synchronize_stream(operands.stream) == 0
    assert (operands.result == operands.a + operands.b).all(), "what was queued had found it"
    assert session.trace is not None


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("Mul",), "needs a function; aclsim brings some for Cast and GEMM"),
        (("", add), "it is a name such as 'Add'"),
        (("Add", 5), "cannot be called"),
    ],
)
def test_what_cannot_be_registered_is_refused_with_a_reason(arguments, says):
    with pytest.raises(UserError, match=says):
        acl.register_operator(*arguments)


def test_numbers_that_cannot_be_used_are_refused():
    with pytest.raises(UserError):
        acl.register_operator("Add", add, latency="soon")
    with pytest.raises(UserError, match="cores is 0"):
        acl.register_operator("Add", add, cores=0)


def test_a_module_of_the_environment_registers_for_programs_that_do_not(session, tmp_path, monkeypatch):
    (tmp_path / "my_operators.py").write_text(
        "import acl_api\nacl_api.register_operator('Add', lambda i, o, a: o[0].fill(7))\n", "utf-8"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("ACLSIM_OPERATORS", "my_operators")
    operands = Sum()
    assert operands.run() == 0
    assert acl.rt.synchronize_stream(operands.stream) == 0
    assert (operands.result == 7).all()
    monkeypatch.setenv("ACLSIM_OPERATORS", "no_such_module")
    with pytest.raises(UserError, match="ACLSIM_OPERATORS is 'no_such_module'"):
        operands.run(op_type="Sub")
    assert session.trace is not None


# -- folders and bounds


def test_the_folder_of_operators_is_named_once_and_must_be_there(session, tmp_path):
    assert acl.op.set_model_dir(str(tmp_path / "absent")) == 100014
    assert acl.op.set_model_dir(str(tmp_path)) == 0
    assert acl.op.set_model_dir(str(tmp_path)) == 100002
    assert [acl.op.set_max_op_queue_num(number) for number in (0, 5)] == [BAD, 0]
    assert session.trace is not None


def test_operators_of_one_stream_run_in_order_and_behind_its_callbacks(session):
    ran: list[str] = []
    for name in ("Add", "Sub"):
        acl.register_operator(name, lambda *_, name=name: ran.append(name))
    operands = Sum()
    thread = session.host.thread("reporter", daemon=True)
    assert acl.rt.subscribe_report(thread.ident, operands.stream) == 0

    def poll() -> None:
        while acl.rt.process_report(-1) == 0:
            pass

    session.host.start(thread, poll)
    assert operands.run() == 0
    assert acl.rt.launch_callback(lambda _: ran.append("callback"), None, 1, operands.stream) == 0
    assert operands.run(op_type="Sub") == 0
    assert acl.rt.synchronize_stream(operands.stream) == 0
    assert ran == ["Add", "callback", "Sub"]
