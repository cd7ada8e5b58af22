"""The tables of scenarios/programs/README.md: what each program prints, how each explanation begins."""

from __future__ import annotations

import re

from tests.programs.launch import PROGRAMS

ROW = re.compile(r"^\| `([\w.]+\.py)` \|(.*)\|$")
README = (PROGRAMS / "README.md").read_text(encoding="utf-8")


def _rows(section: str) -> dict[str, str]:
    """The last column of each row, by the name of the program."""
    rows = {}
    for line in section.splitlines():
        if found := ROW.match(line):
            rows[found[1]] = found[2].split(" | ")[-1].strip().strip("`")
    return rows


_fine, _hanging = README.split("## Programs that hang")
LAST_LINES = _rows(_fine)
FIRST_SENTENCES = _rows(_hanging)
