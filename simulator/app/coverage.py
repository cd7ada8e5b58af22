"""How much of the surface is modelled: the table's rows among all functions of the binding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Final, NamedTuple

from acl_api.table import ROWS, SURFACE
from acl_api.table.declared import FAMILIES, declared
from acl_api.table.row import Row, Status
from simulator.base.errors import UserError

C_ONLY: Final = "C only"
_NEAR: Final = 3


@dataclass(frozen=True, slots=True)
class FamilyCoverage:
    """The functions of a module of the binding, by how far they are modelled."""

    family: str
    full: tuple[str, ...]
    partial: tuple[str, ...]
    not_modelled: tuple[str, ...]

    @property
    def total(self) -> int:
        """How many functions it has."""
        return self.modelled + len(self.not_modelled)

    @property
    def modelled(self) -> int:
        """How many are modelled, in full or in part."""
        return len(self.full) + len(self.partial)


class Totals(NamedTuple):
    """Numbers of functions over all modules of the binding; all of them are present."""

    functions: int
    modelled: int
    partial: int
    not_modelled: int


def coverage() -> tuple[FamilyCoverage, ...]:
    """Return the coverage of each module of the binding, and last of the functions that only C has."""
    return tuple(_families())


def _families() -> Iterator[FamilyCoverage]:
    rows: dict[str, list[Row]] = {family: [] for family in FAMILIES}
    for row in SURFACE.values():
        if row.family in rows:
            rows[row.family].append(row)
    for family in FAMILIES:
        yield _family(family, rows[family])
    yield _family(C_ONLY, (row for row in ROWS.values() if row.name not in declared()))


def _family(family: str, rows: Iterable[Row]) -> FamilyCoverage:
    by_status: dict[Status, list[str]] = {status: [] for status in Status}
    for row in rows:
        by_status[row.status].append(row.name)
    return FamilyCoverage(family, *(tuple(by_status[status]) for status in Status))


def find_function(text: str) -> Row:
    """Return the row of a function.

    *text* is a pyACL name, with or without its module, or a C name; case does not matter. Raises `UserError`.
    """
    names = _names()
    name = names.get(text.strip().casefold())
    if name is None:
        near = [names[match] for match in get_close_matches(text.strip().casefold(), names, n=6)]
        hint = f"did you mean {' or '.join(dict.fromkeys(near[:_NEAR]))}?" if near else "see 'aclsim api'"
        raise UserError(f"the API has no function {text!r}; {hint}")
    return SURFACE[name]


@cache
def _names() -> dict[str, str]:
    """Every spelling of every function; see `find_function`."""
    names: dict[str, str] = {}
    # A name with its module always means that function; of those that share a shorter one, a modelled one.
    rows = sorted(SURFACE.values(), key=lambda row: row.status is Status.NOT_MODELLED)
    for attribute in ("name", "c_name", "short", "op"):
        for row in rows:
            if spelling := getattr(row, attribute):
                names.setdefault(spelling.casefold(), row.name)
    return names


def totals(families: Iterable[FamilyCoverage]) -> Totals:
    """Return the numbers over all modules of the binding."""
    counted = [family for family in families if family.family != C_ONLY]
    return Totals(
        sum(family.total for family in counted),
        sum(family.modelled for family in counted),
        sum(len(family.partial) for family in counted),
        sum(len(family.not_modelled) for family in counted),
    )
