"""What is in the library, and what it says when its Python is not there, or not of its kind."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from acl_api.cabi import build
from acl_api.cabi.declarations import functions
from acl_api.cabi.front import modelled, stamp
from acl_api.cabi.headers import header_texts
from acl_api.table import ROWS
from simulator.base.errors import UserError
from tests.cabi.building import PROGRAMS, compiled, environment, run

Program = Callable[..., Path]


def test_exactly_the_functions_of_the_surface_are_exported(library: Path):
    listed = subprocess.run(
        ["nm", "-D", "--defined-only", str(library / build.LIBRARY)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    symbols = [line.split() for line in listed]

    assert {name for _, _, name in symbols} == set(functions())
    assert {kind for _, kind, _ in symbols} == {"T"}


def test_it_needs_no_python_to_be_loaded(library: Path):
    needed = subprocess.run(
        ["readelf", "-d", str(library / build.LIBRARY)], capture_output=True, text=True, check=True
    ).stdout

    assert "python" not in needed


def test_every_function_has_exactly_its_prototype(library: Path, tmp_path: Path):
    source = tmp_path / "prototypes.c"
    lines = [f"#include <{name}>" for name in header_texts() if name != "acl/acl_rt_api.h"]
    lines += build.assignments(functions().values())
    lines += ["#include <stdio.h>", "int main(void) {", "void *all[] = {"]
    lines += [f"(void *)check_{name}," for name in functions()]
    lines += ["};", 'printf("%zu\\n", sizeof all / sizeof *all);', "return 0; }", ""]
    source.write_text("\n".join(lines), encoding="utf-8")

    outcome = run(compiled(source, library, tmp_path / "prototypes"))

    assert (outcome.out, outcome.err) == ("667\n", "")


def test_functions_with_a_row_are_passed_on():
    behind = {row.c_name for row in ROWS.values() if row.in_c and row.c_name in functions()}

    assert set(modelled()) == behind


def test_a_missing_library_of_python_is_one_line_and_a_code(program: Program, library: Path, tmp_path: Path):
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(library / build.LIBRARY, alone)
    binary = program("plain.c", f"-Wl,-rpath,{alone}")

    elsewhere = run(binary, LD_LIBRARY_PATH=str(alone))
    nowhere = run(binary, ACLSIM_PYTHON="/nowhere/bin/python")

    for outcome, says in (
        (elsewhere, "it must lie beside libascendcl.so"),
        (nowhere, "no program that can be run"),
    ):
        assert (outcome.code, outcome.out) == (1, "500000\n")
        assert len(outcome.err.splitlines()) == 1
        assert says in outcome.err


def test_a_python_without_the_simulator_is_one_line_and_a_code(program: Program, tmp_path: Path):
    venv.create(tmp_path / "empty", with_pip=False)

    outcome = run(program("plain.c"), ACLSIM_PYTHON=str(tmp_path / "empty" / "bin" / "python"))

    assert (outcome.code, outcome.out) == (1, "500000\n")
    assert outcome.err == (
        "aclsim: libascendcl.so: this Python has no cffi (No module named '_cffi_backend'): install it: pip install "
        "'aclsim[cabi]'\n"
    )


def test_another_interpreter_can_be_named(program: Program):
    outcome = run(program("plain.c"), ACLSIM_PYTHON=sys.executable)

    assert outcome.out == "0\nAscend910B3, 8 devices\n", outcome.err


def test_variables_of_the_users_python_do_not_matter(program: Program):
    outcome = run(program("plain.c"), PYTHONHOME="/nowhere", PYTHONPATH="/nowhere")

    assert outcome.out == "0\nAscend910B3, 8 devices\n", outcome.err


def test_a_library_of_another_make_is_refused(library: Path, tmp_path: Path):
    other = tmp_path / "other"
    shutil.copytree(library, other, symlinks=True)
    data = (other / build.LIBRARY).read_bytes()
    (other / build.LIBRARY).write_bytes(data.replace(stamp().encode(), b"0" * len(stamp())))

    outcome = run(compiled(PROGRAMS / "plain.c", other, tmp_path / "plain"))

    assert (outcome.code, outcome.out) == (1, "500000\n")
    assert outcome.err == (
        "aclsim: libascendcl.so: it was built for another version of aclsim: run `aclsim build-lib` again\n"
    )


def test_it_shares_the_interpreter_with_a_python_program(library: Path, tmp_path: Path):
    script = tmp_path / "shares.py"
    script.write_text(
        f"""\
import ctypes
import acl_api as acl

assert acl.init() == 0 and acl.rt.set_device(0) == 0
library = ctypes.CDLL("{library / build.LIBRARY}")
# The library's session is its own: nothing was initialised there.
assert library.aclInit(None) == 0
stream = ctypes.c_void_p()
assert library.aclrtCreateStream(ctypes.byref(stream)) == 107002
assert library.aclrtSetDevice(0) == 0
assert library.aclrtCreateStream(ctypes.byref(stream)) == 0
assert acl.rt.synchronize_stream(stream.value) == 107017
assert library.aclrtSynchronizeStream(stream) == 0
assert acl.finalize() == 0 and library.aclFinalize() == 0
print("apart")
""",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, str(script)],
        env=environment(PYTHONPATH=os.pathsep.join(sys.path)),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout == "apart\n", done.stderr


def test_building_without_a_shared_python_says_how_to_mend_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    get = sysconfig.get_config_var
    monkeypatch.setattr(
        sysconfig, "get_config_var", lambda name: 0 if name == "Py_ENABLE_SHARED" else get(name)
    )

    with pytest.raises(UserError, match="--enable-shared"):
        build.build(tmp_path)


def test_building_without_a_compiler_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(UserError, match="no gcc on the PATH"):
        build.build(tmp_path)
