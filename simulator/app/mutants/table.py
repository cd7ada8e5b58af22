"""The table of mutants in the documents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from simulator.app.kit.oracles import ORACLES
from simulator.app.mutants.hunt import MOST_SCHEDULES, Row
from simulator.check.ordering import GUARANTEES

_HEAD: Final = f"""\
# Mutants

Runtimes that are wrong on purpose. The property kit is run against each of them until a property breaks: a guarantee
(O1 to O12) that the trace of a generated program does not keep, or an oracle, which is a small program that knows
what a rule makes of it and is named by it (a letter at the end tells oracles of one rule apart). Each run is one
schedule, and there are {MOST_SCHEDULES} at most. Made by
`aclsim mutants --markdown`; `aclsim mutants -- pytest …` says which of these mistakes your own tests would notice
([testing.md](testing.md)).
"""


def markdown(rows: Iterable[Row]) -> str:
    """Return docs/mutants.md."""
    rows = list(rows)
    killed = sum(row.killed for row in rows)
    lines = [
        _HEAD,
        f"{killed} of {len(rows)} are noticed.",
        "",
        "| mutant | what is wrong | noticed by | schedules |",
        "|---|---|---|---:|",
        *(
            f"| {row.name} | {row.mistake} | {row.property or '**nobody**'} | {row.schedules} |"
            for row in rows
        ),
        "",
        "What they break:",
        "",
        "| property | what it says |",
        "|---|---|",
        *(
            f"| {name} | {_says(name)} |"
            for name in dict.fromkeys(row.property for row in rows if row.killed)
        ),
    ]
    return "\n".join(lines) + "\n"


def _says(name: str) -> str:
    if name in GUARANTEES:
        return GUARANTEES[name].title
    says = ORACLES[name].says
    return f"{says[0].upper()}{says[1:]}."
