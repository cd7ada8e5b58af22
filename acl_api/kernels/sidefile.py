"""Side files: `NAME.o.toml` beside `NAME.o` says what its kernels are.

[kernels.add_custom]
duration = "3us"                 # what one launch takes, default 3us
cores = 8                        # AI cores it takes, default one for each block
python = "package.module:add"    # its work: a function on a launch (acl_api.register_kernel)
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

from acl_api.kernels.registry import work_of
from acl_api.models.python import function_named
from simulator.base.errors import UserError
from simulator.base.units import UnitError, parse_duration
from simulator.core.kernels import DEFAULT_LATENCY_NS, KernelSpec

_KEYS: Final = ("duration", "cores", "python")
_LARGEST_FILE: Final = 1 << 20


def kernels_beside(binary: Path) -> dict[str, KernelSpec]:
    """Return the kernels that the side file of a binary describes; none without one. Raises UserError."""
    path = binary.with_name(binary.name + ".toml")
    if not path.is_file():
        return {}
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise UserError(f"{path}: a side file is a page of text, this one is larger than 1 MiB")
        data = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UserError(f"{path}: the file cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"{path}: this is not TOML: {error}") from None
    tables = data.get("kernels")
    if set(data) != {"kernels"} or not isinstance(tables, dict):
        raise UserError(f"{path}: write one table [kernels.NAME] for each kernel, and nothing else")
    return {name: _kernel(path, name, table) for name, table in tables.items()}


def _kernel(path: Path, name: str, table: object) -> KernelSpec:
    where = f"{path}: 'kernels.{name}"
    if not isinstance(table, dict):
        raise UserError(f"{where}' must be a table with {', '.join(_KEYS)}")
    for key in table:
        if key not in _KEYS:
            raise UserError(f"{where}.{key}' is no key of a kernel; there are {', '.join(_KEYS)}")
    cores, python = table.get("cores"), table.get("python")
    if cores is not None and (type(cores) is not int or cores < 1):
        raise UserError(f"{where}.cores' is {cores!r}: it must be a whole number from 1")
    if python is not None and not isinstance(python, str):
        raise UserError(f"{where}.python' is {python!r}: write package.module:function")
    try:
        latency = parse_duration(table["duration"]) if "duration" in table else DEFAULT_LATENCY_NS
    except UnitError as error:
        raise UserError(f"{where}.duration' is wrong: {error}") from None
    work = None if python is None else work_of(function_named(python, path))
    return KernelSpec(name, latency, cores, work)
