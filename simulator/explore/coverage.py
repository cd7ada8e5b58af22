"""What an exploration has tried: how many runs, how many different ones, which choices."""

from __future__ import annotations

from dataclasses import dataclass, field

from simulator.explore.search import Point, Result


@dataclass(slots=True, repr=False)
class Coverage:
    """Counts over the runs of one exploration.

    A point is a kind of choice and the participant it was about; for each, which options were ever taken, and the
    most there ever were.
    """

    schedules: int = 0
    _fingerprints: set[int | str] = field(default_factory=set)
    _tried: dict[Point, set[int]] = field(default_factory=dict)
    _options: dict[Point, int] = field(default_factory=dict)
    end_states: set[str] = field(default_factory=set)

    def __repr__(self) -> str:
        return f"<coverage of {self.schedules} runs: {self}>"

    def __str__(self) -> str:
        tried, options = self.values
        return f"{self.points} choice points seen, {tried} of {options} options tried"

    def add(self, result: Result) -> None:
        """Count a run."""
        self.schedules += 1
        self._fingerprints.add(result.fingerprint)
        self.end_states.add(result.end_state)
        seen = set(zip(result.points, result.values, result.options, strict=True))
        for point, value, options in seen:
            self._tried.setdefault(point, set()).add(value)
            self._options[point] = max(self._options.get(point, 0), options)

    @property
    def distinct(self) -> int:
        """How many runs did not just repeat another one."""
        return len(self._fingerprints)

    @property
    def points(self) -> int:
        """How many different choice points have come up."""
        return len(self._tried)

    @property
    def timeouts(self) -> bool:
        """Whether the time of some wait could be up before something else."""
        return any(kind == "timeout" for kind, _ in self._tried)

    @property
    def values(self) -> tuple[int, int]:
        """How many of their options were taken at least once, and how many there are."""
        return sum(map(len, self._tried.values())), sum(self._options.values())
