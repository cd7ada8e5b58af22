"""The straight way through a row: one condition, which holds when nothing is wrong with a call.

It is made of what the checks of the row ask for the common case (`Check.quick`), less what follows from the rest:
a handle that is found in a table is a number in range, and not null. Nothing of it has an effect, so a call for
which it does not hold simply starts again, in the order in which the real runtime checks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from acl_api.table.row import Ref
from acl_api.units import BOUNDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from acl_api.table.row import Check, Row

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
    types = _types(row, local)
    if types is None:
        return None
    ranges = _Ranges(row, objects)
    made = [*types, *ranges.tests(local), *KNOWN]
    for check in row.checks:
        if check.lookup is not None and not check.null:
            made.append(check.quick.replace("found", check.on[0]))
        elif check.null not in objects and not ranges.imply(check):
            made.append(_said(check.quick, objects))
    return made


def _said(quick: str, objects: set[str]) -> str:
    """Return a condition without what is known of *objects*: that they are there."""
    for name in objects:
        quick = quick.replace(f"{name} is not None and ", "")
    return quick


def _types(row: Row, local: Mapping[str, str]) -> list[str] | None:
    """Return what tells that all arguments are there and of their common types; None when some always convert."""
    made: list[str] = []
    told = False  # whether a later argument tells that this one was given: absent ones are the last
    for param in reversed(row.params):
        name = local[param.name]
        if param.reads is not None:
            return None
        if param.unit in BOUNDS:
            made.append(f"{name}.__class__ is int")
        elif param.unit == "O" and param.refers is Ref.FUNCTION:
            made.append(f"callable({name})")
        elif param.unit != "O":
            return None
        elif not told:
            made.append(f"{name} is not ABSENT")
        told = True
    return made[::-1]


class _Ranges:
    """The numbers among the arguments that are no handles: what one comparison each says of them.

    A check that one is not 0, and one that it is not above another, need nothing but the range of the number.
    """

    def __init__(self, row: Row, objects: set[str]) -> None:
        asked = {check.quick for check in row.checks}
        # Narrower bounds stand in a check of their own.
        self.numbers = {
            param.name: BOUNDS[param.unit]
            for param in row.params
            if param.unit in BOUNDS
            and param.name not in objects
            and not any(quick.startswith(f"0 <= {param.name} <= ") for quick in asked)
        }
        unsigned = {name for name, (smallest, _) in self.numbers.items() if smallest == 0}
        self.positive = {check.null or check.quick for check in row.checks} & unsigned
        pairs = [quick.split(" <= ") for quick in sorted(asked) if quick.count("<=") == 1]
        self.below = {
            number: other
            for number, other in pairs
            if {number, other} <= unsigned and self.numbers[number] == self.numbers[other]
        }

    def tests(self, local: Mapping[str, str]) -> list[str]:
        """Return a test for each number, with what *local* calls it; all are ints by then."""
        made = []
        for number, (smallest, largest) in self.numbers.items():
            name, least = local[number], "0 <" if number in self.positive else f"{smallest} <="
            if number in self.below:
                made.append(f"{least} {name} <= {local[self.below[number]]}")
            elif number in self.below.values() and number not in self.positive:
                made.append(f"{name} <= {largest}")
            else:
                made.append(f"{least} {name} <= {largest}")
        return made

    def imply(self, check: Check) -> bool:
        """Tell whether the tests say already what *check* asks."""
        return (check.null or check.quick) in self.positive or any(
            check.quick == f"{number} <= {other}" for number, other in self.below.items()
        )
