"""`aclsim schema`: the published grammar of scenario files."""

from __future__ import annotations

import click

from simulator.app.exits import ExitCode
from simulator.app.terminal import out

_EPILOG = """\
\b
Example:
  aclsim schema > scenarios/schema.json

An editor that knows YAML completes and explains steps when the file begins with
# yaml-language-server: $schema=schema.json"""


@click.command(epilog=_EPILOG)
def command() -> ExitCode:
    """Print the JSON schema (draft 2020-12) of scenario files."""
    from simulator.scenario.schema import schema_text

    out(schema_text().rstrip("\n"))
    return ExitCode.PASSED
