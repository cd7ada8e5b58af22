"""`acl_api.install()`: the surface under the binding's own name."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

import acl_api
from acl_api.surface import SHIM, extend_path
from acl_api.table.declared import SUBMODULES, names
from simulator.app.machine import import_acl
from simulator.base.errors import UserError

NAMES = ("acl", *(f"acl.{name}" for name in SUBMODULES))


@pytest.fixture(autouse=True)
def _nothing_is_installed(monkeypatch: pytest.MonkeyPatch):
    for name in NAMES:
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield
    for name in NAMES:
        sys.modules.pop(name, None)


def test_installing_gives_the_same_functions_as_the_package_and_twice_changes_nothing():
    acl = acl_api.install()
    assert sys.modules["acl"] is acl is acl_api.install()
    assert importlib.import_module("acl.rt") is acl_api.rt
    assert acl.init is acl_api.init
    assert acl.__name__ == "acl"
    assert import_acl() == "the simulator (acl_api.install() was called)"


@pytest.mark.shows("p4")
def test_the_surface_has_what_the_binding_has_and_nothing_of_ours():
    acl = acl_api.install()
    assert set(dir(acl)) == {*names()["acl"], *SUBMODULES}
    assert not {"Session", "use_backend", "install", "c", "codes"} & set(dir(acl))


def test_the_shim_becomes_the_surface(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(SHIM)
    acl = importlib.import_module("acl")
    assert acl.rt is acl_api.rt
    assert acl_api.install() is acl


def test_another_acl_that_is_in_use_already_is_not_replaced(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "acl", ModuleType("acl"))
    with pytest.raises(UserError, match=r"before the first 'import acl'"):
        acl_api.install()


def test_another_acl_on_the_path_is_named_when_ours_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "acl.py").write_text("raise SystemExit('never run')\n", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    assert import_acl().startswith(str(tmp_path / "acl.py"))
    acl_api.install()
    assert f"{tmp_path / 'acl.py'} is not used" in capsys.readouterr().err


def test_the_shim_comes_first_on_the_path_of_child_processes_and_once():
    environment = {"PYTHONPATH": os.pathsep.join(("/a", SHIM, "/b"))}
    extend_path(environment)
    extend_path(environment)
    assert environment["PYTHONPATH"].split(os.pathsep) == [SHIM, "/a", "/b"]
