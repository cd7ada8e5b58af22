"""The surface users import: `import acl_api as acl`, then `acl.init()`, `acl.rt.create_stream()` and so on.

Names, parameters and results are those of the vendor's Python binding. Everything is loaded on first use, so
that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_MODULES: Final = ("rt", "mdl", "prof", "util", "media", "c", "codes")
_NAMES: Final = {
    "Session": "acl_api.session",
    "use_backend": "acl_api.session",
    "install": "acl_api.surface",
    "DeadlockError": "acl_api.errors",
    "ModelSpec": "simulator.core.models",
    "register_kernel": "acl_api.kernels.registry",
}


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return import_module(f"acl_api.{name}")
    if name in _NAMES:
        return getattr(import_module(_NAMES[name]), name)
    if not name.startswith("_"):
        functions = _functions()
        if name in functions:
            globals().update(functions)
            return functions[name]
    msg = f"module 'acl_api' has no attribute {name!r}"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return sorted({*_MODULES, *_NAMES, *_functions()})


def _functions() -> dict[str, Callable[..., object]]:
    from acl_api.bind import family

    return family("acl")
