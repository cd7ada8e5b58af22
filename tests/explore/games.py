"""Small subjects without a runtime: what happens depends on answers alone, and failures are known beforehand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from simulator.base.memory_records import HostAccess
from simulator.base.trace import Chosen, Trace
from simulator.engine.choice import Chooser, Recorder
from simulator.explore.subject import Failure, Seen


@dataclass
class Game:
    """Asks each of `points` (kind, names); fails when `wrong` says so of the names that were taken."""

    points: Sequence[tuple[str, Sequence[str]]]
    wrong: Callable[[list[str]], bool]
    signature: tuple[str, ...] = ("error", "lost")
    name: str = "game"
    timed: bool = False
    runs: int = 0
    noise: list[str] = field(default_factory=list)

    def run(self, chooser: Chooser, *, detail: bool = False) -> Seen:
        self.runs += 1
        recorder, trace, taken = Recorder(chooser), Trace(), []
        for time, (kind, names) in enumerate(self.points):
            value = recorder.choose(kind, names)
            taken.append(names[value])
            if detail:
                trace.append(Chosen(time, kind, (*names, *self.noise[: self.runs]), value))
                # Whoever moves touches the board: the order of moves matters.
                trace.append(HostAccess(time, names[value], "move", (), (("board", 0, 1),), None))
        failure = Failure("error", self.signature, ("it went wrong",)) if self.wrong(taken) else None
        return Seen(failure, None, tuple(recorder.records), trace, hash(tuple(taken)), "", len(taken))


class Answers:
    """Takes given answers, then 0."""

    friendly = False

    def __init__(self, *answers: int) -> None:
        self._answers = iter(answers)

    def choose(self, kind: str, among: Sequence[object]) -> int:  # noqa: ARG002 - the protocol's signature
        return min(next(self._answers, 0), len(among) - 1)
