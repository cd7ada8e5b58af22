"""Rows of objects that only keep what they are told, made of their declarations: create, destroy, set, get.

Their names say all: `dvpp_set_pic_desc_width` sets the width of a `pic_desc`. A NULL or wrong handle is a bad
parameter (100000); a getter then answers 0. Source of that: the unit tests of the vendor's own acldvpp.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final, cast

from acl_api import codes
from acl_api.table.checks import alive, of_kind
from acl_api.table.declared import Declared, declared
from acl_api.table.row import Check, Param, Ref, Row
from acl_api.table.unmodelled import parameters

if TYPE_CHECKING:
    from simulator.core.properties import Properties
    from simulator.core.runtime import Caller, Runtime

SOURCE: Final = "pyACL {module}; unit tests of acldvpp for NULL"


def object_rows(family: str, prefix: str, noun: str, kind: type[Properties], **most: int) -> Iterator[Row]:
    """Yield the rows that make, destroy, set and read an object: all functions of such names.

    *prefix* is "dvpp_" or "", *noun* "pic_desc", and *most* the largest value of a field that has one.
    """
    for entry in declared().values():
        _, _, short = entry.name.rpartition(".")
        verb, _, rest = short.removeprefix(prefix).partition("_")
        if entry.family != family or not short.startswith(prefix):
            continue
        if verb == "create" and rest == noun:
            yield create_row(entry, kind)
        elif verb in ("destroy", "destory") and rest == noun:
            yield destroy_row(entry, kind)
        elif verb == "set" and rest.startswith(f"{noun}_"):
            yield set_row(entry, kind, most)
        elif verb == "get" and rest.startswith(f"{noun}_"):
            yield get_row(entry, kind, rest.removeprefix(f"{noun}_"))


def create_row(entry: Declared, kind: type[Properties]) -> Row:
    """Return the row that makes an object of its arguments."""
    names = entry.parameters.split()

    def run(rt: Runtime, _me: Caller, *values: object) -> tuple[int]:
        return (rt.handles.add(kind(**dict(zip(names, values, strict=True)))),)

    return row_of(entry, run, says=f"Make {_told(kind)}; what is not set is 0.")


def destroy_row(entry: Declared, kind: type[Properties]) -> Row:
    """Return the row that destroys an object."""
    return row_of(
        entry,
        lambda rt, _me, handle: rt.handles.remove(handle),
        checks=(alive(entry.parameters, kind),),
        says=f"Destroy {_told(kind)}.",
    )


def set_row(entry: Declared, kind: type[Properties], most: dict[str, int] | None = None) -> Row:
    """Return the row that sets the values its parameters are named after, behind the first."""
    subject, *fields = entry.parameters.split()

    def run(_rt: object, _me: object, thing: Properties, *values: object) -> None:
        thing.set(**dict(zip(fields, values, strict=True)))

    limits = tuple(_not_above(field, (most or {})[field]) for field in fields if field in (most or {}))
    says = f"Set {' and '.join(_words(field) for field in fields)} of {_told(kind)}."
    return row_of(entry, run, checks=(*of_kind(subject, kind), *limits), says=says)


def get_row(entry: Declared, kind: type[Properties], field: str) -> Row:
    """Return the row that reads one value."""
    return row_of(
        entry,
        lambda _rt, _me, thing: (thing.get(field),),
        checks=of_kind(entry.parameters, kind),
        traced="K" not in entry.units and field not in ("data", "buf_addr", "thread_id"),
        says=f"The {_words(field)} of {_told(kind)}; 0 when it was never set.",
    )


def row_of(
    entry: Declared, run: Callable[..., object], checks: tuple[Check, ...] = (), **more: object
) -> Row:
    """Return a row with everything that the declaration of a function settles, and *more* of its fields."""
    returns = entry.returns.split()
    outs = tuple(out for out in returns if out != "ret")
    subject = next((check.on[0] for check in checks if check.knows), "")
    row = Row(
        entry.name,
        entry.c_name,
        run,
        params=tuple(replace(param, refers=_refers(param, subject)) for param in parameters(entry)),
        checks=checks,
        outs=outs,
        failed=(0,) * len(outs),
        bare="ret" not in returns,
        keeps_gil=entry.gil == "kept",
        misfit=entry.misfit,
        source=SOURCE.format(module=entry.family.removeprefix("acl.")),
    )
    return replace(row, **more)  # type: ignore[arg-type]  # names of fields, by the caller's care


def _refers(param: Param, subject: str) -> Ref:
    if (param.name, param.unit) == ("stream", "k"):
        return Ref.STREAM
    return Ref.HANDLE if param.name == subject else Ref.NOTHING


def _not_above(name: str, most: int) -> Check:
    def above(_me: Caller, value: object) -> bool:
        return cast("int", value) > most

    return Check("0.2", codes.ACL_ERROR_INVALID_PARAM, f"{name} is above {most}", (name,), above)


def _told(kind: type[Properties]) -> str:
    """Return "a picture in memory (acldvppPicDesc)" for a kind."""
    text = (kind.__doc__ or "").splitlines()[0].rstrip(".")
    return text[0].lower() + text[1:].partition(";")[0]


def _words(field: str) -> str:
    return field.replace("_", " ")
