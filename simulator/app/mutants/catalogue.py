"""All mutants by name, and how to switch one on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

from simulator.app.mutants import callbacks, devices, events, memory, reports, streams
from simulator.app.mutants.mutant import Mutant
from simulator.app.mutants.patches import Patches
from simulator.base.errors import UserError

CATALOGUE: Final[Mapping[str, Mutant]] = MappingProxyType(
    {
        each.name: each
        for family in (callbacks, reports, streams, events, memory, devices)
        for each in family.MUTANTS
    }
)
"""In the order of the rules."""


def find_mutant(name: str) -> Mutant:
    """Return the mutant of that name; UserError when there is none."""
    found = CATALOGUE.get(name)
    if found is None:
        near = get_close_matches(name, CATALOGUE, n=1)
        hint = f"did you mean {near[0]}?" if near else "'aclsim mutants --list' shows their names"
        raise UserError(f"there is no mutant {name!r}: {hint}")
    return found


@contextmanager
def mutant(name: str) -> Iterator[Mutant]:
    """Make the runtime wrong inside a `with`: sessions opened there are of the mutant *name*."""
    found = find_mutant(name)
    patches = Patches()
    try:
        found.apply(patches)
        yield found
    finally:
        patches.undo()
