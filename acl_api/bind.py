"""From rows to the functions users import."""

from __future__ import annotations

from collections.abc import Callable

from acl_api.arguments import Flavour
from acl_api.session import perform
from acl_api.table import ROWS
from acl_api.table.row import Row

Function = Callable[..., object]


def public(row: Row, flavour: Flavour = Flavour.PYTHON) -> Function:
    """Return the function of the surface for *row*; it takes positional arguments only, as the binding does."""
    key = (row.name, flavour)

    def function(*args: object) -> object:
        return perform(key, args)

    function.__name__ = row.c_name if flavour is Flavour.C else row.op
    function.__qualname__ = function.__name__
    function.__doc__ = describe(row)
    return function


def describe(row: Row) -> str:
    """Write the docstring of a function from its row."""
    parameters = ", ".join(param.name for param in row.params)
    outputs = ", ".join((*row.outs, *([] if row.bare else ["ret"])))
    lines = [f"{row.op}({parameters}) -> {outputs}", "", row.says, "", f"Source: {row.source}."]
    checks = [f"    {check.code} {check.says} (rule {check.rule})" for check in row.checks if check.code]
    if checks:
        lines += ["", "Checked in this order:", *checks]
    if row.errors:
        lines += ["", f"May also return {', '.join(str(code) for code in row.errors)}."]
    return "\n".join(lines)


def family(name: str) -> dict[str, Function]:
    """Return the functions of one module of the binding: "acl", "acl.rt", "acl.mdl"."""
    return {row.op: public(row) for row in ROWS.values() if row.family == name}


def c_names() -> dict[str, Function]:
    """Return every function under its C name, with C's parameter order, and None for a null pointer."""
    return {row.c_name: public(row, Flavour.C) for row in ROWS.values()}


def by_name(name: str) -> Function:
    """Return one function by its row's name, such as "acl.rt.launch_callback" or "aclrtLaunchHostFunc"."""
    row = ROWS[name]
    return public(row, Flavour.C if row.family == "c" else Flavour.PYTHON)
