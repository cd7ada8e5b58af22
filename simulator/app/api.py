"""`aclsim api`: which functions of the surface are modelled, and what one of them checks and returns."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from simulator.app.exits import ExitCode
from simulator.app.terminal import columns, out

if TYPE_CHECKING:
    from acl_api.table.row import Row
    from simulator.app.coverage import FamilyCoverage

_EPILOG = """\
\b
Examples:
  aclsim api                       coverage by module
  aclsim api acl.rt                the functions of a module
  aclsim api launch_callback       one function: parameters, checks in order, codes"""

_EXAMPLES = 3


@click.command(epilog=_EPILOG)
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.option("--markdown", is_flag=True, help="Print the support table of the README.")
def command(name: str | None, *, as_json: bool, markdown: bool) -> ExitCode:
    """Show how much of the API is modelled, or all about the function or module NAME."""
    from simulator.app.coverage import coverage, find_function

    if markdown:
        if name or as_json:
            raise click.UsageError("--markdown prints the whole table; leave out NAME and --json")
        out(support_table())
        return ExitCode.PASSED
    families = {family.family: family for family in coverage()}
    if name is None:
        _show_families(as_json=as_json)
    elif name in families:
        _show_functions(families[name], as_json=as_json)
    else:
        row = find_function(name)
        if as_json:
            out(json.dumps(_function_json(row), indent=1, ensure_ascii=False))
        else:
            _show_function(row)
    return ExitCode.PASSED


def support_table() -> str:
    """Return the support table of the README, as Markdown."""
    from simulator.app.coverage import coverage, totals

    families = coverage()
    lines = [
        "| module | functions | modelled | in part | not modelled | for example |",
        "|---|---:|---:|---:|---:|---|",
    ]
    for family in families:
        names = [name.rsplit(".", 1)[-1] for name in (*family.full, *family.partial)[:_EXAMPLES]]
        examples = ", ".join(f"`{name}`" for name in names)
        lines.append(
            f"| {family.family} | {family.total} | {family.modelled} | {len(family.partial)} | "
            f"{len(family.not_modelled)} | {examples} |"
        )
    whole = totals(families)
    lines.append(f"| **all of pyACL** | {' | '.join(f'**{number}**' for number in whole)} | |")
    return "\n".join(lines)


def _show_families(*, as_json: bool) -> None:
    from acl_api.table import SURFACE
    from simulator.app.coverage import C_ONLY, coverage, totals

    families = coverage()
    whole = totals(families)
    if as_json:
        rows = [
            {
                "family": each.family,
                "functions": each.total,
                "full": each.full,
                "partial": each.partial,
                "not_modelled": each.not_modelled,
            }
            for each in families
        ]
        listed = [
            {"name": row.name, "status": row.status.value, "source": row.source} for row in SURFACE.values()
        ]
        about = {"present": whole.functions, **whole._asdict()}
        out(json.dumps({**about, "families": rows, "rows": listed}, indent=1))
        return
    counted = [
        (each.family, each.total, each.modelled, len(each.partial), len(each.not_modelled))
        for each in families
    ]
    heads = ("module", "functions", "modelled", "in part", "not modelled")
    for name, *numbers in [heads, *counted, ("all", *whole)]:
        out(f"{name:10}" + "".join(f"{number:>14}" for number in numbers))
    out()
    out(
        f"'{C_ONLY}' are functions that pyACL lacks; 'all' counts pyACL's. Every function is there; one that is not"
    )
    out("modelled reads its arguments and returns the code for what is not supported.")


def _show_functions(family: FamilyCoverage, *, as_json: bool) -> None:
    from acl_api.table import SURFACE

    listed = {*family.full, *family.partial, *family.not_modelled}
    status = {name: row.status.value for name, row in SURFACE.items() if name in listed}
    if as_json:
        out(json.dumps({"family": family.family, "functions": status}, indent=1))
        return
    for line in columns(list(status.items()), indent=""):
        out(line)


def _show_function(row: Row) -> None:
    from simulator.app.reference import code_text, kind_of, prototype

    out(prototype(row))
    about = [f"in C: {row.c_name}"] if row.c_name else []
    out(f"  {'; '.join([*about, f'{row.status.value}, {row.kind.value}, GIL {_gil(row)}'])}")
    out(f"  {row.says}")
    if row.soc:
        out(f"  products: {row.soc}")
    out(f"  source: {row.source}")
    if row.params:
        out()
        out("Parameters, with CPython's format unit:")
        shown = [(param.name, param.unit, kind_of(param)) for param in row.params]
        for line in columns(shown):
            out(line)
    if row.checks:
        out()
        out("Checked in this order:")
        checks = [
            (f"{number}.", str(check.code), f"rule {check.rule}", check.says)
            for number, check in enumerate(row.checks, start=1)
        ]
        for line in columns(checks):
            out(line)
    if row.errors:
        out()
        out("The operation itself may return:")
        for line in columns([tuple(code_text(code).split(" ", 1)) for code in row.errors]):
            out(line)


def _code_name(code: int) -> str:
    from acl_api.codes import name_of

    return name_of(code)


def _gil(row: Row) -> str:
    return "kept" if row.keeps_gil else "released"


def _function_json(row: Row) -> dict[str, object]:
    from acl_api.table.row import Status

    return {
        "modelled": row.status is not Status.NOT_MODELLED,
        "name": row.name,
        "c_name": row.c_name,
        "status": row.status.value,
        "kind": row.kind.value,
        "gil": _gil(row),
        "says": row.says,
        "products": row.soc,
        "source": row.source,
        "parameters": [
            {
                "name": param.name,
                "unit": param.unit,
                "refers_to": param.refers.value,
                "type": param.annotation,
                "optional": param.optional,
            }
            for param in row.params
        ],
        "returns": [*row.outs, *([] if row.bare else ["ret"])],
        "checks": [{"rule": check.rule, "code": check.code, "says": check.says} for check in row.checks],
        "errors": [{"code": code, "name": _code_name(code)} for code in row.errors],
    }
