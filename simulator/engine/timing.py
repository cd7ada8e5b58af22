"""How far a run's order may part from its simulated times."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from simulator.base.errors import UserError

_RANGE: Final = ".."
_LARGEST: Final = 1_000_000.0


class Order(Enum):
    """Which pending device events may be the next one."""

    IN_TIME = "nominal"
    ANY = "untimed"


@dataclass(frozen=True, slots=True)
class Timing:
    """What of time a chooser may decide; a friendly run is the same under all of them.

    `order`: device events come in the order of their times, or those of different streams in any order. `factors`:
    each task takes as long as the costs say, or that times the first, or times the second. `timeouts`: so often a
    thread's timed wait at one line may end before something that is pending or could run (0: never).
    """

    order: Order = Order.IN_TIME
    factors: tuple[float, float] | None = None
    timeouts: int = 1

    def __str__(self) -> str:
        if self.factors is None:
            return self.order.value
        return _RANGE.join(f"{factor:g}" for factor in self.factors)


# What a run has unless it is explored: a thread may be slow, but not for as long as somebody's timeout.
NOMINAL: Final = Timing(timeouts=0)


def timing_of(text: str, timeouts: int | None = None) -> Timing:
    """Return the timing called "nominal", "untimed" or "LO..HI" (factors of durations, as in 0.5..2).

    *timeouts* is 1 where left out, 0 in nominal timing. Raises UserError for anything else.
    """
    orders = {order.value: order for order in Order}
    if timeouts is None:
        timeouts = NOMINAL.timeouts if text == NOMINAL.order.value else 1
    if text in orders:
        return Timing(orders[text], timeouts=timeouts)
    low, dots, high = text.partition(_RANGE)
    try:
        factors = float(low), float(high)
    except ValueError:
        factors = -1.0, -1.0
    if not dots or not 0 <= factors[0] <= factors[1] <= _LARGEST:
        msg = f"timing {text!r} does not exist: it is 'nominal', 'untimed', or factors of durations as in '0.5..2'"
        raise UserError(msg)
    return Timing(factors=factors, timeouts=timeouts)
