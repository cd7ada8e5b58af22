"""Every function on the library: as on the model where ours is behind it, and what C gets where it is a stub."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from acl_api.arguments import Flavour
from acl_api.backends.native.backend import NativeBackend, is_callable
from acl_api.backends.native.own import OwnFunctions
from acl_api.cabi.declarations import functions
from acl_api.cabi.passing import plan_of
from acl_api.errors import NotCallableError
from acl_api.table import SURFACE
from acl_api.table.declared import declared
from acl_api.table.row import Status
from tests.cabi.building import has_compiler
from tests.exec.launch import python
from tests.native import every_function
from tests.native.launching import ROOT
from tests.native.stubs import compiled_stub

FIRST_CODE = 100000
CONFIG = {
    "attrs": [{"attr": 2, "value": {"deviceId": 0}}, {"attr": 1, "value": {"moduleId": 7}}],
    "numAttrs": 2,
}
MODEL = """\
latency = "1us"
inputs = [{shape = [1, 4], dtype = "float32"}]
outputs = [{shape = [1, 4], dtype = "float32"}]
"""


def answers(folder: Path, **variables: str) -> dict[str, Any]:
    file = folder / "answers.json"
    ended = python(folder, every_function.__file__, str(file), **variables)
    assert ended.code == 0, ended.err
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return found


def refused(answer: Any) -> bool:
    """Tell whether a call came to an exception, or to a code other than 0."""
    last = answer[-1] if isinstance(answer, list) else answer
    return isinstance(last, str) or (isinstance(last, int) and last >= FIRST_CODE)


def test_every_function_answers_on_our_library_as_on_the_model(launch):
    (launch.folder / "model.om.toml").write_text(MODEL, "utf-8")
    (launch.folder / "model.om").touch()
    model = answers(launch.folder, ACLSIM_BACKEND="simulator")
    library = answers(launch.folder, ACLSIM_BACKEND="ascend", ACLSIM_LIBRARY=str(launch.library))
    assert {call: library[call] for call in model if library[call] != model[call]} == {}
    assert {call.partition(":")[0] for call in model} == {row.name for row in every_function.rows()}
    live = [answer for call, answer in model.items() if call.endswith(": live")]
    assert sum(not refused(answer) for answer in live) > len(live) / 2  # it compares more than refusals


def test_what_is_modelled_and_in_c_can_be_called_but_for_one():
    modelled = [row for row in SURFACE.values() if row.status is not Status.NOT_MODELLED]
    plans = [plan for row in modelled if row.c_name in functions() and (plan := plan_of(row)) is not None]
    assert [plan.row.name for plan in plans if not is_callable(plan)] == ["acl.mdl.dump_reg_callback"]
    called = {plan.row.name for plan in plans if is_callable(plan)} | OwnFunctions().calls.keys()
    of_the_binding = sum(name.startswith("acl.") for name in called)
    page = (ROOT / "docs" / "switch.md").read_text("utf-8")
    assert f"{of_the_binding} of the binding's {len(declared())}" in page


OPERATORS = """\
import acl_api

def told(inputs, outputs, attrs):
    outputs[0][:] = inputs[0] + inputs[1]
    print(sorted(attrs.items()), flush=True)

acl_api.register_operator("Told", told)
"""
RUNS_AN_OPERATOR = """\
import acl, numpy
acl.init(); acl.rt.set_device(0)
stream, _ = acl.rt.create_stream()
desc = acl.create_tensor_desc(0, [2, 2], 2)
places = [acl.rt.malloc(64, 0)[0] for _ in range(3)]
for at, place in enumerate(places):
    data = numpy.full((2, 2), at + 1.5, "float32").tobytes()
    acl.rt.memcpy(place, 16, acl.util.bytes_to_ptr(data), 16, 1)
