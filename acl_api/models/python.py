"""The work of a model as a Python function on numpy arrays: `run(inputs, outputs)`.

`inputs` are read-only views of the input buffers' bytes. `outputs` are arrays to fill, or, where a shape is
open, an empty list: the function then returns its outputs. Code runs only when the user let it: its file lies
under the working directory, or ACLSIM_ALLOW_CODE is 1 (`--allow-code`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Final, cast

from acl_api.models.arrays import array_of, dtype_of, tensor_of
from acl_api.settings import read_settings
from simulator.base.errors import UserError
from simulator.core.tensors import Compute, Tensor, Wanted, is_open

ALLOW_CODE: Final = "ACLSIM_ALLOW_CODE"


def load_function(name: str, side_file: Path) -> Compute:
    """Return the work of a model that is named as `function_named` has it."""
    return compute_of(name, function_named(name, side_file))


def function_named(name: str, side_file: Path) -> Callable[..., object]:
    """Import `package.module:function`, looked for beside the side file first; raises UserError."""
    module_name, colon, function_name = name.partition(":")
    if not colon or not all(part.isidentifier() for part in (*module_name.split("."), function_name)):
        raise UserError(f"{side_file}: 'python' is {name!r}: write package.module:function")
    function = getattr(_import(module_name, side_file), function_name, None)
    if not callable(function):
        raise UserError(
            f"{side_file}: 'python' names {name}, but {module_name} has no function {function_name}"
        )
    return cast("Callable[..., object]", function)


def allowed(path: Path) -> bool:
    """Tell whether the user lets code or networks of that file take part in a run."""
    return read_settings().allows_code or path.resolve().is_relative_to(Path.cwd().resolve())


def _import(module: str, side_file: Path) -> ModuleType:
    folder = side_file.parent.resolve()
    beside = folder / f"{module}.py"
    sys.path.insert(0, str(folder))
    try:
        origin = beside if beside.is_file() else _origin(module)
        if origin is None:
            raise UserError(f"{side_file}: 'python' names {module}, which is neither beside it nor installed")
        if not allowed(origin):
            raise UserError(
                f"{side_file}: 'python' would run code of {origin}, which is outside the working directory; allow it "
                f"with --allow-code or {ALLOW_CODE}=1"
            )
        return run_file(beside) if origin == beside else import_module(module)
    except (ImportError, SyntaxError) as error:
        raise UserError(f"{side_file}: 'python' names {module}, which cannot be imported: {error}") from error
    finally:
        sys.path.remove(str(folder))


def _origin(module: str) -> Path | None:
    """Return the file of an installed module's package, without running any of it."""
    found = find_spec(module.partition(".")[0])
    return None if found is None or found.origin is None else Path(found.origin)


def run_file(path: Path) -> ModuleType:
    """Import a file under its path: two models may each have a work.py of their own."""
    if str(path) in sys.modules:
        return sys.modules[str(path)]
    found = spec_from_file_location(str(path), path)
    if found is None or found.loader is None:
        msg = f"{path} is no Python file"
        raise ImportError(msg)
    module = sys.modules[str(path)] = module_from_spec(found)
    try:
        found.loader.exec_module(module)
    except BaseException:
        del sys.modules[str(path)]
        raise
    return module


def compute_of(name: str, function: Callable[..., object]) -> Compute:
    """Return the work that calls `function(inputs, outputs)` with numpy arrays."""

    def compute(given: Sequence[Tensor], wanted: Sequence[Wanted]) -> list[Tensor]:
        import numpy as np

        open_shapes = any(is_open(shape) for shape, _ in wanted)
        arrays = [] if open_shapes else [np.zeros(shape, dtype_of(dtype)) for shape, dtype in wanted]
        returned = function([array_of(tensor) for tensor in given], arrays)
        if open_shapes:
            if not isinstance(returned, list | tuple) or len(returned) != len(wanted):
                msg = f"{name} must return its {len(wanted)} outputs as a list: their shapes are open"
                raise TypeError(msg)
            arrays = [np.asarray(array) for array in returned]
        return [
            tensor_of(array, dtype if dtype == "bfloat16" else None)
            for array, (_, dtype) in zip(arrays, wanted, strict=True)
        ]

    return compute
