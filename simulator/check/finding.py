"""A finding: something about a run that its author should hear about, with the place, the rule and the mend."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

Severity = Literal["error", "warning", "note"]

# "error": what the run did is wrong, and on hardware it fails, hangs or answers with garbage. "warning": it goes
# wrong in another order, on another product, or unnoticed. "note": legal, and worth knowing.
SEVERITIES: Final[tuple[Severity, ...]] = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. `id` is its kind in the catalogue, `lines` the places in the program, the first one first.

    `rule` names a rule of the runtime ("c7"), `fix` says what to write instead.
    """

    id: str
    severity: Severity
    sentence: str
    lines: tuple[str, ...]
    rule: str
    fix: str

    def __str__(self) -> str:
        where = f"{self.lines[0]}: " if self.lines else ""
        return f"{where}{self.id}: {self.sentence} (rule {self.rule})"


def has_severity(findings: Iterable[Finding], *severities: Severity) -> bool:
    """Tell whether one of *findings* has one of *severities*."""
    return any(finding.severity in severities for finding in findings)
