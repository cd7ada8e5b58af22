"""Which library is taken, and what is said when there is none: variables, paths, `auto`, `doctor`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from acl_api.backends.native.search import find_library, places
from acl_api.selection import select
from simulator.base.errors import UserError
from tests.exec.launch import python
from tests.native.stubs import compiled_stub


def library_in(folder: Path) -> Path:
    folder.mkdir(parents=True)
    file = folder / "libascendcl.so"
    file.touch()
    return file


@pytest.fixture
def everywhere(tmp_path: Path) -> dict[str, Path]:
    return {
        "home": library_in(tmp_path / "home" / "lib64"),
        "toolkit": library_in(tmp_path / "toolkit" / "lib64"),
        "first": library_in(tmp_path / "first"),
        "second": library_in(tmp_path / "second"),
    }


def variables(tmp_path: Path, *names: str) -> dict[str, str]:
    known = {
        "ASCEND_HOME_PATH": str(tmp_path / "home"),
        "ASCEND_TOOLKIT_HOME": str(tmp_path / "toolkit"),
        "LD_LIBRARY_PATH": f"{tmp_path / 'none'}:{tmp_path / 'first'}::{tmp_path / 'second'}",
    }
    return {name: known[name] for name in names}


ALL = ("ASCEND_HOME_PATH", "ASCEND_TOOLKIT_HOME", "LD_LIBRARY_PATH")


def test_the_vendors_variables_come_in_their_order(tmp_path, everywhere):
    found = [find_library(environment=variables(tmp_path, *ALL[at:])) for at in range(3)]
    assert [place.path for place in found] == [everywhere[name] for name in ("home", "toolkit", "first")]
    assert [place.why for place in found] == list(ALL)


def test_a_folder_without_the_library_is_passed_by(tmp_path, everywhere):
    everywhere["home"].unlink()
    everywhere["first"].unlink()
    assert find_library(environment=variables(tmp_path, *ALL)).path == everywhere["toolkit"]
    assert find_library(environment=variables(tmp_path, "LD_LIBRARY_PATH")).path == everywhere["second"]


@pytest.mark.parametrize("given", ["second", "second/libascendcl.so"])
def test_a_path_that_is_given_is_the_only_place(tmp_path, everywhere, given):
    path = str(tmp_path / given)
    assert find_library(path, variables(tmp_path, *ALL)).path == everywhere["second"]
    everywhere["second"].unlink()
    with pytest.raises(UserError, match=r"looked for .*second.*as given"):
        find_library(path, variables(tmp_path, *ALL))


def test_every_place_is_named_when_there_is_none(tmp_path):
    with pytest.raises(UserError) as refused:
        find_library(environment=variables(tmp_path, *ALL))
    assert all(
        str(place.path) in str(refused.value) for place in places(environment=variables(tmp_path, *ALL))
    )
    with pytest.raises(UserError, match="no variable says where to look"):
        find_library(environment={})


def test_a_file_that_is_no_library_is_refused(everywhere):
    with pytest.raises(UserError, match="cannot be loaded"):
        select("ascend", library=str(everywhere["first"]))


@pytest.mark.parametrize("devices", [0, 3])
def test_auto_takes_a_library_that_reports_a_device(tmp_path, devices):
    stub = compiled_stub(tmp_path, devices=devices)
    selected = select("auto", library=str(stub))
    assert selected.name == ("ascend" if devices else "simulator")
    assert ("with 3 devices" if devices else "reports no device") in selected.why
    assert select("auto", library=str(tmp_path / "nothing")).name == "simulator"


def test_auto_says_once_what_it_took(tmp_path):
    program = "import acl_api as acl\nprint(acl.rt.get_device_count(), acl.rt.get_device_count())\n"
    (tmp_path / "prog.py").write_text(program, "utf-8")
    stub = compiled_stub(tmp_path, devices=5)
    taken = python(tmp_path, "prog.py", ACLSIM_BACKEND="auto", ACLSIM_LIBRARY=str(stub))
    assert taken.out == "(5, 0) (5, 0)\n"
    assert taken.err.count("backend auto: took ascend") == 1
    without = python(tmp_path, "prog.py", ACLSIM_BACKEND="auto", ACLSIM_LIBRARY=str(tmp_path / "none"))
    assert without.out == "(8, 0) (8, 0)\n"
    assert without.err.count("backend auto: took simulator") == 1


def test_a_missing_function_is_reported_by_itself_alone(tmp_path):
    stub = compiled_stub(tmp_path)
    program = """\
import acl_api as acl
print(acl.init(), acl.rt.get_device_count())
try:
    acl.rt.set_device(0)
except AttributeError as error:
    print(error)
print(acl.init())
"""
    (tmp_path / "prog.py").write_text(program, "utf-8")
    ended = python(tmp_path, "prog.py", ACLSIM_BACKEND="ascend", ACLSIM_LIBRARY=str(stub))
    first, said, last = ended.out.splitlines()
    assert (first, last) == ("0 (1, 0)", "0")
    assert said == (
        f"acl.rt.set_device: {stub} has no function aclrtSetDevice; the library is older or made for another product"
    )


def doctor(folder: Path, **more: str) -> dict[str, str]:
    ended = python(folder, "-m", "simulator.app", "doctor", "--json", **more)
    told: dict[str, str] = json.loads(ended.out)["backend"]
    return told


def test_doctor_tells_library_version_and_devices(launch):
    told = doctor(launch.folder, ACLSIM_BACKEND="ascend", ACLSIM_LIBRARY=str(launch.library))
    assert told["used"] == "ascend"
    assert told["because"] == "ACLSIM_BACKEND says so"
    assert str(launch.library / "libascendcl.so") in told["library"]
    assert told["version"].count(".") == 2
    assert told["devices"] == "8"


def test_doctor_tells_what_is_missing(tmp_path):
    told = doctor(tmp_path, ACLSIM_BACKEND="ascend")
    assert told["used"] == "none"
    assert "no variable says where to look" in told["error"]
    assert doctor(tmp_path)["used"] == "simulator"
    auto = doctor(tmp_path, ACLSIM_BACKEND="auto")
    assert auto["used"] == "simulator"
    assert "ACLSIM_BACKEND is auto: there is no libascendcl.so" in auto["because"]
