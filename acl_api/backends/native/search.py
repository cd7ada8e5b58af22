"""Where libascendcl.so lies: a path that was given, the vendor's variables, the loader's own folders."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from simulator.base.errors import UserError

LIBRARY: Final = "libascendcl.so"
# What `aclsim build-lib` puts beside it, and the library cannot work without.
_ENGINE: Final = "libaclsim_engine.so"
# Set by the vendor's set_env.sh (ecosystem.md 4.5); the first that is set wins.
HOMES: Final = ("ASCEND_HOME_PATH", "ASCEND_TOOLKIT_HOME")


@dataclass(frozen=True, slots=True)
class Place:
    """One place where the library may lie, and who says so."""

    path: Path
    why: str

    def __str__(self) -> str:
        return f"{self.path} ({self.why})"


def places(path: str | None = None, environment: Mapping[str, str] = os.environ) -> tuple[Place, ...]:
    """Return where to look, the best first; *path*, a file or its folder, is the only place when it is given."""
    if path is not None:
        given = Path(path).expanduser()
        return (Place(given / LIBRARY if given.is_dir() else given, "as given"),)
    return tuple(dict.fromkeys(_places(environment)))


def _places(environment: Mapping[str, str]) -> Iterator[Place]:
    for name in HOMES:
        if environment.get(name):
            yield Place(Path(environment[name]) / "lib64" / LIBRARY, name)
    for folder in environment.get("LD_LIBRARY_PATH", "").split(os.pathsep):
        if folder:
            yield Place(Path(folder) / LIBRARY, "LD_LIBRARY_PATH")


def find_library(path: str | None = None, environment: Mapping[str, str] = os.environ) -> Place:
    """Return the first place where the library is. Raises UserError that names every place looked at."""
    looked = places(path, environment)
    for place in looked:
        if place.path.is_file():
            return place
    where = f"looked for {', '.join(map(str, looked))}" if looked else "no variable says where to look"
    raise UserError(
        f"there is no {LIBRARY}: {where}; source the vendor's set_env.sh (it sets {HOMES[0]}), or name the library "
        "(--library, ACLSIM_LIBRARY)"
    )


def is_simulated(library: Path) -> bool:
    """Tell whether a library is one that `aclsim build-lib` has made: the simulator, and no hardware."""
    return (library.resolve().parent / _ENGINE).is_file()
