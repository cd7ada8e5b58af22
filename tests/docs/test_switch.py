"""docs/switch.md: its commands run in their order, on a library made of the simulator."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.cabi.building import has_compiler
from tests.exec.launch import python

GUIDE = (Path(__file__).parents[2] / "docs" / "switch.md").read_text("utf-8")
FILES = re.findall(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```", GUIDE, re.DOTALL)
BLOCKS = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)
# The switch itself takes a vendor's library.
NEEDS_HARDWARE = "set_env.sh"


@pytest.mark.slow
@pytest.mark.skipif(not has_compiler(), reason="takes gcc")
def test_every_command_of_the_guide_works(tmp_path: Path):
    for name, text in FILES:
        (tmp_path / name).write_text(text, "utf-8")
    lines = [line for block in BLOCKS if NEEDS_HARDWARE not in block for line in block.splitlines()]
    for line in lines:
        command, _, comment = line.partition("#")
        words = shlex.split(command)
        assert words[0] == "aclsim", line
        ended = python(tmp_path, "-m", "simulator.app", *words[1:])
        assert ended.code == 0, f"{line}\n{ended.out}\n{ended.err}"
        if "prints: " in comment:
            assert ended.out.strip() == comment.partition("prints: ")[2].strip()
    assert len(lines) >= 8


def test_the_guide_names_what_there_is():
    from simulator.app.conformance.probing import Settled
    from simulator.app.conformance.running import Verdict

    for word in (
        *(each.value for each in Verdict),
        *(each.value for each in Settled if each.value != "skipped"),
    ):
        assert f"`{word}`" in GUIDE
