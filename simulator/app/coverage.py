"""How much of the surface is modelled: the table's rows against the list of all functions of the binding."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib import resources
from typing import Final, NamedTuple

from acl_api.table import ROWS
from acl_api.table.row import Row, Status
from simulator.base.errors import UserError

# Families whose functions are about streams and callbacks come first, media and vector search last.
_ORDER: Final = (
    "acl",
    "acl.rt",
    "acl.mdl",
    "acl.op",
    "acl.blas",
    "acl.prof",
    "acl.util",
    "acl.fv",
    "acl.media",
)
C_ONLY: Final = "C only"
_NEAR: Final = 3


class Surface(NamedTuple):
    """One function as the vendor's binding declares it; all but name and gil are empty where nobody knows."""

    name: str
    c_name: str
    units: str
    parameters: str
    returns: str
    gil: str

    @property
    def family(self) -> str:
        """The module it is in."""
        return self.name.rsplit(".", 1)[0]

    @property
    def prototype(self) -> str:
        """How it is called and what it returns, as far as known."""
        if not self.returns:
            return self.name
        returns = ", ".join(self.returns.split()) or "None"
        return f"{self.name}({', '.join(self.parameters.split())}) -> {returns}"


@dataclass(frozen=True, slots=True)
class FamilyCoverage:
    """How many functions a module of the binding has, and which of them are modelled."""

    family: str
    total: int
    full: tuple[str, ...]
    partial: tuple[str, ...]

    @property
    def modelled(self) -> int:
        """How many are modelled, in full or in part."""
        return len(self.full) + len(self.partial)


@cache
def surface() -> dict[str, Surface]:
    """Return every function of the vendor's binding by its name."""
    text = (resources.files("acl_api.table") / "surface.csv").read_text("utf-8")
    return {row["name"]: Surface(**row) for row in csv.DictReader(text.splitlines())}


def coverage() -> tuple[FamilyCoverage, ...]:
    """Return the coverage of each module of the binding, and last of the functions that only C has."""
    return tuple(_families())


def _families() -> Iterator[FamilyCoverage]:
    totals: dict[str, int] = {}
    for function in surface().values():
        totals[function.family] = totals.get(function.family, 0) + 1
    for family in sorted(totals, key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER)):
        yield _family(family, totals[family], [row for row in ROWS.values() if row.family == family])
    c_rows = [row for row in ROWS.values() if row.name not in surface()]
    yield _family(C_ONLY, len(c_rows), c_rows)


def _family(family: str, total: int, rows: list[Row]) -> FamilyCoverage:
    known = [row for row in rows if family == C_ONLY or row.name in surface()]
    return FamilyCoverage(
        family,
        total,
        tuple(row.name for row in known if row.status is Status.FULL),
        tuple(row.name for row in known if row.status is Status.PARTIAL),
    )


def find_function(text: str) -> tuple[Row | None, Surface | None]:
    """Return the row and the declaration of a function; the row is None when it is not modelled.

    *text* is a pyACL name, with or without its module, or a C name; case does not matter. Raises `UserError`.
    """
    names = _names()
    name = names.get(text.strip().casefold())
    if name is None:
        near = [names[match] for match in get_close_matches(text.strip().casefold(), names, n=6)]
        hint = f"did you mean {' or '.join(dict.fromkeys(near[:_NEAR]))}?" if near else "see 'aclsim api'"
        raise UserError(f"the API has no function {text!r}; {hint}")
    return ROWS.get(name), surface().get(name)


@cache
def _names() -> dict[str, str]:
    """Every spelling of every function; a modelled function wins a short name that several share."""
    names: dict[str, str] = {}
    modelled = [(row.name, row.c_name) for row in ROWS.values()]
    declared = [(function.name, function.c_name) for function in surface().values()]
    for name, c_name in [*modelled, *declared]:
        for spelling in (name, c_name, name.rsplit(".", 1)[-1]):
            if spelling:
                names.setdefault(spelling.casefold(), name)
    return names


def totals(families: tuple[FamilyCoverage, ...]) -> tuple[int, int, int]:
    """Return functions, modelled and modelled in part over all modules of the binding."""
    counted = [family for family in families if family.family != C_ONLY]
    return (
        sum(family.total for family in counted),
        sum(family.modelled for family in counted),
        sum(len(family.partial) for family in counted),
    )
