"""Every function of the vendor's binding as it is declared there: surface.csv, read once.

Names come without the rest, and without the csv module: a program that only asks what there is pays for no more.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

_FILE: Final = Path(__file__).with_name("surface.csv")

FAMILIES: Final = (
    "acl",
    "acl.rt",
    "acl.mdl",
    "acl.op",
    "acl.blas",
    "acl.prof",
    "acl.util",
    "acl.fv",
    "acl.media",
    "acl.himpi",
)
"""The modules of the binding. Streams and callbacks come first, media and vector search last."""

SUBMODULES: Final = tuple(family.removeprefix("acl.") for family in FAMILIES[1:])
"""The names of the modules below `acl`."""


class Declared(NamedTuple):
    """One function as the binding declares it.

    `units` are CPython's format units, those behind a bar are optional; `parameters` and `returns` names, the
    code as "ret". `misfit` is the text for arguments that do not fit where it is not "<name> args parse failed",
    and `objects` says of each parameter "O" what it must be, in the words of `acl_api.objects`.
    """

    name: str
    c_name: str
    units: str
    parameters: str
    returns: str
    gil: str
    misfit: str = ""
    objects: str = ""

    @property
    def family(self) -> str:
        """The module it is in."""
        return self.name.rsplit(".", 1)[0]

    @property
    def prototype(self) -> str:
        """How it is called and what it returns."""
        returns = ", ".join(self.returns.split()) or "None"
        return f"{self.name}({', '.join(self.parameters.split())}) -> {returns}"


@cache
def names() -> Mapping[str, tuple[str, ...]]:
    """Return the short names of each module's functions, by the module's name."""
    found: dict[str, list[str]] = {family: [] for family in FAMILIES}
    for line in _FILE.read_text("utf-8").splitlines()[1:]:
        family, _, name = line.partition(",")[0].rpartition(".")
        found[family].append(name)
    return {family: tuple(listed) for family, listed in found.items()}


@cache
def declared() -> Mapping[str, Declared]:
    """Return every function of the binding by its full name."""
    from csv import DictReader

    with _FILE.open(encoding="utf-8", newline="") as lines:
        return {row["name"]: Declared(**row) for row in DictReader(lines)}
