"""Which argument of a call does not fit: a note on the TypeError, whose text stays the vendor's.

The binding's text is "<function> args parse failed", whatever is wrong; people ask which argument it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from acl_api.units import UNITS

if TYPE_CHECKING:
    from acl_api.table.row import Row


def misfit_note(row: Row, args: Sequence[object], fits: Callable[[int, object], bool]) -> str:
    """Return what is wrong with *args*; `fits(at, value)` tells whether one suits the parameter at that place."""
    fewest = sum(not param.optional for param in row.params)
    names = ", ".join(param.name for param in row.params)
    if not fewest <= len(args) <= len(row.params):
        return f"it takes {len(row.params)} arguments ({names}), {len(args)} given"
    for at, (param, value) in enumerate(zip(row.params, args, strict=False)):
        if not fits(at, value):
            got = "None" if value is None else f"{type(value).__name__} {_short(value)}"
            return f"argument {at + 1} ({param.name}): expected {UNITS[param.unit].wanted}, got {got}"
    return f"arguments are {names}"


def cpythons_text(row: Row, args: Sequence[object], fits: Callable[[int, object], bool]) -> str:
    """Return what CPython says of *args*, for the few functions of the binding that leave it at that."""
    wanted = len(row.params)
    if len(args) != wanted:
        return f"function takes exactly {wanted} argument{'s' * (wanted != 1)} ({len(args)} given)"
    at = next(at for at, value in enumerate(args) if not fits(at, value))
    kind = "None" if args[at] is None else type(args[at]).__name__
    return f"argument {at + 1} must be {UNITS[row.params[at].unit].wanted}, not {kind}"


def _short(value: object) -> str:
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - the program's own class; the TypeError matters more
        return ""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


_LONGEST: Final = 40
