"""`aclsim explain`: what an aclError means, how to mend it, and who returns it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from simulator.app.exits import ExitCode
from simulator.app.terminal import columns, out
from simulator.base.errors import UserError

if TYPE_CHECKING:
    from acl_api.codes import CodeInfo

_EPILOG = """\
\b
Examples:
  aclsim explain 107015
  aclsim explain ACL_ERROR_RT_STREAM_NO_CB_REG
  aclsim explain stream_no_cb_reg --json"""
_NEIGHBOURS = 2
_WIDTH = 100


@click.command(epilog=_EPILOG)
@click.argument("code")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def command(code: str, *, as_json: bool) -> ExitCode:
    """Say what the aclError CODE (a number or a name) means, what it usually means, and how to mend it."""
    from acl_api.codes import find

    info = find(code)
    if info is None:
        raise UserError(_unknown(code))
    found = returned_by(info.code)
    if as_json:
        functions = [{"function": name, "rule": rule, "when": when} for name, rule, when in found]
        about = {"code": info.code, "names": info.names, "meaning": info.meaning, "hint": info.hint}
        out(
            json.dumps({**about, "rules": info.rules, "returned_by": functions}, indent=1, ensure_ascii=False)
        )
        return ExitCode.PASSED
    out(f"{info.code}  {' = '.join(info.names)}")
    out(f"  {info.meaning}")
    if info.hint:
        out(click.wrap_text(info.hint, _WIDTH, "  ", "  "))
    if info.rules:
        out(f"  rules: {', '.join(info.rules)}")
    out()
    out("Returned by:" if found else "No modelled function returns it.")
    for line in columns([(name, f"rule {rule}" if rule else "", when) for name, rule, when in found]):
        out(line)
    return ExitCode.PASSED


def returned_by(code: int) -> list[tuple[str, str, str]]:
    """Return (function, rule, when) for every check that yields *code*, and for operations that may."""
    from acl_api.table import ROWS

    found = []
    for row in ROWS.values():
        checks = [(row.name, check.rule, check.says) for check in row.checks if check.code == code]
        found += checks
        if code in row.errors and not checks:
            found.append((row.name, "", "the operation itself may fail so"))
    return found


def _unknown(text: str) -> str:
    from acl_api.codes import near_names

    hint = "give a number such as 107015 or a name"
    if near := near_names(text):
        hint = f"did you mean {' or '.join(near)}?"
    elif near := _neighbours(text):
        hint = f"the nearest are {' and '.join(near)}"
    return f"no aclError is {text!r}; {hint}"


def _neighbours(text: str) -> tuple[str, ...]:
    """The defined numbers nearest to one that is not defined."""
    from acl_api.codes import all_codes

    def distance(info: CodeInfo) -> int:
        return abs(info.code - number)

    digits = len(str(all_codes()[-1].code)) + 1
    if not (text.isascii() and text.isdigit() and len(text) <= digits):
        return ()
    number = int(text)
    near = sorted(all_codes(), key=distance)[:_NEIGHBOURS]
    return tuple(f"{info.code} ({info.name})" for info in near)
