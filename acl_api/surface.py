"""`import acl` without the vendor's binding: puts the surface into `sys.modules` under the binding's names."""

from __future__ import annotations

import os
import sys
from collections.abc import MutableMapping
from importlib import import_module
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import Final

import acl_api
from acl_api.modules import unknown
from acl_api.table.declared import SUBMODULES, names
from simulator.base.errors import UserError

# The folder that makes `import acl` find us: in this process, and by PYTHONPATH in its children.
SHIM: Final = str(Path(__file__).resolve().parent / "shim")


def install() -> ModuleType:
    """Make `import acl`, `import acl.rt` and `from acl.rt import malloc` give the simulator; return `acl`.

    For notebooks and tests; `aclsim exec` does it by itself. Calling it again changes nothing. Raises UserError
    when another module `acl` has been imported before: whoever holds it would go on using it.
    """
    taken = sys.modules.get("acl")
    if taken is not None and is_ours(taken):
        if not _is_shim(taken):
            return taken
    elif taken is not None:
        raise UserError(
            f"another module acl was imported before ({_origin(taken)}): call acl_api.install() before the first "
            "'import acl', in a fresh process"
        )
    other = other_acl()
    if other is not None:
        sys.stderr.write(f"aclsim: 'import acl' gives the simulator; {other} is not used\n")
    surface = _surface()
    sys.modules["acl"] = surface
    for name in SUBMODULES:
        sys.modules[f"acl.{name}"] = getattr(surface, name)
    return surface


def installed() -> bool:
    """Tell whether `import acl` has given the simulator in this process."""
    taken = sys.modules.get("acl")
    return taken is not None and is_ours(taken)


def is_ours(module: ModuleType) -> bool:
    """Tell whether *module* is the surface, or the shim that is about to become it."""
    return getattr(module, "__aclsim__", False) is True or _is_shim(module)


def other_acl() -> str | None:
    """Return where another module `acl` lies that `import acl` might give instead of ours; it is not imported."""
    path = [folder for folder in sys.path if not _same(folder, SHIM)]
    try:
        spec = PathFinder.find_spec("acl", path)
    except (ImportError, ValueError):
        return None
    return None if spec is None or spec.origin is None else spec.origin


def extend_path(environment: MutableMapping[str, str]) -> None:
    """Put the shim first on PYTHONPATH, so that Python programs started with *environment* find it too."""
    folders = environment.get("PYTHONPATH", "").split(os.pathsep)
    others = [folder for folder in folders if folder and not _same(folder, SHIM)]
    environment["PYTHONPATH"] = os.pathsep.join((SHIM, *others))


def _surface() -> ModuleType:
    surface = ModuleType("acl", "The vendor's binding, served by the simulator (acl_api).")
    surface.__file__ = str(Path(SHIM) / "acl" / "__init__.py")
    surface.__path__ = []  # a package: its submodules are in sys.modules already
    for name in SUBMODULES:
        setattr(surface, name, import_module(f"acl_api.{name}"))

    def get(name: str) -> object:
        if name == "__all__":
            return listed()
        if name not in names()["acl"]:
            unknown("acl", name)
        found = getattr(acl_api, name)
        setattr(surface, name, found)
        return found

    def listed() -> list[str]:
        return sorted({*names()["acl"], *SUBMODULES})

    vars(surface).update(__aclsim__=True, __getattr__=get, __dir__=listed)
    return surface


def _is_shim(module: ModuleType) -> bool:
    file = getattr(module, "__file__", None)
    return (
        file is not None and _same(str(Path(file).parent.parent), SHIM) and not vars(module).get("__aclsim__")
    )


def _same(folder: str, other: str) -> bool:
    return os.path.realpath(folder) == os.path.realpath(other)


def _origin(module: ModuleType) -> str:
    return getattr(module, "__file__", None) or "made in this process"
