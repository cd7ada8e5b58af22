"""The straight way through a row: one condition, which holds when nothing is wrong with a call.

It is made of what the checks of the row ask for the common case (`Check.quick`), less what follows from the rest:
a handle that is found in a table is a number in range, and not null. Nothing of it has an effect, so a call for
which it does not hold simply starts again, in the order in which the real runtime checks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from acl_api.arguments import BOUNDS
from acl_api.table.row import Ref

if TYPE_CHECKING:
    from collections.abc import Mapping

    from acl_api.table.row import Param, Row

# What `Scheduler.current` asks of the thread that is known to run: it need not be counted down further yet.
KNOWN: Final = (
    "(thread := host.running) is not None",
    "thread.os_ident == os_caller()",
    "host.calls_left > 1",
    "(me := thread.runtime) is not None",
)


def conditions(row: Row, local: Mapping[str, str]) -> list[str] | None:
    """Return what holds when a call passes all checks of *row*; None when one of them has no quick form.

    *local* tells what parameters are called, whose values are as given; handles are then replaced by objects.
    """
    if any(not check.quick for check in row.checks):
        return None
    # Parameters that are functions, or become what is behind a handle: never null.
    objects = {param.name for param in row.params if param.refers is Ref.FUNCTION}
    objects |= {check.on[0] for check in row.checks if check.lookup is not None and not check.null}
    numbers = {param.name for param in row.params if param.unit in BOUNDS}
    made = _arguments(row, local, objects)
    if made is None:
        return None
    made += KNOWN
    for check in row.checks:
        if check.lookup is not None and not check.null:
            made.append(check.quick.replace("found", check.on[0]))
        elif check.null in numbers - objects:
            made.append(check.null)
        elif check.null not in objects:
            made.append(check.quick)
    return made


def _arguments(row: Row, local: Mapping[str, str], objects: set[str]) -> list[str] | None:
    """Return what tells that all arguments are there and need no conversion; None when some always do."""
    made: list[str] = []
    told = False  # whether a later argument tells that this one was given: absent ones are the last
    for param in reversed(row.params):
        name = local[param.name]
        if param.unit in BOUNDS:
            if param.name not in objects and not _bounded(row, param):
                smallest, largest = BOUNDS[param.unit]
                made.append(f"{smallest} <= {name} <= {largest}")
            made.append(f"{name}.__class__ is int")
        elif param.unit == "O" and param.refers is Ref.FUNCTION:
            made.append(f"callable({name})")
        elif param.unit != "O":
            return None
        elif not told:
            made.append(f"{name} is not ABSENT")
        told = True
    return made[::-1]


def _bounded(row: Row, param: Param) -> bool:
    """Tell whether a check of the row asks for narrower bounds anyway."""
    return any(check.quick.startswith(f"0 <= {param.name} <= ") for check in row.checks)
