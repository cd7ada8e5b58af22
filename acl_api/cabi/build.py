"""Building libascendcl.so and its headers: what `aclsim build-lib` does. It takes gcc and cffi, and a few seconds.

Three things come out: the headers, libascendcl.so, and beside it the library that holds Python. What was built
remembers the interpreter it was built with, and so works outside of any environment.
"""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from typing import Final

from acl_api.cabi.declarations import CFunction, functions
from acl_api.cabi.front import front_source, modelled, source
from acl_api.cabi.headers import header_texts
from acl_api.cabi.spelling import pointer_type
from simulator.base.errors import UserError

LIBRARY: Final = "libascendcl.so"
ENGINE: Final = "libaclsim_engine.so"
# The runtime's functions also come in a library of their own, which newer programs link; and build files look for
# libraries in lib64 of the folder that ASCEND_HOME_PATH names.
ALSO: Final = {"libacl_rt.so": LIBRARY, "lib64": "."}
_MODULE: Final = "_aclsim_engine"

# What Python sees of C, and C of Python. `source/engine.c` has the bodies of the former.
_OF_C: Final = """\
int64_t aclsim_invoke(int32_t type, uintptr_t function, int64_t *cells);
struct aclsim_seat;
int32_t *aclsim_departures(void);
void aclsim_gate_enter(void);
void aclsim_gate_leave(void);
struct aclsim_seat *aclsim_seat_new(void);
void aclsim_seat_ring(struct aclsim_seat *seat);
int32_t aclsim_seat_rest(struct aclsim_seat *seat, int64_t ns);
int32_t aclsim_departed(uint64_t *ids, int32_t room);
uintptr_t aclsim_file(uintptr_t address, char *path, size_t room);
void aclsim_plain(const char *name, char *text, size_t room);
const char *aclsim_stamp(void);
const char *aclsim_name(int32_t number);
"""
_OF_PYTHON: Final = """\
int aclsim_open(void);
int64_t aclsim_call(int32_t number, int64_t *cells, uintptr_t site);
void aclsim_leave(void);
"""
_STARTS: Final = f"""\
from {_MODULE} import ffi, lib
from simulator.app.embedded import serve
serve(ffi, lib)
"""
# Threads and exit functions hold on to it: dlclose does nothing.
_STAYS: Final = ("-Wl,-z,nodelete",)
_WORD: Final = re.compile(r"\w+")
_ERROR: Final = re.compile(r"(?P<file>[^:]+):(?P<line>\d+):\d+: error: (?P<text>.*)")
_STRICT: Final = ("-Wall", "-Wextra", "-Werror")


@dataclass(frozen=True, slots=True)
class Built:
    """What was built, where, and how many functions it has."""

    folder: Path
    library: Path
    include: Path
    modelled: int
    exported: int


def build(folder: Path, *, flags: Sequence[str] = ()) -> Built:
    """Write the headers into *folder*/include, compile both libraries into *folder*; *flags* go to the compiler.

    Raises UserError when the compiler, cffi or a shared libpython is missing, or the folder cannot be written.
    """
    compiler, python = _compiler(), _shared_python()
    _require_cffi()
    try:
        write_headers(folder / "include")
        with TemporaryDirectory() as scratch:
            _compile_front(compiler, python, folder, Path(scratch), flags)
            _compile_engine(compiler, folder, Path(scratch))
        for name, target in ALSO.items():
            (folder / name).unlink(missing_ok=True)
            (folder / name).symlink_to(target)
    except OSError as error:
        raise UserError(
            f"{folder}: cannot be written ({error.strerror or error}); name another folder"
        ) from error
    return Built(folder, folder / LIBRARY, folder / "include", len(modelled()), len(functions()))


