"""Runs the variants in turn, each in a fresh process, and makes ratios of what they report.

Machines are noisy, ratios less so: every repeat runs all variants one after the other, a figure is the median
over the repeats of the ratio inside each, and processes report the processor time they used rather than the
wall's. A figure counts only when all variants gave the same answer.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
STREAMS, TASKS = 64, 1600
VARIANTS = ("simpy", "heap", "core", "core-trace", "api", "api-trace", "api-threads")
Result = dict[str, Any]


class Ratio(NamedTuple):
    """`over`/`under` name a variant and a field of its result; one of the goals, or none for information.

    A figure of which it is known that it misses its goal is `known`: so many times as far away as the goal.
    """

    says: str
    over: tuple[str, str]
    under: tuple[str, str]
    least: float | None = None
    most: float | None = None
    known: float = 1.0


RATIOS = (
    Ratio("run: idiomatic simpy / core", ("simpy", "run"), ("core", "run"), least=6),
    Ratio("run: core / bare heap loop", ("core", "run"), ("heap", "run"), most=1.5),
    Ratio("launch and run: idiomatic simpy / public API", ("simpy", "total"), ("api", "total"), least=3),
    Ratio("run: core with trace / without", ("core-trace", "run"), ("core", "run"), most=2),
    Ratio("launch and run: core with trace / without", ("core-trace", "total"), ("core", "total"), most=2),
    Ratio("launch and run: public API with trace / without", ("api-trace", "total"), ("api", "total")),
    Ratio("the same on 910B with report threads", ("simpy", "total"), ("api-threads", "total")),
)
# Twenty times an empty function; a callback has the most to make, and gets a tenth for the noise of machines.
_LAUNCHES = {"launch_callback": 22, "execute_async": 20, "record_event": 20, "memcpy_async": 20}
CALLS = (
    *(
        Ratio(
            f"{name}, no trace / an empty function", ("calls", name), ("calls", f"{name}_against"), most=most
        )
        for name, most in _LAUNCHES.items()
    ),
    Ratio(
        "memcpy_async, never the same place / an empty function",
        ("calls", "memcpy_async_elsewhere"),
        ("calls", "memcpy_async_elsewhere_against"),
    ),
    Ratio(
        "launch_callback, trace / an empty function",
        ("calls", "traced_launch_callback"),
        ("calls", "traced_launch_callback_against"),
        most=30,
        known=1.6,
    ),
    Ratio(
        "callback round trip, greenlets / one greenlet switch",
        ("calls", "greenlets"),
        ("calls", "greenlets_against"),
        most=30,
    ),
    Ratio(
        "callback round trip, baton / two hand-offs",
        ("calls", "baton"),
        ("calls", "baton_against"),
        most=2.5,
    ),
)
# What `import acl_api` may cost beyond simpy, in ms.
IMPORT_GOAL = 30
BYTES_GOAL = 250


class Figure(NamedTuple):
    """One line of the report; `goal` is empty when nothing hangs on it, `beyond` over 1 when it is missed.

    `known` is how far beyond is no news.
    """

    says: str
    value: float
    low: float
    high: float
    goal: str = ""
    beyond: float = 0.0
    known: float = 1.0


def one(variant: str, streams: int = STREAMS, tasks: int = TASKS) -> Result:
    """Measure one variant in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.one", variant, str(streams), str(tasks)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"variant {variant} failed:\n{done.stderr}")
    return dict(json.loads(done.stdout))


def repeats(count: int) -> list[dict[str, Result]]:
    """Run everything *count* times, variant after variant."""
    return [{name: one(name) for name in (*VARIANTS, "calls")} for _ in range(count)]


def answers(results: Sequence[dict[str, Result]]) -> set[tuple[int, ...]]:
    """Return the different answers that were given: one, or nothing counts."""
    return {tuple(result["answer"]) for each in results for result in each.values() if "answer" in result}


def figures(results: Sequence[dict[str, Result]]) -> list[Figure]:
    made = [_ratio(ratio, results) for ratio in (*RATIOS, *CALLS)]
    for name in ("core", "api"):
        values = [each[name]["bytes"] for each in results]
        value = median(values)
        says = f"memory per queued task, {name} [B]"
        made.append(Figure(says, value, min(values), max(values), f"<= {BYTES_GOAL}", value / BYTES_GOAL))
    extra = [each["calls"]["import_acl_api"] - each["calls"]["import_simpy"] for each in results]
    value = median(extra)
    says = "import acl_api beyond simpy's own [ms]"
    made.append(Figure(says, value, min(extra), max(extra), f"<= {IMPORT_GOAL}", value / IMPORT_GOAL))
    return made


def table(made: Sequence[Figure]) -> str:
    width = max(len(figure.says) for figure in made)
    lines = [f"{'':{width}}   median  [lowest, highest]  goal"]
    for figure in made:
        spread = f"[{figure.low:.2f}, {figure.high:.2f}]"
        verdict = "  MISSED" if figure.beyond > 1 else ""
        lines.append(f"{figure.says:{width}}  {figure.value:7.2f}  {spread:>17}  {figure.goal}{verdict}")
    return "\n".join(lines)


def _ratio(ratio: Ratio, results: Sequence[dict[str, Result]]) -> Figure:
    (over, over_field), (under, under_field) = ratio.over, ratio.under
    values = [each[over][over_field] / each[under][under_field] for each in results]
    value = median(values)
    goal, beyond = "", 0.0
    if ratio.least is not None:
        goal, beyond = f">= {ratio.least:g}", ratio.least / value
    if ratio.most is not None:
        goal, beyond = f"<= {ratio.most:g}", value / ratio.most
    return Figure(ratio.says, value, min(values), max(values), goal, beyond, ratio.known)
