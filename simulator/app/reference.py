"""The pages of docs/api: what each function of a module takes, checks, returns, and rests on.

`python -m tests.docs.generated` writes them, `aclsim api NAME` shows the same of one function.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from acl_api.codes import meaning, name_of
from acl_api.table import ROWS, SURFACE
from acl_api.table.declared import FAMILIES, declared
from acl_api.table.row import Param, Ref, Row, Status
from simulator.app.coverage import C_ONLY, FamilyCoverage, coverage

_NOTICE: Final = (
    "Made from the table by `python -m tests.docs.generated`. Numbers of rules are those of [rules](../rules.md); "
    "what INFERRED and UNVERIFIED mean is said in [limits](../limits.md#marks)."
)
_UNITS: Final = (
    "Behind each parameter stands CPython's format unit, which decides what a wrong argument does: `k` and `K` "
    "take only int and wrap at 64 bits, `I`, `H` and `B` take what has an index and wrap, `i`, `h`, `b`, `l` and "
    "`L` take the same and refuse what does not fit, `f` and `d` take numbers, `s` text, `O` objects."
)


def pages() -> dict[str, str]:
    """Return every page by the name of its file."""
    found = {f"{page_of(family)}.md": _page(family) for family in (*FAMILIES, C_ONLY)}
    return {"README.md": _index(), **found}


def page_of(family: str) -> str:
    """Return the name of a module's page, without its ending."""
    return "c" if family == C_ONLY else family.removeprefix("acl.")


def prototype(row: Row) -> str:
    """Return how a function is called and what it returns: "acl.rt.malloc(size, policy) -> ptr, ret"."""
    returns = ", ".join((*row.outs, *([] if row.bare else ["ret"])))
    return f"{row.name}({', '.join(param.name for param in row.params)}) -> {returns}"


def code_text(code: int) -> str:
    """Return a code with its name: of acl.himpi's codes the number says more in the other system."""
    return f"{code} {name_of(code)}" if meaning(code) else f"{code} (0x{code:X})" if code >> 31 else str(code)


def _index() -> str:
    lines = ["# The surface", "", _NOTICE, "", _UNITS, ""]
    lines += ["| module | functions | modelled | in part | not modelled |", "|---|---:|---:|---:|---:|"]
    lines += [_counted(family) for family in coverage()]
    return "\n".join([*lines, ""])


def _counted(family: FamilyCoverage) -> str:
    numbers = (family.total, family.modelled, len(family.partial), len(family.not_modelled))
    return f"| [{family.family}]({page_of(family.family)}.md) | {' | '.join(str(number) for number in numbers)} |"


def _page(family: str) -> str:
    if family == C_ONLY:
        rows = [row for row in ROWS.values() if row.name not in declared()]
        title = "Functions that only C has"
    else:
        rows = [row for row in SURFACE.values() if row.family == family]
        title = family
    lines = [f"# {title}", "", _NOTICE, ""]
    for row in rows:
        if row.status is not Status.NOT_MODELLED:
            lines += _function(row)
    return "\n".join(lines + _not_modelled([row for row in rows if row.status is Status.NOT_MODELLED]))


def _function(row: Row) -> Iterator[str]:
    about = [f"in C `{row.c_name}`"] if row.c_name else []
    about += [row.status.value, row.kind.value, "keeps the GIL" if row.keeps_gil else "releases the GIL"]
    yield from (f"## {row.name}", "", f"`{prototype(row)}`", "", f"{row.says} ({'; '.join(about)})", "")
    if row.soc:
        yield from (f"Products: {row.soc}", "")
    if row.params:
        yield from (f"Parameters: {'; '.join(_parameter(param) for param in row.params)}.", "")
    if row.checks:
        yield from ("Checked in this order:", "")
        for number, check in enumerate(row.checks, start=1):
            code = code_text(check.code) if check.code else "success at once"
            yield f"{number}. {code}: {check.says} (rule {check.rule})"
        yield ""
    if row.errors:
        yield from (
            f"The operation itself may return {', '.join(code_text(code) for code in row.errors)}.",
            "",
        )
    yield from (f"Source: {row.source}.", "")


def kind_of(param: Param) -> str:
    """Return what a parameter is: "stream", "text", or the type of an object."""
    if param.annotation:
        return param.annotation
    return "text" if param.unit == "s" and param.refers is Ref.NOTHING else param.refers.value


def _parameter(param: Param) -> str:
    what = f"`{kind_of(param)}`" if param.annotation else kind_of(param)
    return f"`{param.name}` `{param.unit}` {what}{', may be left out' if param.optional else ''}"


def _not_modelled(rows: list[Row]) -> list[str]:
    if not rows:
        return []
    lines = [
        "## Not modelled",
        "",
        "These read their arguments as the binding does, do nothing, return the code for what is not supported, and",
        "say so on stderr, once per line of the program.",
        "",
        "| function | units | returns the code |",
        "|---|---|---|",
    ]
    lines += [f"| `{prototype(row)}` | {_format(row)} | {code_text(row.errors[0])} |" for row in rows]
    return [*lines, ""]


def _format(row: Row) -> str:
    return f"`{''.join(param.unit for param in row.params)}`" if row.params else ""
