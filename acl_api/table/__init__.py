"""THE TABLE: every function of the surface, declared once.

A module of rows is loaded when a function of one of its families is first asked for. `ROWS` are the functions that
are modelled, `SURFACE` are all: a function without a row in one of the modules has one that is made of
surface.csv (`unmodelled.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final

from acl_api.table.declared import declared

if TYPE_CHECKING:
    from acl_api.table.row import Row

MODULES: Final[Mapping[str, tuple[str, ...]]] = {
    "init": ("acl",),
    "about": ("acl",),
    "device": ("acl.rt",),
    "machine": ("acl.rt",),
    "context": ("acl.rt",),
    "stream": ("acl.rt",),
    "event": ("acl.rt",),
    "notify": ("acl.rt",),
    "value": ("acl.rt",),
    "callback": ("acl.rt", "c"),
    "memory": ("acl.rt",),
    "copy": ("acl.rt",),
    "media": ("acl.media",),
    "aborts": ("acl.rt", "c"),
    "attributes": ("acl.rt", "c"),
    "event_flags": ("c",),
    "facts": ("acl.rt",),
    "failures": ("acl.rt", "c"),
    "groups": ("acl.rt",),
    "overflow": ("acl.rt",),
    "params": ("acl.rt",),
    "resources": ("acl.rt",),
    "states": ("c",),
    "timeouts": ("acl.rt",),
    "register": ("acl.rt",),
    "transfer": ("acl.rt",),
    "virtual": ("acl.rt",),
    "sharing": ("acl.rt",),
    "kernel": ("acl.rt",),
    "launch": ("acl.rt",),
    "allocator": ("acl.rt", "c"),
    "twins": ("c",),
    "buffer": ("acl",),
    "model": ("acl.mdl",),
    "model_config": ("acl.mdl",),
    "model_more": ("acl.mdl",),
    "bundle": ("acl.mdl",),
    "dump": ("acl.mdl",),
    "dataset": ("acl.mdl",),
    "desc": ("acl.mdl",),
    "dims": ("acl.mdl",),
    "aipp": ("acl.mdl",),
    "aipp_info": ("acl.mdl",),
    "tensor": ("acl",),
    "tensor_set": ("acl",),
    "prof": ("acl.prof",),
    "prof_op": ("acl.prof",),
    "prof_stamp": ("acl.prof",),
    "util": ("acl.util",),
    "fv": ("acl.fv",),
    "attribute": ("acl.op",),
    "operator": ("acl.op",),
    "blas": ("acl.blas",),
}
"""The modules of rows, and the modules of the binding (or "c") whose functions each one has."""


class Table(MutableMapping[str, "Row"]):
    """Rows by pyACL name, functions that pyACL lacks under their C name; in the order of `MODULES`.

    A row that is set takes the place of the module's (`aclsim mutants` does it).
    """

    def __init__(self) -> None:
        self._loaded: dict[str, tuple[Row, ...]] = {}
        self._rows: dict[str, Row] = {}
        self._complete = False

    def __repr__(self) -> str:
        return f"<table of {len(self)} rows>"

    def __getitem__(self, name: str) -> Row:
        if name not in self._rows and not self._complete:
            self.load(family_of(name))
        return self._rows[name]

    def __setitem__(self, name: str, row: Row) -> None:
        self._load_all()
        self._rows[name] = row

    def __delitem__(self, name: str) -> None:
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        self._load_all()
        return iter(self._rows)

    def __len__(self) -> int:
        self._load_all()
        return len(self._rows)

    def load(self, family: str) -> None:
        """Load the modules that have functions of *family*."""
        for module, families in MODULES.items():
            if family in families and module not in self._loaded:
                rows = import_module(f"acl_api.table.{module}").ROWS
                # Another thread may look for one of them as soon as the module counts as loaded.
                self._rows.update({row.name: row for row in rows})
                self._loaded[module] = rows

    def _load_all(self) -> None:
        if self._complete:
            return
        for families in MODULES.values():
            for family in families:
                self.load(family)
        # In the order of MODULES, whatever was needed first.
        self._rows = {row.name: row for module in MODULES for row in self._loaded[module]}
        self._complete = True


class Surface(Mapping[str, "Row"]):
    """Every function of the binding, and those that only C has: the table's row, else one that does nothing."""

    def __repr__(self) -> str:
        return f"<surface of {len(self)} functions>"

    def __getitem__(self, name: str) -> Row:
        row = ROWS.get(name)
        if row is not None:
            return row
        from acl_api.table.unmodelled import unmodelled  # most programs call nothing of the kind

        return unmodelled(name)

    def __iter__(self) -> Iterator[str]:
        functions = declared()
        yield from functions
        yield from (name for name in ROWS if name not in functions)

    def __len__(self) -> int:
        return len(declared()) + sum(name not in declared() for name in ROWS)


def family_of(name: str) -> str:
    """Return the module that has the function of that name: "c" for one under its C name."""
    return name.rpartition(".")[0] or "c"


ROWS: Final = Table()
"""The functions that are modelled, in full or in part."""

SURFACE: Final[Mapping[str, Row]] = Surface()
"""All functions."""


@cache
def by_op() -> Mapping[str, Row]:
    """Return all functions by the short names that traces and scenario steps use."""
    return {row.op: row for row in SURFACE.values()}
