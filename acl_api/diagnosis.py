"""What a failed call meant: the function, the line, what was wrong and what to do.

The text is what acl.get_recent_err_msg returns (rule i7). Runs of a user's program also print it on stderr
(`acl_api.log`), each code once per line. Codes that a correct program meets in passing are passed over.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from acl_api import codes
from acl_api.log import module_of
from acl_api.table.row import Status
from simulator.engine.hosts.sites import site_text

if TYPE_CHECKING:
    from acl_api.table.row import Check, Row
    from simulator.core.runtime import Caller, Runtime
    from simulator.engine.hosts.sites import Site

# An idle poll, a poll before subscribing (or after the end), a second init.
_IN_PASSING: Final = frozenset(
    {
        ("process_report", codes.ACL_ERROR_RT_REPORT_TIMEOUT),
        ("process_report", codes.ACL_ERROR_RT_THREAD_SUBSCRIBE),
        ("init", codes.ACL_ERROR_REPEAT_INITIALIZE),
    }
)


def failed(
    rt: Runtime,
    me: Caller,
    row: Row,
    code: int,
    check: Check | None,
    values: tuple[object, ...],
    given: tuple[object, ...],
) -> None:
    """Note that a call of *row* gave *code*, and print why when the run has a log.

    *check* is the one that failed, None when the operation itself did; *values* are the arguments as far as
    the checks have replaced handles by objects, *given* as the program passed them.
    """
    if (row.op, code) in _IN_PASSING:
        return
    # The program's own objects are not kept: nothing may live longer because a call has failed.
    numbers = tuple(value if isinstance(value, int) else None for value in given)
    values = tuple(
        None if param.unit == "O" else value for param, value in zip(row.params, values, strict=True)
    )
    site = rt.here()
    tell = partial(_tell, rt, me, row, code, check, values, numbers, site)
    if rt.log is None:
        me.failure = tell
        return
    text = tell()
    me.failure = text.__str__
    rt.log((row.name, code, site_text(site)), text, module_of(code))


def take_message(me: Caller) -> str | None:
    """Return the text about the last failed call of this thread, and forget it (rule i7); None: there is none."""
    tell = me.failure
    if me.rt.options.error_message == "consumed":
        me.failure = None
    return None if tell is None else tell()


def _tell(
    rt: Runtime,
    me: Caller,
    row: Row,
    code: int,
    check: Check | None,
    values: tuple[object, ...],
    given: tuple[int | None, ...],
    site: Site,
) -> str:
    from acl_api.causes import Failure, cause  # needed only when something fails and somebody asks

    place = site_text(site)
    if row.status is Status.NOT_MODELLED and code in row.errors:
        return _not_modelled(row, code, place)
    what, mend = cause(Failure(rt, me, row, code, check, values, given))
    name = codes.name_of(code) if codes.meaning(code) else "errno"
    where = f" at {place}" if place else ""
    return " ".join(part for part in (f"{row.name} returned {code} ({name}){where}: {what}.", mend) if part)


def _not_modelled(row: Row, code: int, place: str | None) -> str:
    """Say of a call that it did nothing, and what the program got."""
    told = f"{code} ({codes.name_of(code)})" if codes.meaning(code) else f"0x{code:X}"
    got = row.failed[0] if row.bare else told
    where = f" at {place}" if place else ""
    return (
        f"{row.name}{where}: aclsim does not model this function: the call did nothing and returned {got}. "
        f"'aclsim api {row.family}' lists what is modelled."
    )
