"""docs/exploring.md: its options, fields, strategies and exit codes are those of the command."""

from __future__ import annotations

import json
import re
from pathlib import Path

from click.testing import CliRunner

from simulator.app.cli import main
from simulator.app.explore import command
from simulator.explore.portfolio import STRATEGIES
from simulator.explore.tokens import decode

PAGE = (Path(__file__).parents[2] / "docs" / "exploring.md").read_text()


def test_every_option_on_the_page_is_one_of_the_command():
    known = {name for param in command.params for name in param.opts}
    assert set(re.findall(r"`(--[a-z-]+)", PAGE)) - {"--images"} <= known


def test_every_strategy_is_on_the_page():
    assert {strategy for strategy in STRATEGIES if f"`{strategy}`" not in PAGE} <= {"portfolio", "bounded"}


def test_the_report_has_the_fields_on_the_page():
    report = json.loads(
        CliRunner().invoke(main, ["explore", "--schedules", "1", "--jobs", "1", "--json"]).stdout
    )
    fields = PAGE.split("`--json [FILE]` has")[1].split("`counterexample`")[0]
    assert set(re.findall(r"`([a-z_]+)`", fields)) - set(report["coverage"]) <= set(report)


def test_the_token_on_the_page_is_one():
    token = re.search(r"acl1\.[\w-]+", PAGE)
    assert token is not None
    assert decode(token.group()).kind == "scenario"
