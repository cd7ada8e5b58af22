"""The corpus: pairs under `scenarios/corpus`, what exploring them shows, and the table of its README.

`python -m tests.corpus.cases` explores all of them again and writes the table.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from simulator.app.execution.target import Target
from simulator.app.exploring.settings import RunSettings
from simulator.app.exploring.subjects import Explored, explored_program, explored_scenario, is_scenario
from simulator.explore import Exploration, explore
from simulator.explore.report import Counterexample, examine

CORPUS: Final = Path(__file__).parents[2] / "scenarios" / "corpus"
README: Final = CORPUS / "README.md"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
TWIN: Final = "_fixed"
_MARK: Final = "# the mend"
_PLAIN: Final = RunSettings()
_HEAD: Final = (
    "| case | the fault | shown by | deviations | runs | the line that mends it | the twin holds in |",
    "|---|---|---|---|---|---|---|",
)


@dataclass(frozen=True, slots=True)
class Case:
    """A fault: the file that has it, and its twin that does not."""

    file: Path

    def __str__(self) -> str:
        return self.file.name

    @property
    def is_program(self) -> bool:
        """Whether it is a Python program; else it is a scenario."""
        return self.file.suffix == ".py"

    @property
    def twin(self) -> Path:
        """The file without the fault."""
        return self.file.with_stem(f"{self.file.stem}{TWIN}")

    @property
    def fault(self) -> str:
        """What is wrong, in the words of the file."""
        pattern = r'^"""(.*?)\.?"""' if self.is_program else r"^title: (.*)$"
        found = re.search(pattern, self.file.read_text("utf-8"), re.MULTILINE)
        return "" if found is None else found[1][0].lower() + found[1][1:]

    @property
    def mend(self) -> str:
        """The marked line of the twin."""
        lines = self.twin.read_text("utf-8").splitlines()
        marked = [line.partition(_MARK)[0].strip() for line in lines if line.rstrip().endswith(_MARK)]
        return " … ".join(marked)


CASES: Final = [
    Case(file) for file in sorted(CORPUS.glob("*.*")) if file.suffix != ".md" and not file.stem.endswith(TWIN)
]


def subject_of(file: Path, settings: RunSettings = _PLAIN) -> Explored:
    """Return *file* as `aclsim explore` takes it, without options unless there are *settings*."""
    if is_scenario(file.name):
        return explored_scenario(str(file), settings)
    return explored_program(Target("script", str(file), ()), settings)


@cache
def explored(file: Path) -> tuple[Exploration, Counterexample | None]:
    """Explore *file* with the default bounds; return the result, and the small counterexample if there is one."""
    subject = subject_of(file).subject
    result = explore(subject, jobs=1)
    if result.failure is None or result.seen is None:
        return result, None
    return result, examine(subject, result.seen, critical=False)


def shown_by(found: Counterexample) -> str:
    """Return the kind of failure; for a finding its id."""
    failure = found.failure
    return ", ".join(failure.signature) if failure.kind == "finding" else failure.kind


def found_cells(case: Case) -> tuple[str, ...]:
    """Return what exploring the fault shows: kind, deviations, runs."""
    result, found = explored(case.file)
    if found is None:
        return (str(result), "", "")
    return shown_by(found), str(len(found.deviations)), str(result.schedules)


def held_cell(case: Case) -> str:
    """Return in which orders the twin holds."""
    result, _ = explored(case.twin)
    bound = re.search(r"in all orders(?: with at most (\d+) deviations)?", result.proof)
    if bound is None:
        return str(result)
    return f"{result.schedules} runs, " + (f"{bound[1]} deviations" if bound[1] else "all orders")


def row(case: Case) -> str:
    """Return the row of *case*, from fresh runs."""
    cells = (f"[{case}]({case})", case.fault, *found_cells(case), f"`{case.mend}`", held_cell(case))
    return f"| {' | '.join(cells)} |"


def rows() -> dict[str, list[str]]:
    """Return the cells of the table as it stands, by case."""
    table = README.read_text("utf-8").partition(BEGIN)[2].partition(END)[0]
    found = {}
    for line in table.splitlines():
        if line.startswith("| ["):
            cells = [cell.strip() for cell in line.strip("| ").split(" | ")]
            found[cells[0].partition("]")[0].lstrip("[")] = cells
    return found


def main() -> None:
    """Explore everything and write the table."""
    text = README.read_text("utf-8")
    table = "\n".join([*_HEAD, *(row(case) for case in CASES)])
    before, after = text.partition(BEGIN)[0], text.partition(END)[2]
    README.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", "utf-8")
    sys.stdout.write(f"{README}\n")


if __name__ == "__main__":
    main()
