"""Programs in which many callbacks meet on few report threads: where mistakes about order show soonest.

They are drawn with a chooser, as a run's order is, so that a number names a program in every version of every
library.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from simulator.app.kit.programs import (
    Copy,
    Ending,
    EventChoice,
    Fan,
    Kind,
    Launch,
    Plan,
    Rebind,
    Relay,
    ReporterPlan,
    Sleep,
    Step,
    StreamPlan,
    Sync,
)
from simulator.engine.choice import Chooser, Seeded

T = TypeVar("T")

_NUMBERS: Final = range(6)
_TIMEOUTS: Final = (-1, 1, 5)
_BOOLS: Final = (False, True)


def busy_plan(seed: int) -> Plan:
    """Return the busy program of that number."""
    return _Draw(Seeded(seed)).plan()


class _Draw:
    """Draws one program."""

    def __init__(self, chooser: Chooser) -> None:
        self._chooser = chooser
        self._usual: Final[tuple[Callable[[], Step], ...]] = (self._launch, self._fan, self._relay)
        self._any: Final = (*self._usual, self._copy, self._sync, self._rebind)

    def one(self, among: Sequence[T]) -> T:
        """Return one of the things, all equally likely."""
        return among[self._chooser.choose("program", among)]

    def plan(self) -> Plan:
        return Plan(
            contexts=(0,),
            streams=tuple(
                StreamPlan(0, self.one((0, 0, 1, None)), default=False) for _ in range(self.one((3, 4, 5)))
            ),
            reporters=tuple(ReporterPlan(5, None, self.one((0, 500))) for _ in range(self.one((1, 2)))),
            events=(EventChoice.NEW, EventChoice.DEFAULT),
            bodies=tuple((Sleep(self.one((0, 1, 40, 1000))),) for _ in range(2)),
            launchers=tuple(self._steps() for _ in range(self.one((1, 2)))),
            ending=self.one((Ending.DRAIN, Ending.QUIT)),
            queue_depth=None,
            report_depth=None,
        )

    def _steps(self) -> tuple[Step, ...]:
        kinds = (self._usual, self._any)
        return tuple(self.one(self.one(kinds))() for _ in range(self.one(range(4, 13))))

    def _number(self) -> int:
        return self.one(_NUMBERS)

    def _launch(self) -> Step:
        return Launch(self._number(), self._number(), self.one(_BOOLS))

    def _fan(self) -> Step:
        return Fan(self._number(), self.one(tuple(Kind)))

    def _relay(self) -> Step:
        again = self._number() if self.one(_BOOLS) else None
        return Relay(self._number(), self._number(), self._number(), again)

    def _copy(self) -> Step:
        return Copy(self._number(), self.one(range(4)))

    def _sync(self) -> Step:
        return Sync(self._number(), self.one(_TIMEOUTS))

    def _rebind(self) -> Step:
        return Rebind(self._number(), self._number())
