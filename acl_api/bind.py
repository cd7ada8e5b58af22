"""From rows to the functions users import."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import FunctionType
from typing import Any, cast

from acl_api.arguments import ABSENT, Flavour, parser
from acl_api.session import current
from acl_api.table import ROWS, SURFACE
from acl_api.table.row import Row

Function = Callable[..., object]
Values = tuple[object, ...]
# Raises the TypeError for keywords, or for arguments beyond the last parameter.
Refuse = Callable[[Values, dict[str, object]], None]


def public(row: Row, flavour: Flavour = Flavour.PYTHON) -> Function:
    """Return the function of the surface for *row*; as the binding's, it takes positional arguments only."""
    name = row.c_name if flavour is Flavour.C else row.short
    module = "acl_api.c" if flavour is Flavour.C else row.family.replace("acl", "acl_api", 1)
    full = row.c_name if flavour is Flavour.C else row.name

    def refuse(given: Values, keywords: dict[str, object]) -> None:
        if keywords:
            # CPython's own text for a builtin that takes positional arguments only.
            raise TypeError(f"{full}() takes no keyword arguments")
        parser(row, flavour)(given)

    function = _door(len(row.params))(full, refuse)
    # A code object of its own: tracebacks then show the name, and the interpreter, which adapts code to what
    # it sees running there, adapts it to one function instead of to none.
    code = function.__code__
    names = (*(param.name for param in row.params), *code.co_varnames[len(row.params) :])
    function.__code__ = code.replace(co_name=name, co_qualname=name, co_varnames=names)
    function.__name__ = function.__qualname__ = name
    function.__module__ = module
    function.__doc__ = describe(row)
    return function


@cache
def _door(count: int) -> Callable[[str, Refuse], FunctionType]:
    """Return what makes functions with *count* parameters that pass their arguments on to the current session.

    Written out for each number, because a call with `*args` costs a third of a whole launch's checks.
    """
    given = "".join(f"given_{at}, " for at in range(count))
    absent = given.replace(",", "=ABSENT,") + "/, " if count else ""
    # A function without parameters does not look at its arguments.
    wrong = "more or keywords" if count else "keywords"
    source = f"""\
def make(full, refuse):
    def door({absent}*more, **keywords):
        if {wrong}:
            refuse(({given}*more,), keywords)
        return current.calls[full]({given})
    return door
"""
    module: dict[str, Any] = {"__name__": __name__, "ABSENT": ABSENT, "current": current}
    exec(source, module)  # noqa: S102 - nothing in the text above comes from outside
    return cast("Callable[[str, Refuse], FunctionType]", module["make"])


def describe(row: Row) -> str:
    """Write the docstring of a function from its row."""
    parameters = ", ".join(param.name for param in row.params)
    outputs = ", ".join((*row.outs, *([] if row.bare else ["ret"])))
    lines = [f"{row.short}({parameters}) -> {outputs}", "", row.says, "", f"Source: {row.source}."]
    checks = [f"    {check.code} {check.says} (rule {check.rule})" for check in row.checks if check.code]
    if checks:
        lines += ["", "Checked in this order:", *checks]
    if row.errors:
        lines += ["", f"May also return {', '.join(str(code) for code in row.errors)}."]
    return "\n".join(lines)


def c_names() -> dict[str, Function]:
    """Return every function under its C name, with C's parameter order, and None for a null pointer."""
    return {row.c_name: public(row, Flavour.C) for row in ROWS.values() if row.in_c}


@cache
def by_name(name: str) -> Function:
    """Return one function by its row's name, such as "acl.rt.launch_callback" or "aclrtLaunchHostFunc"."""
    row = SURFACE[name]
    return public(row, Flavour.C if row.family == "c" else Flavour.PYTHON)
