"""The vendor's own module `acl` behind the surface: the faithful way to hardware from Python.

It keeps the interpreter lock where the binding does, which no call through cffi can show.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, cast

from acl_api.arguments import ABSENT
from acl_api.errors import MissingSymbolError
from acl_api.surface import SHIM, other_acl
from simulator.base.errors import UserError

if TYPE_CHECKING:
    from acl_api.arguments import Flavour
    from acl_api.backends.protocol import Call
    from acl_api.table.row import Row


class VendorBackend:
    """Calls the vendor's module. Raises UserError when it cannot be imported."""

    name = "ascend"

    def __init__(self) -> None:
        self._module = _import_vendors()
        self.file = getattr(self._module, "__file__", None) or "acl"

    def __repr__(self) -> str:
        return f"<backend of the vendor's {self.file}>"

    def make_room(self) -> None:
        """Take the vendor's module from where `import acl` looks; it goes on working."""
        for name in [name for name in sys.modules if name == "acl" or name.startswith("acl.")]:
            del sys.modules[name]

    def bind(self, row: Row, flavour: Flavour) -> Call:  # noqa: ARG002 - the module has one flavour
        """Return the vendor's function of that name; it checks its arguments itself."""
        found: object = self._module
        for word in row.name.split(".")[1:]:
            found = getattr(found, word, None)
        if row.family == "c" or not callable(found):
            return _missing(f"{row.name}: the vendor's module {self.file} has no such function", row.op)
        function = cast("Callable[..., object]", found)

        def call(*given: object) -> object:
            return function(*(value for value in given if value is not ABSENT))

        return call


def _missing(text: str, name: str) -> Call:
    def missing(*_given: object) -> object:
        raise MissingSymbolError(text, name=name)

    return missing


def _import_vendors() -> ModuleType:
    found = other_acl()
    if found is None:
        raise UserError(
            "there is no module acl of the vendor's: source set_env.sh, which puts it on PYTHONPATH"
        )
    with _without_ours():
        try:
            return importlib.import_module("acl")
        except ImportError as error:
            raise UserError(f"the vendor's module acl ({found}) cannot be imported: {error}") from None


@contextmanager
def _without_ours() -> Iterator[None]:
    """Let `import acl` find the vendor's, though ours may be installed under that name."""
    ours = {
        name: sys.modules.pop(name) for name in list(sys.modules) if name == "acl" or name.startswith("acl.")
    }
    path = sys.path[:]
    sys.path[:] = [folder for folder in path if os.path.realpath(folder) != os.path.realpath(SHIM)]
    try:
        yield
    finally:
        sys.path[:] = path
        if ours:
            for name in [name for name in sys.modules if name == "acl" or name.startswith("acl.")]:
                del sys.modules[name]
            sys.modules.update(ours)
