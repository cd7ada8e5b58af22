"""The type stubs of the surface, written from THE TABLE: `python -m acl_api.stubs`; `--check` only compares.

The functions are bound when the program runs, so editors and type checkers would know nothing of them. The
files stand beside the modules they describe and are committed; a test fails when one is stale.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from acl_api.arguments import Flavour
from acl_api.table import ROWS, SURFACE
from acl_api.table.declared import SUBMODULES
from acl_api.table.row import Param, Ref, Row
from acl_api.units import UNITS

MODULES: Final = ("__init__", *SUBMODULES, "c")
FOLDER: Final = Path(__file__).parent

_WIDTH: Final = 110
_NOTICE: Final = "# Written by `python -m acl_api.stubs` from the table; edit the table, not this file."
_PACKAGE: Final = "\n".join(
    [
        *sorted(f"from acl_api import {name} as {name}" for name in (*SUBMODULES, "c", "codes")),
        "from acl_api.errors import DeadlockError as DeadlockError",
        "from acl_api.kernels.registry import register_kernel as register_kernel",
        "from acl_api.operators import register_operator as register_operator",
        "from acl_api.selection import use_backend as use_backend",
        "from acl_api.session import Session as Session",
        "from acl_api.surface import install as install",
        "from simulator.core.models import ModelSpec as ModelSpec",
    ]
)
_NAMES: Final[dict[type, str]] = {dict: "dict[str, object]", list: "list[int]"}
# Outputs whose type no value of a failed call tells.
_OUTPUTS: Final = {
    "dims": "list[dict[str, object]] | None",
    "array": "NDArray[generic]",
    "data": "bytes",
    "range": "list[int] | None",
    "info": "dict[str, object] | None",
    "None": "None",
}


def render(module: str) -> str:
    """Return the text of `acl_api/<module>.pyi`; KeyError for a name that is not in MODULES."""
    flavour = Flavour.C if module == "c" else Flavour.PYTHON
    if flavour is Flavour.C:
        rows = _c_rows()
    else:
        family = "acl" if module == "__init__" else f"acl.{module}"
        rows = [row for row in SURFACE.values() if row.family == family]
    functions = [_function(row, flavour) for row in rows]
    parts = [_header(module, "".join(functions)), "".join(functions)]
    return "\n".join(part for part in parts if part)


def _c_rows() -> list[Row]:
    """Return what C has, once each: the binding has second names for some of it."""
    found: dict[str, Row] = {}
    for row in ROWS.values():
        if row.in_c:
            found.setdefault(row.c_name, row)
    return list(found.values())


def _header(module: str, body: str) -> str:
    lines = ["# ruff: noqa: N802 - C's names"] if module == "c" else []
    lines += [_NOTICE, ""]
    if "Callable[" in body:
        lines.append("from collections.abc import Callable")
    typing = [
        name
        for name, mark in (("SupportsFloat",) * 2, ("SupportsIndex",) * 2, ("TypeVar", "_Data"))
        if mark in body
    ]
    if typing:
        lines.append(f"from typing import {', '.join(typing)}")
    if "NDArray" in body:
        lines += ["", "from numpy import generic", "from numpy.typing import NDArray"]
    if module == "__init__":
        lines += ["", *_PACKAGE.splitlines()] if typing else _PACKAGE.splitlines()
    if "TypeVar" in typing:
        lines += ["", '_Data = TypeVar("_Data")']
    return "\n".join(lines).rstrip("\n") + "\n"


def _function(row: Row, flavour: Flavour) -> str:
    name = row.c_name if flavour is Flavour.C else row.short
    params = [_parameter(param, flavour) for param in row.params]
    params += ["/"] if params else []
    result = _result(row)
    line = f"def {name}({', '.join(params)}) -> {result}: ...\n"
    if len(line) <= _WIDTH + 1:
        return line
    return f"def {name}(\n" + "".join(f"    {param},\n" for param in params) + f") -> {result}: ...\n"


def _parameter(param: Param, flavour: Flavour) -> str:
    null_allowed = flavour is Flavour.C and _is_pointer(param)
    kind = f"{_type(param)}{' | None' if null_allowed else ''}"
    default = " = ..." if param.optional and flavour is Flavour.PYTHON else ""
    return f"{param.name}: {kind}{default}"


def _type(param: Param) -> str:
    if param.refers is Ref.FUNCTION:
        return "Callable[[_Data], object]"
    return param.annotation or UNITS[param.unit].annotation


def _is_pointer(param: Param) -> bool:
    if param.unit == "k":
        return param.refers is not Ref.NOTHING
    return param.unit == "s" or param.refers is Ref.FUNCTION


def _result(row: Row) -> str:
    # What a failed call gives in the place of an output has the output's type; for a text that is None.
    kinds = [
        _OUTPUTS.get(name, "str") if value is None else _kind(name, value)
        for name, value in zip(row.outs, row.failed, strict=True)
    ]
    if row.bare and len(kinds) == 1:
        return kinds[0]
    if row.bare:
        return f"tuple[{', '.join(kinds)}]"
    return f"tuple[{', '.join((*kinds, 'int'))}]" if kinds else "int"


def _kind(name: str, value: object) -> str:
    """Return the type of an output that is *value* when the call fails."""
    if name == "infos":
        return "list[dict[str, object]]"  # the only list of something else than numbers
    return _NAMES.get(type(value), type(value).__name__)


def stale(modules: Iterable[str] = MODULES) -> list[Path]:
    """Return the stub files that are missing or differ from the table."""
    paths = {FOLDER / f"{module}.pyi": render(module) for module in modules}
    return [path for path, text in paths.items() if not path.is_file() or path.read_text("utf-8") != text]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the stub files that are stale, or with --check only name them; 1 when --check found one."""
    parser = argparse.ArgumentParser("python -m acl_api.stubs", description="Write the stubs of acl_api.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a stub is stale")
    check = parser.parse_args(arguments).check
    found = stale()
    for path in found:
        if not check:
            path.write_text(render(path.stem), "utf-8")
        what = "is stale: run `python -m acl_api.stubs`" if check else "written"
        sys.stdout.write(f"{path.name} {what}\n")
    return int(check and bool(found))


if __name__ == "__main__":
    sys.exit(main())