def write_headers(folder: Path) -> None:
    """Write every header below *folder*."""
    for name, text in header_texts().items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def misfits(folder: Path) -> tuple[int, Mapping[str, str]]:
    """Compare the prototypes with other headers, below *folder*: how many those declare, which differ, and how.

    Raises UserError when they are no such headers, or cannot be compiled.
    """
    compiler = _compiler()
    files = [folder / name for name in header_texts() if (folder / name).is_file()]
    if not files:
        raise UserError(
            f"{folder}: no header of the surface lies there, such as acl/acl.h; name the folder above acl/"
        )
    words = {word for file in files for word in _WORD.findall(file.read_text("utf-8", errors="replace"))}
    declared = [function for function in functions().values() if function.name in words]
    lines = [f'#include "{file.relative_to(folder)}"' for file in files]
    first = len(lines)
    lines += assignments(declared)
    command = [
        compiler,
        "-std=c11",
        "-Wno-deprecated-declarations",
        "-Werror=incompatible-pointer-types",
        "-fmax-errors=0",
    ]
    command += ["-fdiagnostics-plain-output", "-fsyntax-only", "-x", "c", "-I", str(folder), "-"]
    done = subprocess.run(  # noqa: S603 - the compiler that the user has
        command, input="\n".join([*lines, ""]), capture_output=True, text=True, check=False
    )
    found: dict[str, str] = {}
    for line in done.stderr.splitlines():
        error = _ERROR.fullmatch(line)
        number = int(error["line"]) - 1 - first if error and error["file"] == "<stdin>" else -1
        if error and number < 0:
            raise UserError(f"{folder}: these headers do not compile: {line}")
        if error:
            found.setdefault(declared[number].name, error["text"])
    return len(declared), found


def assignments(declared: Iterable[CFunction]) -> list[str]:
    """Return C that assigns each function to a pointer of its exact type; a line each."""
    return [f"{pointer_type(each, f'check_{each.name}')} = {each.name};" for each in declared]


def _compile_front(compiler: str, python: Path, folder: Path, scratch: Path, flags: Sequence[str]) -> None:
    (scratch / "front.h").write_text(source("front.h"), encoding="utf-8")
    text = scratch / "front.c"
    text.write_text(front_source(), encoding="utf-8")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    told = {
        "ACLSIM_ENGINE": ENGINE,
        "ACLSIM_INTERPRETER": sys.executable,
        "ACLSIM_LIBPYTHON": str(python),
        "ACLSIM_PYTHON_VERSION": version,
    }
    command = [compiler, "-std=gnu11", "-O1", "-g", *_STRICT, "-Wno-unused-parameter", "-fPIC", "-shared"]
    command += ["-fvisibility=hidden", "-fexceptions", "-fno-strict-aliasing"]
    command += [f'-D{name}="{_quoted(value)}"' for name, value in told.items()]
    command += [f"-I{folder / 'include'}", f"-I{scratch}", str(text), "-o", str(folder / LIBRARY)]
    _run([*command, f"-Wl,-soname,{LIBRARY}", *_STAYS, *flags, "-ldl", "-lpthread"])


def _compile_engine(compiler: str, folder: Path, scratch: Path) -> None:
    from cffi import FFI  # an extra: only building and what was built need it

    builder = FFI()
    builder.embedding_api(_OF_PYTHON)
    builder.embedding_init_code(_STARTS)
    builder.cdef(_OF_C)
    builder.set_source(_MODULE, source("engine.c"))
    text = scratch / "engine.c"
    with redirect_stdout(None):  # cffi tells what it writes
        builder.emit_c_code(str(text))
    command = [
        compiler,
        "-std=gnu11",
        "-O2",
        "-fPIC",
        "-shared",
        "-D_CFFI_NO_LIMITED_API",
        "-fvisibility=hidden",
    ]
    command += [f"-I{sysconfig.get_path('include')}", f"-I{scratch}", str(text), "-o", str(folder / ENGINE)]
    _run([*command, f"-Wl,-soname,{ENGINE}", *_STAYS])


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - the user's compiler
    if done.returncode:
        raise UserError(f"{command[0]} could not compile the library:\n{done.stderr.rstrip()}")


def _compiler() -> str:
    found = which("gcc") or which("cc")
    if found is None:
        raise UserError(
            "building the library takes a C compiler, and there is no gcc on the PATH: install it"
        )
    return found


def _require_cffi() -> None:
    try:
        import cffi  # noqa: F401 - only whether it is there
    except ImportError:
        raise UserError("building the library takes cffi: pip install 'aclsim[cabi]'") from None


def _shared_python() -> Path:
    """Return the shared library of this Python; raises UserError when it has none."""
    get = sysconfig.get_config_var
    name = get("INSTSONAME") or get("LDLIBRARY") or ""
    folders = [get("LIBDIR"), str(Path(sys.base_prefix) / "lib")]
    for folder in folders:
        if get("Py_ENABLE_SHARED") and folder and (Path(folder) / name).is_file():
            return Path(folder) / name
    raise UserError(
        f"this Python ({sys.executable}) has no shared library that a C program could load ({name}): use one that "
        "was built with --enable-shared (most distributions have it as libpython3), or with pyenv: "
        "PYTHON_CONFIGURE_OPTS=--enable-shared pyenv install 3.11"
    )
