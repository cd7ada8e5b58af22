"""What a mutant is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simulator.app.mutants.patches import Patches


@dataclass(frozen=True, slots=True)
class Mutant:
    """A wrong runtime: its name, the mistake in a sentence, and how to make it.

    `breaks` are the properties one of which must notice: guarantees ("O3") and rules that have an oracle ("a8").
    `soc` is the profile on which it is looked for: some mistakes can only be made on one family.
    """

    name: str
    mistake: str
    apply: Callable[[Patches], None]
    breaks: tuple[str, ...]
    soc: str = "Ascend910"

    def __str__(self) -> str:
        return self.name
