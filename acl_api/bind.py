"""From rows to the functions users import."""

from __future__ import annotations

from collections.abc import Callable

from acl_api.arguments import Flavour
from acl_api.session import current
from acl_api.table import ROWS
from acl_api.table.row import Row

Function = Callable[..., object]


def public(row: Row, flavour: Flavour = Flavour.PYTHON) -> Function:
    """Return the function of the surface for *row*; as the binding's, it takes positional arguments only."""
    name = row.c_name if flavour is Flavour.C else row.op
    module = "acl_api.c" if flavour is Flavour.C else row.family.replace("acl", "acl_api", 1)
    full = row.c_name if flavour is Flavour.C else row.name

    def function(*args: object, **keywords: object) -> object:
        if keywords:
            # CPython's own text for a builtin that takes positional arguments only.
            raise TypeError(f"{full}() takes no keyword arguments")
        return current.calls[full](args)

    # A code object of its own: tracebacks then show the name, and the interpreter, which adapts code to what
    # it sees running there, adapts it to one function instead of to none.
    function.__code__ = function.__code__.replace(co_name=name, co_qualname=name)
    function.__name__ = function.__qualname__ = name
    function.__module__ = module
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
