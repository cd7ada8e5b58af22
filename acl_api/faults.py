"""Declared faults as people write them: functions by their full names, codes by number or name.

`parse_fault("call:acl.rt.malloc#2")` is the second call of malloc, which returns 207001; `docs/faults.md` shows
every kind.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from acl_api import codes
from acl_api.table import by_op
from simulator.base.errors import UserError
from simulator.core.faults import DeclaredFault, FaultKind
from simulator.core.faults.declared import Fields, fields_of

__all__ = ["declared", "make_fault", "parse_fault", "read_code"]

# What a function that makes something answers when there is no more of it (rules e6, f3, f16, h1, b9).
_EXHAUSTED: Final[dict[str, int]] = {
    **dict.fromkeys(
        ("malloc", "malloc_align32", "malloc_cached", "malloc_host"), codes.ACL_ERROR_RT_MEMORY_ALLOCATION
    ),
    **dict.fromkeys(
        ("create_stream", "create_stream_with_config", "create_context", "set_device"),
        codes.ACL_ERROR_RT_NO_STREAM_RESOURCE,
    ),
    **dict.fromkeys(
        ("create_event", "create_event_with_flag", "create_event_ex_with_flag"),
        codes.ACL_ERROR_RT_NO_EVENT_RESOURCE,
    ),
    "subscribe_report": codes.ACL_ERROR_RT_INTERNAL_ERROR,
}


def parse_fault(text: str) -> DeclaredFault:
    """Read a fault such as "report.lost:postprocess#1?"; raises UserError that says how it is written."""
    return make_fault(fields_of(text, read_code))


def declared(faults: Iterable[str | DeclaredFault]) -> tuple[DeclaredFault, ...]:
    """Return a plan given as texts, as faults, or as both; raises UserError as `parse_fault` does."""
    return tuple(parse_fault(each) if isinstance(each, str) else _checked(each) for each in faults)


def make_fault(given: Fields) -> DeclaredFault:
    """Make a fault of its fields: its function gets its short name, and a call its code if only one is meant."""
    what, value = given["what"], given["value"]
    if given["kind"] in (FaultKind.CALL, FaultKind.TEARDOWN) and what is not None:
        what = _op(what)
    if given["kind"] is FaultKind.CALL and value is None and what is not None:
        value = _EXHAUSTED.get(what)
        if value is None:
            raise UserError(f"fault 'call:{what}': say which code {what} returns: write call:{what}=CODE")
    given = {**given, "what": what, "value": value}
    return DeclaredFault(**given)


def read_code(text: str) -> int:
    """Return the number of an aclError given by number or name; raises UserError for one that there is not."""
    found = codes.find(text)
    if found is None:
        near = codes.near_names(text)
        hint = f": did you mean {' or '.join(near)}?" if near else ""
        raise UserError(f"no code is called {text!r}{hint}")
    return found.code


def _checked(fault: DeclaredFault) -> DeclaredFault:
    """Refuse a function that there is not."""
    if fault.kind not in (FaultKind.CALL, FaultKind.TEARDOWN) or fault.what is None:
        return fault
    return replace(fault, what=_op(fault.what))


def _op(function: str) -> str:
    """Return the short name of a function given as "malloc", "rt.malloc", "acl.rt.malloc" or "aclrtMalloc"."""
    for row in by_op().values():
        names = (row.op, row.name, row.name.removeprefix("acl."), row.c_name)
        if function in names:
            return row.op
    from difflib import get_close_matches  # only a mistake needs it

    close = get_close_matches(function.rsplit(".", 1)[-1], by_op(), n=1)
    hint = f": did you mean {close[0]}?" if close else ""
    raise UserError(f"fault on {function!r}: there is no such function{hint}")