buffers = [acl.create_data_buffer(place, 16) for place in places]
attr = acl.op.create_attr()
acl.op.set_attr_string(attr, "text", "a text that is longer than three")
acl.op.set_attr_list_int(attr, "ints", [1, -2, 3])
acl.op.set_attr_list_string(attr, "texts", ["one", "", "three"])
acl.op.set_attr_list_list_int(attr, "lists", [[1, 2], [], [3]])
codes = [acl.op.execute_v2("Told", [desc, desc], buffers[:2], [desc], buffers[2:], attr, stream)]
handle, code = acl.op.create_handle("Told", [desc, desc], [desc], attr)
codes += [code, acl.op.execute_with_handle(handle, buffers[:2], buffers[2:], stream)]
print(acl.rt.synchronize_stream(stream), codes)
back = bytes(16)
acl.rt.memcpy(acl.util.bytes_to_ptr(back), 16, places[2], 16, 2)
print(numpy.frombuffer(back, "float32").tolist())
config = acl.mdl.create_config_handle()
print([acl.mdl.set_config_opt(config, attr, value) for attr, value in ((1, 1), (2, "model.om"))])
print(acl.mdl.load_with_config(config)[1])
"""


def test_lists_texts_and_options_reach_the_simulator_through_c(launch):
    (launch.folder / "model.om.toml").write_text(MODEL, "utf-8")
    (launch.folder / "model.om").touch()
    (launch.folder / "told.py").write_text(OPERATORS, "utf-8")
    (launch.folder / "prog.py").write_text(RUNS_AN_OPERATOR, "utf-8")
    settings = {"ACLSIM_OPERATORS": "told", "PYTHONPATH": str(launch.folder)}
    model = python(launch.folder, "-m", "simulator.app", "exec", "--host", "free", "prog.py", **settings)
    library = launch.aclsim("exec", "prog.py", **settings)
    assert (model.code, library.code) == (0, 0), model.err + library.err
    assert library.out == model.out
    attrs = (
        "[('ints', [1, -2, 3]), ('lists', [[1, 2], [], [3]]), ('text', 'a text that is longer than three'), "
    )
    attrs = (
        "[('ints', [1, -2, 3]), ('lists', [[1, 2], [], [3]]), ('text', 'a text that is longer than three'), "
    )
    ran = f"{attrs}('texts', ['one', '', 'three'])]"
    assert model.out.splitlines() == [ran, ran, "0 [0, 0, 0]", "[4.0, 4.0, 4.0, 4.0]", "[0, 0]", "0"]


# -- what C gets (what_c_gets.c returns 0 when it is right) --------------------------------------------------------

GIVEN: dict[str, tuple[object, ...]] = {
    "acl.set_tensor_shape": (9, [4, 5, -6]),
    "acl.set_tensor_shape_range": (9, [[1, 2], [3, 4]]),
    "acl.op.set_attr_list_bool": (9, "flags", [5, 0]),
    "acl.op.set_attr_list_string": (9, "n", ["first", "second", ""]),
    "acl.op.set_attr_list_list_int": (9, "name", [[1, -2], [], [3]]),
    "acl.op.execute_v2": ("Conv2D", [11, 12], [13, 14], [15], [16], 17, 18),
    "acl.op.create_handle": ("Add", [11, 12], [15], 17),
    "acl.op.execute_with_handle": (9, [11, 12], [13], 14),
    "acl.mdl.set_exec_config_opt": (9, 1, (1 << 32) - 1),
    "acl.rt.malloc_with_cfg": (64, 2, CONFIG),
    "acl.rt.malloc_host_with_cfg": (64, {}),
    "acl.rt.launch_kernel_with_config": (9, 4, 8, [{"id": 1, "value": 2}, {"id": 3, "value": 6}], 5, 0),
    "acl.rt.set_stream_attribute": (9, 7, {"reserved": [1, 2, 3, 4]}),
}
RETURNED: dict[str, object] = {
    "acl.op.create_handle": (77, 0),
    "acl.rt.malloc_with_cfg": (88, 0),
    "acl.rt.malloc_host_with_cfg": (88, 0),
}


@pytest.fixture(scope="module")
def stub(tmp_path_factory: pytest.TempPathFactory) -> NativeBackend:
    if not has_compiler():
        pytest.skip("takes gcc")
    text = Path(__file__).with_name("what_c_gets.c").read_text("utf-8")
    return NativeBackend(compiled_stub(tmp_path_factory.mktemp("stub"), text=text))


def called(backend: NativeBackend, name: str, *given: object) -> Any:
    return backend.bind(SURFACE[name], Flavour.PYTHON)(*given)


@pytest.mark.parametrize("name", GIVEN)
def test_c_gets_what_python_gives(stub, name):
    assert called(stub, name, *GIVEN[name]) == RETURNED.get(name, 0)


def test_a_message_is_no_format(stub, capfd):
    called(stub, "acl.app_log", 1, "50% of %s")
    assert capfd.readouterr().out == "50% of %s"


@pytest.mark.parametrize(("attr", "value"), [(0, 3), (2, "model.om"), (4, 1 << 40)])
def test_an_option_is_as_wide_as_its_number_says(stub, attr, value):
    assert called(stub, "acl.mdl.set_config_opt", 9, attr, value) == 0


def test_an_option_that_does_not_fit_is_refused_with_the_text_of_the_binding(stub):
    with pytest.raises(TypeError, match=r"acl\.mdl\.set_config_opt args parse failed!"):
        called(stub, "acl.mdl.set_config_opt", 9, 2, 5)


def test_bytes_and_lists_come_back_as_lists(stub):
    assert called(stub, "acl.rt.device_get_uuid", 0) == ({"bytes": list(range(240, 256))}, 0)
    assert called(stub, "acl.get_cann_attribute_list") == ([3, 5], 2, 0)
    values, code = called(stub, "acl.rt.get_group_info_detail", 9, 0, 6)
    assert (values[1], len(values), code) == (6, 2, 0)


def test_where_the_binding_has_an_exception_and_no_code_so_has_this(stub):
    with pytest.raises(RuntimeError, match="aclrtGetGroupInfoDetail failed"):
        called(stub, "acl.rt.get_group_info_detail", 9, 107000, 6)


@pytest.mark.parametrize(
    "name", ["op.create_kernel", "media.dvpp_malloc", "himpi.sys_init", "mdl.dump_reg_callback"]
)
def test_what_cannot_be_called_says_so_and_names_the_other_way(stub, name):
    said = rf"acl\.{name}: the native backend does not know how to call \w+; the vendor's .* \(--via pyacl"
    with pytest.raises(NotCallableError, match=said):
        called(stub, f"acl.{name}")
