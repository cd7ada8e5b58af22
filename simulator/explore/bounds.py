"""How far an exploration goes before it stops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from simulator.base.errors import UserError

# A run among thousands is given up sooner than one alone: after so many polls without progress.
STALL_POLLS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Bounds:
    """What an exploration must cover, and what it may cost.

    `deviations` from the friendly order (None: any number); `timeouts`: how often the time of one wait may be up
    although an arrival is pending; budgets are runs (`schedules`) and real `seconds`, None: no budget. Raises
    UserError for negative numbers.
    """

    deviations: int | None = 2
    schedules: int | None = None
    seconds: float | None = None
    timeouts: int = 1

    def __post_init__(self) -> None:
        for name in ("deviations", "schedules", "seconds", "timeouts"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise UserError(f"{name} is {value}: a bound is 0 or more")

    def __str__(self) -> str:
        if self.deviations is None:
            return "any number of deviations from the friendly order"
        deviations = "deviation" if self.deviations == 1 else "deviations"
        return f"at most {self.deviations} {deviations} from the friendly order"
