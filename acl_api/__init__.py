"""The surface users import: `import acl_api as acl`, then `acl.init()`, `acl.rt.create_stream()` and so on.

Names, parameters and results are those of the vendor's Python binding. Everything is loaded on first use, so
that importing the package costs nothing. What is here and not in the binding: `Session`, `use_backend`, `install`,
`register_kernel`, `register_operator`, `DeadlockError`, `ModelSpec`, and the modules `c` (functions under their C
names) and `codes`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Final

from acl_api.modules import function, unknown
from acl_api.table.declared import SUBMODULES, names

_MODULES: Final = (*SUBMODULES, "c", "codes")
_NAMES: Final = {
    "Session": "acl_api.session",
    "use_backend": "acl_api.selection",
    "install": "acl_api.surface",
    "register_kernel": "acl_api.kernels.registry",
    "register_operator": "acl_api.operators",
    "DeadlockError": "acl_api.errors",
    "ModelSpec": "simulator.core.models",
}


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return import_module(f"acl_api.{name}")
    if name in _NAMES:
        found = getattr(import_module(_NAMES[name]), name)
    elif name == "__all__":
        return __dir__()
    elif name in names()["acl"]:
        found = function(f"acl.{name}")
    else:
        unknown("acl", name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*_MODULES, *_NAMES, *names()["acl"]})
