"""Rows: the attributes of single operators (aclopAttr)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from acl_api.table.checks import alive
from acl_api.table.declared import Declared, declared
from acl_api.table.properties import create_row, row_of
from acl_api.table.row import Row
from simulator.core.properties import OpAttr

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime

SOURCE = "pyACL op; graph engine (open code)"
# What C makes of a value on its way in.
_STORED: dict[str, Callable[[object], object]] = {
    "set_attr_bool": bool,
    "set_attr_list_bool": lambda values: [bool(value) for value in _listed(values)],
    "set_attr_list_list_int": lambda values: [list(_listed(value)) for value in _listed(values)],
}


def _listed(values: object) -> list[object]:
    return list(values) if isinstance(values, list | tuple) else []


def _plain(value: object) -> object:
    return _listed(value) if isinstance(value, tuple) else value


def _set(entry: Declared) -> Row:
    """Return a row that sets an attribute; those for data types return the attributes with the code."""
    _, _, short = entry.name.rpartition(".")
    stored = _STORED.get(short, _plain)
    echoes = entry.returns != "ret"

    def run(rt: Runtime, _me: Caller, handle: int, name: str, value: object) -> tuple[int] | None:
        attrs = rt.handles.live[handle]
        if isinstance(attrs, OpAttr):
            attrs.set(**{name: stored(value)})
        return (handle,) if echoes else None

    kind = short.removeprefix("set_attr_").replace("_", " ")
    return row_of(
        entry,
        run,
        checks=(alive("attr", OpAttr),),
        source=SOURCE,
        says=f"Set an attribute of an operator to a value of the kind {kind}.",
    )


def destroy(name: str, kind: type[object], says: str) -> Row:
    """Return a row that destroys an object and returns None; NULL is fine, another handle is a finding."""
    entry = declared()[name]
    gone = alive(entry.parameters, kind).test

    def run(rt: Runtime, me: Caller, handle: int) -> tuple[None]:
        if handle and gone is not None and not gone(me, handle):
            rt.handles.remove(handle)
        return (None,)

    return row_of(entry, run, failed=(None,), source=SOURCE, says=says)


ROWS = (
    create_row(declared()["acl.op.create_attr"], OpAttr),
    destroy("acl.op.destroy_attr", OpAttr, "Destroy the attributes of an operator; returns None."),
    *(_set(entry) for name, entry in declared().items() if name.startswith("acl.op.set_attr_")),
)
