"""What a module of the surface is: names, and functions that are made when somebody asks for one.

Nothing of the simulator is loaded to tell what there is: `dir()` reads the names of surface.csv.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final, NoReturn

from acl_api.errors import UnknownNameError
from acl_api.table.declared import SUBMODULES, names

# How alike a name must be to be suggested: creat_stream suggests create_stream, and not destroy_stream.
_NEAR: Final = 0.75


def hooks(family: str) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Return the `__getattr__` and `__dir__` of the module of the binding called *family*, such as "acl.rt"."""
    home = family.replace("acl", "acl_api", 1)

    def get(name: str) -> object:
        if name == "__all__":  # from acl.rt import *
            return list(names()[family])
        if name not in names()[family]:
            unknown(family, name)
        found = function(f"{family}.{name}")
        vars(sys.modules[home])[name] = found
        return found

    return get, lambda: sorted(names()[family])


def function(name: str) -> object:
    """Return a function of the surface by its full name."""
    from acl_api.bind import by_name  # loads the simulator

    return by_name(name)


def unknown(module: str, name: str) -> NoReturn:
    """Raise UnknownNameError for a name that a module of the binding does not have."""
    hint = ""
    if not name.startswith("__"):
        from difflib import get_close_matches  # only a mistake needs it

        there = [*names()[module], *(SUBMODULES if module == "acl" else ())]
        near = get_close_matches(name, there, n=2, cutoff=_NEAR) or [
            f"{family}.{name}" for family, listed in names().items() if name in listed
        ]
        hint = (
            f": did you mean {' or '.join(near)}?" if near else f"; 'aclsim api {module}' lists what it has"
        )
    text = f"module {module!r} has no attribute {name!r}{hint}"
    raise UnknownNameError(text, name=name)
