"""`aclsim env`: every variable of the environment that means something here, and what it is set to."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

import click

from simulator.app.exits import ExitCode
from simulator.app.terminal import closing, err, out, tinted
from simulator.base.errors import UserError

_EPILOG = """\
\b
Example:
  aclsim env
  ASCEND_RT_VISIBLE_DEVICES=2,3 aclsim env --json"""


@click.command(epilog=_EPILOG)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def command(*, as_json: bool) -> ExitCode:
    """List every variable that is honoured: its value, what it means, and where that is written down.

    Options of commands, and arguments in Python, beat them.
    """
    known = listed()
    if as_json:
        out(json.dumps(known, indent=1, ensure_ascii=False))
    else:
        for entry in known:
            value = entry["value"]
            out(
                f"{entry['name']} {f'= {value!r}' if value is not None else 'is not set: ' + str(entry['default'])}"
            )
            out(f"    {entry['says']} ({entry['source']})")
    return _judge(sum(entry["value"] is not None for entry in known))


def listed(environment: Mapping[str, str] = os.environ) -> list[dict[str, str | None]]:
    """Return what is known of each variable, with its value; None: not set."""
    from acl_api.environment import VARIABLES

    return [{**variable._asdict(), "value": environment.get(variable.name)} for variable in VARIABLES]


def _judge(count: int) -> ExitCode:
    """Say whether a session could be made of what is set; exit with 2 if not."""
    from acl_api.settings import read_settings

    try:
        asked = read_settings()
        seen = asked.seen()
        if asked.device_id is not None and asked.device_id >= len(seen):
            err(f"{tinted('warning')}: ASCEND_DEVICE_ID is {asked.device_id}, of {len(seen)} visible devices")
    except UserError as error:
        closing("error", str(error))
        return ExitCode.USAGE
    closing("passed", f"{count} set; the process sees devices {','.join(map(str, seen))}")
    return ExitCode.PASSED
