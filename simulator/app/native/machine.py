"""The library that things are run on: which one it is, and what it says of its machine."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from acl_api.backends.native.asking import devices_of, soc_of, version_of
from acl_api.backends.native.backend import NativeBackend
from acl_api.backends.native.search import is_simulated
from acl_api.selection import Selected, select
from simulator.app.native.children import ChildLostError, in_child
from simulator.base.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

# How long a library may take to be loaded and to tell of itself, in real seconds.
_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Asked:
    """Which backend is asked for, and how to reach it; None leaves it to the environment."""

    backend: str
    library: str | None = None
    via: str | None = None

    def open(self) -> Selected:
        """Return the backend, opened in this process. Raises `UserError`."""
        return select(self.backend, library=self.library, via=self.via)


@dataclass(frozen=True, slots=True)
class Facts:
    """What was found, and why it was taken; `simulated`: the library is one of our own, without hardware."""

    name: str
    why: str
    version: str
    soc: str
    devices: int
    simulated: bool


def look(asked: Asked) -> Facts:
    """Return what *asked* leads to, found in a process of its own. Raises `UserError`."""
    try:
        return in_child(lambda: _look(asked), _PATIENCE_S)
    except ChildLostError as error:
        raise UserError(
            f"the library cannot be used: {error.text} while it was opened; {error.last.strip()}"
        ) from None


def _look(asked: Asked) -> Facts:
    selected = asked.open()
    backend = selected.native
    if backend is None:
        return Facts(selected.name, selected.why, "", "", 0, simulated=True)
    simulated = isinstance(backend, NativeBackend) and is_simulated(Path(backend.library.path))
    return Facts(
        selected.name, selected.why, version_of(backend), soc_of(backend), devices_of(backend), simulated
    )


def ask_machine(variables: Mapping[str, str | None]) -> None:
    """Tell a library of our own, which this process has not opened yet, which machine to be."""
    for name, value in variables.items():
        if value is not None:
            os.environ[name] = value
