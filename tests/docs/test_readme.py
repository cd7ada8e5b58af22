"""The README is true: its commands run, print what it shows, and its generated table is fresh.

In a block marked ```console, lines that begin with "$ aclsim" are commands; the lines below one are its
output on stdout, where "…" alone stands for any number of lines; "# exits 3" says that it ends so. In
```sh blocks every aclsim of a chain is run, with whatever folder stands before it, and prints what it wants.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from simulator.app.api import support_table
from simulator.app.cli import main

ROOT = Path(__file__).parents[2]
BEGIN, END = "<!-- support table: begin -->", "<!-- support table: end -->"


class Example(NamedTuple):
    """A command of the README, how it should end, and what it should print (None: anything)."""

    command: str
    exit_code: int
    output: list[str] | None


def examples(text: str) -> list[Example]:
    """The commands of all fenced blocks, in order."""
    found: list[Example] = []
    for language, block in re.findall(r"^```(console|sh)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        if language == "sh":
            chained = re.findall(r"(?:^|&& |/)(aclsim [^&\n]+)", block, re.MULTILINE)
            found += [Example(command.strip(), 0, None) for command in chained]
        else:
            found += console_examples(block)
    return found


def console_examples(block: str) -> list[Example]:
    """The commands of a block that shows their output, too."""
    found = []
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        line, *output = part.splitlines()
        command, _, comment = line.partition("  # ")
        code = re.search(r"exits (\d+)", comment)
        if command.startswith("aclsim "):
            found.append(Example(command, int(code[1]) if code else 0, output))
    return found


def is_shown(lines: list[str], shown: list[str]) -> bool:
    """Tell whether *lines* are what the README shows of them."""
    pattern = "".join(
        r"(.*\n)*" if line.strip() == "…" else re.escape(line.rstrip()) + "\n" for line in shown
    )
    return re.fullmatch(pattern, "".join(f"{line.rstrip()}\n" for line in lines)) is not None


@pytest.fixture(scope="module")
def readme() -> str:
    return (ROOT / "README.md").read_text("utf-8")


@pytest.fixture
def _in_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Commands name files under scenarios/, and may write files beside it."""
    (tmp_path / "scenarios").symlink_to(ROOT / "scenarios")
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("_in_a_copy")
def test_every_command_of_the_readme_does_what_the_readme_shows(readme: str):
    found = examples(readme)
    assert found, "the README shows no command"
    for example in found:
        result = CliRunner().invoke(main, shlex.split(example.command)[1:])
        assert result.exit_code == example.exit_code, f"{example.command}\n{result.stderr}"
        if example.output:
            lines = result.stdout.splitlines()
            assert is_shown(lines, example.output), f"{example.command} prints\n{result.stdout}"


def test_the_support_table_of_the_readme_is_fresh(readme: str):
    assert readme.count(BEGIN) == readme.count(END) == 1
    shown = readme.partition(BEGIN)[2].partition(END)[0].strip()
    assert shown == support_table(), "paste what 'aclsim api --markdown' prints"


def test_examples_are_found_with_their_output_and_exit_code():
    text = "```console\n$ aclsim run x.yaml  # exits 3\ndeadlock\n…\n$ ls\nx\n```\n"
    text += "```sh\na && .venv/bin/aclsim doctor\n```\n"
    assert examples(text) == [
        Example("aclsim run x.yaml", 3, ["deadlock", "…"]),
        Example("aclsim doctor", 0, None),
    ]


def test_output_is_compared_line_by_line_around_what_is_left_out():
    assert is_shown(["a", "b", "c"], ["a", "…", "c"])
    assert is_shown(["a "], ["a"])
    assert not is_shown(["a", "b"], ["a"])
    assert not is_shown(["a", "b", "c"], ["a", "…", "d"])
