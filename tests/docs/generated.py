"""What in README.md and docs/ is made by running the project; `python -m tests.docs.generated` writes it anew."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from simulator.app.api import support_table
from simulator.app.reference import pages
from simulator.check.catalogue import KINDS, Family
from simulator.check.finding import SEVERITIES
from simulator.export.picture import timeline_svg
from simulator.export.summary import summarise, summary_lines
from simulator.scenario.interpret import run_scenario
from simulator.scenario.load import load_scenario
from simulator.scenario.result import ScenarioResult
from tests.docs.fidelity import fidelity

DEADLOCK = 3
ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
COURSE = sorted((ROOT / "scenarios").glob("[0-9]*.yaml"))
PICTURES = ROOT / "docs" / "pictures"
PICTURED = ("03_blocking_or_not", "06_event_chain", "08_process_report_once", "15_callback_syncs_own_stream")


def between(text: str, name: str, body: str) -> str:
    """Replace what stands between the comments `NAME: begin` and `NAME: end`."""
    pattern = re.compile(rf"(<!-- {name}: begin -->).*?(<!-- {name}: end -->)", re.DOTALL)
    changed, count = pattern.subn(lambda match: match[1] + body + match[2], text)
    if count != 1:
        msg = f"README.md has {count} places named {name}"
        raise ValueError(msg)
    return changed


def example_of(readme: str) -> str:
    """Return the Python program that README.md shows."""
    match = re.search(r"<!-- example: begin -->\n```python\n(.*?)```", readme, re.DOTALL)
    if match is None:
        msg = "README.md has no example"
        raise ValueError(msg)
    return match[1]


def run_program(program: str) -> subprocess.CompletedProcess[str]:
    """Run a program with `aclsim exec` as a reader would."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ACLSIM_", "ASCEND_"))}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "hello.py").write_text(program, "utf-8")
        return subprocess.run(
            [sys.executable, "-m", "simulator.app", "exec", "hello.py"],
            cwd=folder,
            env=kept | {"PYTHONHASHSEED": "0"},
            capture_output=True,
            text=True,
            check=False,
        )


def output_of(program: str) -> str:
    """Run a program and return what it prints."""
    return run_program(program).stdout.strip()


def hang_of(program: str) -> str:
    """Run the program with the wrong thread subscribed and return the explanation it gets."""
    ended = run_program(program.replace("reporter.ident", "threading.get_ident()"))
    if ended.returncode != DEADLOCK:
        msg = f"the README's program does not hang with the wrong thread subscribed:\n{ended.stderr}"
        raise ValueError(msg)
    return re.sub(r"\b\d{15}\b", "140…", ended.stderr.strip())  # ids of threads differ from run to run


@cache
def run_of(stem: str) -> ScenarioResult:
    """Run one scenario of the course."""
    return run_scenario(load_scenario(next(file for file in COURSE if file.stem == stem)))


def summary() -> str:
    """Return the summary of the real scenario."""
    result = run_of("25_resnet50_async")
    if result.trace is None:
        msg = "the scenario ran without a trace"
        raise ValueError(msg)
    return "\n".join(summary_lines(summarise(result.trace, images_per_unit=result.images_per_run)))


def readme(text: str) -> str:
    """Return README.md with everything generated made anew."""
    program = example_of(text)
    text = between(text, "output", f"`{output_of(program)}`")
    text = between(text, "hang", f"\n```text\n{hang_of(program)}\n```\n")
    text = between(text, "summary", f"\n```text\n{summary()}\n```\n")
    text = between(text, "support table", f"\n{support_table()}\n")
    return re.sub(r"(<!-- scenarios: count -->)\d+", rf"\g<1>{len(COURSE)}", text)


def course() -> str:
    """Return docs/scenarios.md: the course, a paragraph each."""
    lines = [
        "# The course",
        "",
        "The scenario files in order. Each is a complete program with its expectations; run one with",
        "`aclsim run scenarios/NAME.yaml`. Made by `python -m tests.docs.generated`.",
        "",
    ]
    for file in COURSE:
        scenario = load_scenario(file).scenario
        number = int(file.stem.split("_")[0])
        lines += [f"## {number}. {scenario.title}", "", f"[{file.name}](../scenarios/{file.name})", ""]
        if scenario.description:
            lines += [scenario.description.strip(), ""]
        if file.stem in PICTURED:
            lines += [f"![timeline of {scenario.title}](pictures/{file.stem}.svg)", ""]
        chain = run_of(file.stem).chain
        if chain:
            lines += ["What the simulator says:", "", *(f"> {sentence}" for sentence in chain), ""]
    return "\n".join(lines)


_FINDINGS = """\
# Findings

What the checks say of a run. `aclsim run` and `exec` print it, `aclsim check` finds it in a stored trace, and a
test asks `simulator.check.suite.check_trace(trace)`. Made by `python -m tests.docs.generated`.

- **error**: what the run did is wrong: on hardware it fails, hangs or answers with garbage, in this order or
  in another.
- **warning**: it goes wrong in another order, on another product, or unnoticed.
- **note**: legal, and worth knowing; counted, and told with `-v`.

`--strict` ends a run that has errors or warnings with exit code 1. In scenarios `findings: [ID]` expects one,
and `no: [finding]`, `[misuse]`, `[race]` or `[leak]` forbid errors and warnings; what a step with
`returns: CODE` does on purpose is a note. Rules are those of [rules.md](rules.md).
"""
_FAMILIES = {
    Family.MISUSE: "Misuse of the runtime",
    Family.MEMORY: "Memory, data sets and models",
    Family.RACE: "Races",
    Family.LEAK: "Leaks",
}


def findings() -> str:
    """Return docs/findings.md: every kind of finding."""
    lines = [_FINDINGS]
    for family, title in _FAMILIES.items():
        lines += [
            f"## {title}",
            "",
            "| finding | severity | when | rule | what to write |",
            "|---|---|---|---|---|",
        ]
        rows = [kind for kind in KINDS.values() if kind.family is family]
        rows.sort(key=lambda kind: SEVERITIES.index(kind.severity))
        lines += [f"| `{row.id}` | {row.severity} | {row.when} | {row.rule} | {row.fix} |" for row in rows]
        lines.append("")
    return "\n".join(lines)


def picture(stem: str) -> str:
    """Return the timeline of one scenario."""
    result = run_of(stem)
    return timeline_svg(result.trace or (), title=result.title)


def everything() -> dict[Path, str]:
    """Return every generated file of the documents with its right content."""
    files = {
        README: readme(README.read_text("utf-8")),
        ROOT / "docs" / "scenarios.md": course(),
        ROOT / "docs" / "findings.md": findings(),
        ROOT / "docs" / "fidelity.md": fidelity(),
    }
    files |= {ROOT / "docs" / "api" / name: text for name, text in pages().items()}
    return files | {PICTURES / f"{stem}.svg": picture(stem) for stem in PICTURED}


def main() -> None:
    """Write all generated parts."""
    for path, text in everything().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
        sys.stdout.write(f"{path.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
