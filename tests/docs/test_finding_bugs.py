"""docs/finding_bugs.md: its programs are those of the corpus, and its commands print what it shows.

"…" stands for any text of a line, and alone for any number of lines; a token that is left out in a command is the one
that was printed last.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.docs.test_readme import examples
from tests.exec.launch import python

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "finding_bugs.md").read_text("utf-8")
PROGRAM = ROOT / "scenarios" / "corpus" / "destroyed_under_a_callback.py"
LEFT_OUT = "acl1.…"


def block(name: str) -> str:
    """Return the code between the marks called *name*."""
    found = re.search(rf"<!-- {name}: begin -->\n```python\n(.*?)```\n<!-- {name}: end -->", PAGE, re.DOTALL)
    assert found is not None, name
    return found[1]


def pattern(shown: list[str]) -> str:
    """Return what output must match to be what the page shows."""
    return "".join(
        "(?:.*\n)*" if line == "…" else ".*".join(map(re.escape, line.split("…"))) + "\n" for line in shown
    )


def test_the_programs_are_those_of_the_corpus():
    assert block("program") in PROGRAM.read_text("utf-8")
    assert block("mend") in PROGRAM.with_stem(f"{PROGRAM.stem}_fixed").read_text("utf-8")


@pytest.mark.slow
def test_every_command_prints_what_the_page_shows():
    token = LEFT_OUT
    found = examples(PAGE)
    assert [example.command.split()[1] for example in found] == [
        "exec",
        "explore",
        "replay",
        "explore",
        "run",
        "explore",
    ]
    for command, code, shown in found:
        words = shlex.split(command.replace(LEFT_OUT, token))[1:]
        ended = python(ROOT, "-m", "simulator.app", *words)
        said = ended.out + ended.err
        assert ended.code == code, f"{command}\n{said}"
        assert re.fullmatch(pattern(shown or []), said), f"{command} prints\n{said}"
        if tokens := re.findall(r"^token: (acl1\.\S+)$", said, re.MULTILINE):
            token = tokens[-1]
