"""The chooser of systematic searches: friendly but for a few given points."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from simulator.engine.choice import name_of


class Guided:
    """Takes `value` at each `(position, value)` of *deviations*, positions counting choices from 0, else option 0.

    After the last of them it passes over options whose names are in *avoid*, as long as there are others: what they
    lead to has been seen.
    """

    friendly = False

    def __init__(self, deviations: Iterable[tuple[int, int]] = (), avoid: Collection[str] = ()) -> None:
        self._values = dict(deviations)
        self._last = max(self._values, default=-1)
        self._avoid = avoid
        self._position = -1

    def __repr__(self) -> str:
        return f"Guided({len(self._values)} deviations, at choice {self._position})"

    def choose(self, kind: str, among: Sequence[object]) -> int:  # noqa: ARG002 - the protocol's signature
        """Return what was asked for at this point, at most the last option."""
        self._position = position = self._position + 1
        value = self._values.get(position, 0)
        if value:
            return min(value, len(among) - 1)
        if self._avoid and position > self._last:
            return next((at for at, option in enumerate(among) if name_of(option) not in self._avoid), 0)
        return 0
