"""Option types that several commands share."""

from __future__ import annotations

from collections.abc import Iterable

import click

from simulator.base.units import UnitError, parse_duration


class Duration(click.ParamType[int]):
    """A duration with its unit, such as 3us or 1h, as nanoseconds."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the nanoseconds of *value*."""
        if isinstance(value, int):
            return value
        try:
            return parse_duration(value)
        except UnitError as error:
            self.fail(str(error), param, ctx)


class JsonCommand(click.Command):
    """A command whose option `--json` may stand alone or name a file.

    What follows `--json` is its file only when it ends in .json: `--json my.yaml` runs a scenario.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse with every `--json` written as `--json=FILE`."""
        return super().parse_args(ctx, list(_with_targets(args)))


def _with_targets(args: list[str]) -> Iterable[str]:
    rest = iter(range(len(args)))
    for at in rest:
        following = args[at + 1] if at + 1 < len(args) else ""
        if args[at] == "--":
            yield from args[at:]
            return
        if args[at] != "--json":
            yield args[at]
        elif following.endswith(".json") and not following.startswith("-"):
            yield f"--json={following}"
            next(rest)
        else:
            yield "--json=-"
