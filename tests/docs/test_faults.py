"""docs/faults.md says what can be declared, and its examples work."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

from acl_api.faults import parse_fault
from simulator.core.faults import SHAPES, FaultKind
from simulator.scenario.load import parse_scenario

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "faults.md"
TEXT = PAGE.read_text("utf-8")
FILES = sorted((ROOT / "scenarios" / "faults").glob("*.yaml"))


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)
    assert found is not None
    return found[1]


def table() -> str:
    """Return the table of kinds, made from the declaration of each."""
    lines = ["| written | what happens | example |", "|---|---|---|"]
    for kind, shape in SHAPES.items():
        name = kind.value.replace(".", "_")
        link = f"[{name}.yaml](../scenarios/faults/{name}.yaml)"
        lines.append(f"| `{shape.form(kind)}` | {shape.says} | {link} |")
    return "\n".join(lines)


def test_the_table_of_kinds_is_current() -> None:
    found = re.search(r"<!-- kinds: begin -->\n(.*?)\n<!-- kinds: end -->", TEXT, re.DOTALL)
    assert found is not None
    assert found[1] == table()


@pytest.mark.parametrize("kind", FaultKind, ids=lambda kind: kind.value)
def test_every_kind_has_a_scenario_of_its_name(kind: FaultKind) -> None:
    assert kind.value.replace(".", "_") in [file.stem for file in FILES]


def test_the_commands_name_faults_that_can_be_read() -> None:
    specs = re.findall(r"--fault '?([^'\s]+)'?", block("sh"))
    assert len(specs) == 4
    for spec in specs:
        assert parse_fault(spec).spec == spec or spec == "call:malloc#2"


def test_the_mappings_are_taken_by_a_scenario() -> None:
    head = "schema_version: 1\ntitle: t\ncallbacks: {postprocess: {}}\n"
    threads = "threads: {main: [set_device: {device: 0}, create_stream: {as: s}]}\n"
    loaded = parse_scenario(head + block("yaml") + threads)
    assert len(loaded.scenario.faults) == block("yaml").count("\n  - ")


def test_the_python_prints_what_the_page_shows() -> None:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(block("python"), "faults.md", "exec"), {})  # noqa: S102 - the page's own example
    assert printed.getvalue() == block("text")
