"""Every name of the binding, honestly: what is not modelled reads its arguments, refuses in shape, and says so."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

import acl_api as acl
from acl_api import DeadlockError
from acl_api.bind import by_name
from acl_api.table import ROWS, SURFACE
from acl_api.table.declared import FAMILIES, SUBMODULES, declared, names
from acl_api.table.row import Param, Ref, Row, Status
from acl_api.table.structs import zeros
from acl_api.table.unmodelled import not_supported, unmodelled
from simulator.base.trace import Called
from tests.together import each_row

NOT_MODELLED = [row for row in SURFACE.values() if row.status is Status.NOT_MODELLED]


def fitting(param: Param) -> Any:
    """An argument that the binding takes for that parameter."""
    kinds = {"list[int]": [1], "list[str]": ["x"], "list[float]": [1.5], "list[list[int]]": [[1]]}
    if param.refers is Ref.FUNCTION or "Callable" in param.annotation:
        return int
    if param.annotation.startswith("list[dict"):
        return []
    if param.annotation.startswith("dict"):
        return {}
    if param.annotation in kinds:
        return kinds[param.annotation]
    return {"s": "x", "f": 1.0, "d": 1.0, "O": None}.get(param.unit, 0)


def call(row: Row) -> Any:
    return by_name(row.name)(*(fitting(param) for param in row.params))


@pytest.fixture
def session():
    with acl.Session(devices=1) as session:
        acl.rt.set_device(0)
        yield session


# -- names


def test_every_module_lists_the_binding_and_what_is_ours_is_documented():
    ours = {
        "Session",
        "use_backend",
        "install",
        "register_kernel",
        "register_operator",
        "DeadlockError",
        "ModelSpec",
        "c",
        "codes",
    }
    assert set(dir(acl)) == {*names()["acl"], *SUBMODULES} | ours
    assert all(name in (acl.__doc__ or "") for name in ours)
    for module in SUBMODULES:
        assert dir(getattr(acl, module)) == sorted(names()[f"acl.{module}"])


def test_a_star_import_brings_all_of_a_module():
    space: dict[str, object] = {}
    exec("from acl_api.himpi import *", space)  # noqa: S102 - what a program does
    assert set(names()["acl.himpi"]) <= set(space)


def test_a_function_can_be_replaced_for_a_test_and_comes_back(monkeypatch):
    before = acl.media.vdec_send_frame
    with monkeypatch.context() as patched:
        patched.setattr("acl_api.media.vdec_send_frame", lambda *_: 7)
        assert acl.media.vdec_send_frame() == 7  # type: ignore[call-arg]
    assert acl.media.vdec_send_frame is before


def test_names_cost_no_simulator(tmp_path):
    code = (
        "import sys, acl_api\n"
        f"for name in {SUBMODULES}: dir(getattr(acl_api, name))\n"
        "dir(acl_api)\n"
        "print([m for m in sys.modules if m.split('.')[0] in ('simpy', 'numpy', 'simulator')])\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("module", "name", "hint"),
    [
        ("acl", "finalise", "did you mean finalize?"),
        ("acl", "launch_callback", "did you mean acl.rt.launch_callback?"),
        ("acl.op", "exec_v2", "did you mean execute_v2?"),
        ("acl.media", "qqqq", "'aclsim api acl.media' lists what it has"),
    ],
)
def test_a_typo_is_an_attribute_error_with_a_suggestion(module, name, hint):
    home = acl if module == "acl" else getattr(acl, module.partition(".")[2])
    with pytest.raises(AttributeError, match=hint) as caught:
        getattr(home, name)
    assert caught.value.name == name


def test_private_names_are_refused_without_a_hint():
    with pytest.raises(AttributeError, match=r"^module 'acl.rt' has no attribute '__wrapped__'$"):
        acl.rt.__wrapped__  # type: ignore[attr-defined]  # noqa: B018


# -- calls


@pytest.mark.filterwarnings("ignore::Warning")  # the binding's own, of acl.util
@each_row(SURFACE.values())
def test_no_function_breaks_when_it_is_called_with_what_fits(row: Row):
    """Codes and the binding's own exceptions are answers; AttributeError and our bugs are none."""
    with acl.Session(devices=1):
        acl.rt.set_device(0)
        try:
            result = call(row)
        except (DeadlockError, RuntimeError, ValueError, TypeError, SystemError):
            if row.status is Status.NOT_MODELLED:
                raise
            return
    assert isinstance(result, tuple) == (len(row.outs) + (not row.bare) > 1)


@each_row(NOT_MODELLED)
def test_what_is_not_modelled_answers_in_shape_with_the_code_last(session, row: Row):
    result = call(row)
    parts = result if isinstance(result, tuple) else (result,)
    assert parts == (*row.failed, *([] if row.bare else [not_supported(declared()[row.name])]))
    assert session.runtime.caller().last_error == 0  # not of the runtime's layer (rule i6)


def test_the_codes_are_those_of_the_layer_that_lacks_the_call():
    codes = {
        family: {not_supported(d) for d in declared().values() if d.family == family} for family in FAMILIES
    }
    himpi = codes.pop("acl.himpi")
    assert set().union(*codes.values()) == {200001}
    assert himpi == {0xA0028008, 0xA0058008, 0xA0078008, 0xA0088008, 0xA0408008}


def test_structures_of_himpi_come_as_dictionaries_of_zeros(session):
    attr, code = acl.himpi.vdec_get_chn_attr(0)
    assert code == 0xA0058008
    assert attr == zeros("hi_vdec_chn_attr")
    assert attr["video_attr"] == {"ref_frame_num": 0, "temporal_mvp_en": 0, "tmv_buf_size": 0}
    attr["type"] = 7
    assert acl.himpi.vdec_get_chn_attr(0)[0]["type"] == 0, "each caller gets one of its own"
    assert session.trace is not None


def test_every_structure_that_a_function_returns_is_known():
    structures = [out for row in NOT_MODELLED for out in row.outs if out.startswith("hi_")]
    assert structures
    assert all(zeros(name) is not None for name in structures)


def test_a_row_of_the_table_takes_the_place_of_one_that_is_made(monkeypatch):
    name = "acl.rt.malloc"
    assert SURFACE[name] is ROWS[name]
    assert unmodelled(name).status is Status.NOT_MODELLED
    monkeypatch.setattr(ROWS, "_rows", {other: row for other, row in ROWS.items() if other != name})
    assert SURFACE[name].status is Status.NOT_MODELLED


def test_a_call_that_did_nothing_is_in_the_trace(session):
    acl.media.dvpp_vpc_resize_async(0, 0, 0, 0, 0)
    assert [record.code for record in session.trace.of(Called) if "vpc_resize" in record.op] == [200001]


def test_a_fault_can_be_declared_on_a_function_that_is_not_modelled():
    with acl.Session(faults=["call:acl.media.dvpp_jpeg_decode_async#2=507018"]):
        acl.rt.set_device(0)
        first, second = (acl.media.dvpp_jpeg_decode_async(0, 0, 0, 0, 0) for _ in range(2))
    assert (first, second) == (200001, 507018)
