"""A mutant for a whole process, switched on from outside: how `aclsim mutants -- …` reaches a user's tests."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

MUTANT: Final = "ACLSIM_MUTANT"
"""The variable with the mutant's name."""
SEEN: Final = "ACLSIM_MUTANT_SEEN"
"""The variable with a file that is made when a process has taken notice of the other one."""

# A library of ours lives in a process that may be wrong already.
_applied: Final[set[str]] = set()


def apply_from_environment() -> str | None:
    """Make this process wrong for good, once, if a mutant is asked for; return its name.

    Raises UserError when there is none of that name.
    """
    name = os.environ.get(MUTANT)
    seen = os.environ.get(SEEN)
    if seen is not None:
        Path(seen).touch()
    if not name or name in _applied:
        return name or None
    from simulator.app.mutants.catalogue import find_mutant
    from simulator.app.mutants.patches import Patches

    find_mutant(name).apply(Patches())
    _applied.add(name)
    return name
