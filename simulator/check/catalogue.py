"""Every kind of finding there is: how bad it is, what it means, the rule behind it, and what to write instead.

The table is catalogue.toml; docs/findings.md is made from it. A sentence about one case is written where the case
is found; what is the same in all cases stands there.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from importlib import resources
from types import MappingProxyType
from typing import Final, cast

from simulator.base.errors import InternalError
from simulator.base.trace import Noted
from simulator.check.finding import Finding, Severity


class Family(Enum):
    """What a finding is about; scenario files ask by these words: `no: [race, leak]`."""

    MISUSE = "misuse"
    MEMORY = "memory"
    RACE = "race"
    LEAK = "leak"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of finding: `when` says when it is reported, `fix` what to write instead."""

    id: str
    family: Family
    severity: Severity
    rule: str
    when: str
    fix: str


def _kinds() -> Mapping[str, Kind]:
    table = tomllib.loads((resources.files("simulator.check") / "catalogue.toml").read_text("utf-8"))
    return MappingProxyType(
        {
            name: Kind(
                name,
                Family(row["family"]),
                cast("Severity", row["severity"]),
                row["rule"],
                row["when"],
                row["fix"],
            )
            for name, row in table.items()
        }
    )


KINDS: Final[Mapping[str, Kind]] = _kinds()


def finding(
    kind: str,
    sentence: str,
    *lines: str | None,
    rule: str | None = None,
    fix: str | None = None,
) -> Finding:
    """Return a finding of that kind with its *sentence* and *lines*; what it lacks comes from the catalogue.

    Lines that are not known are left out, equal ones named once.
    """
    row = KINDS.get(kind)
    if row is None:
        msg = f"there is no kind of finding called {kind!r} in the catalogue"
        raise InternalError(msg)
    known = tuple(dict.fromkeys(line for line in lines if line))
    return Finding(kind, row.severity, sentence, known, rule or row.rule, fix or row.fix)


def noted(record: Noted) -> Finding:
    """Return what the model noted during the run as a finding."""
    return finding(record.finding, record.text, record.site, rule=record.rule)
