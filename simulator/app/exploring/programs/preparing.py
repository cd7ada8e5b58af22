"""What every run of a program would do anew, and need not: imports, compiling functions of the API, reading bytecode.

A first run shows what that is. Of the modules only those count that are installed: one of the program's own may hold
state that every run must find fresh.
"""

from __future__ import annotations

import importlib
import marshal
import sys
import sysconfig
from collections.abc import Iterable, Sequence
from contextlib import suppress
from importlib.metadata import entry_points, packages_distributions
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from acl_api.modules import function
from acl_api.table.declared import names
from simulator.engine.hosts.unread import known_spots, learn

if TYPE_CHECKING:
    from acl_api.session import Session

_INSTALLED: Final = ("stdlib", "platstdlib", "purelib", "platlib")
_BUILT_IN: Final = frozenset((None, "built-in", "frozen"))
_OURS: Final = frozenset(("simulator", "acl_api"))


class Learnt(NamedTuple):
    """What a run has shown: modules in the order of their imports, functions of the API, and marshalled code."""

    modules: Sequence[str]
    functions: Sequence[str]
    spots: bytes

    @classmethod
    def from_run(cls, session: Session) -> Self:
        """Return what the run of this process, which is over, has shown."""
        return cls(_installed_modules(), session.called, marshal.dumps(known_spots()))

    def take_over(self, session: Session) -> None:
        """Do ahead what the run has shown to be needed; the program will meet the errors of imports itself."""
        for name in self.modules:
            if name not in sys.modules:
                with suppress(Exception):
                    importlib.import_module(name)
        session.compile_ahead(self.functions)
        names()
        for name in self.functions:
            function(name)
        learn(marshal.loads(self.spots))  # noqa: S302 - written by `from_run`


def _installed_modules() -> list[str]:
    """Return the names of the installed modules that this process has imported, and of ours."""
    folders = tuple(f"{Path(sysconfig.get_path(name)).resolve()}/" for name in _INSTALLED)
    plugins = _plugins() if "_pytest" in sys.modules else frozenset()
    return [
        name
        for name, module in list(sys.modules.items())
        if _package(name) in _OURS or (_package(name) not in plugins and _lies_in(module, folders))
    ]


def _plugins() -> frozenset[str]:
    """Return the packages that come with plugins of pytest, which must import them itself, as it rewrites them."""
    names = {entry.dist.name for entry in entry_points(group="pytest11") if entry.dist is not None}
    packages = packages_distributions()
    return frozenset(package for package, owners in packages.items() if not names.isdisjoint(owners))


def _package(module: str) -> str:
    return module.partition(".")[0]


def _lies_in(module: ModuleType, folders: Iterable[str]) -> bool:
    spec = getattr(module, "__spec__", None)
    # A program that runs as a module has a spec, too.
    if spec is None or module is sys.modules["__main__"]:
        return False
    if spec.origin in _BUILT_IN:
        return spec.origin is not None
    return str(Path(spec.origin).resolve()).startswith(tuple(folders))
