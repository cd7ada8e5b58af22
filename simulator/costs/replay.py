"""Costs from a recorded profile: models take the durations that were measured, in the order of the file.

A model is found under its name among the tasks, or, when its side file gives its "Model ID", as the sum of
the tasks of that model, run by run. After the last recorded run the first comes again. What was not recorded
costs what the SoC profile says; so do copies, whose lines in a profile do not tell their sizes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from simulator.costs.protocol import Direction, Measured

if TYPE_CHECKING:
    from simulator.costs.protocol import Costs
    from simulator.costs.recording import Recording

_SHOWN: Final = 5


class ReplayCosts:
    """Recorded durations by name, and another cost model for everything else."""

    def __init__(self, recording: Recording, otherwise: Costs) -> None:
        self._recording = recording
        self._otherwise = otherwise
        # How many runs each model has taken, in the order of loading; None for a model not in the file.
        self._taken: dict[str, int | None] = {}
        self._known: dict[str, int] = {}
        self._models: set[int] = set()

    @property
    def report_ns(self) -> int:
        """From a callback task reaching the head of its stream to its report being visible to the host."""
        return self._otherwise.report_ns

    def execute_ns(self, latency_ns: int) -> int:
        """Return the duration of a run that was not recorded."""
        return self._otherwise.execute_ns(latency_ns)

    def recorded(self, name: str, model_id: int | None) -> Iterator[Measured] | None:
        """Return the runs recorded of a model, again and again; None when the file has none."""
        runs = self._recording.models.get(model_id) if model_id is not None else None
        if runs is not None and model_id is not None:
            self._models.add(model_id)
        else:
            runs = self._recording.tasks.get(name)
        if runs is None:
            self._taken.setdefault(name, None)
            return None
        self._known[name] = len(runs)
        self._taken[name] = self._taken.get(name) or 0
        return self._replay(name, runs)

    def _replay(self, name: str, runs: Sequence[Measured]) -> Iterator[Measured]:
        while True:
            taken = self._taken[name] or 0
            self._taken[name] = taken + 1
            yield runs[taken % len(runs)]

    def copy_ns(self, direction: Direction, size: int) -> int:
        """Return the duration of a copy of *size* bytes, from the other cost model."""
        return self._otherwise.copy_ns(direction, size)

    def set_ns(self, size: int) -> int:
        """Return the duration of filling *size* bytes, from the other cost model."""
        return self._otherwise.set_ns(size)

    def report(self) -> tuple[str, ...]:
        """Say what of the file was replayed, which models were not in it, and what matched no model."""
        recording = self._recording
        lines = []
        for name, taken in self._taken.items():
            if taken is None:
                lines.append(f"costs: {name} is not in {recording.file}; its declared latency was used")
            else:
                known = self._known[name]
                lines.append(
                    f"costs: {name} ran {taken} times on {known} recorded durations of {recording.file}"
                )
        unused = sorted(set(recording.tasks) - set(self._known)) if not self._models else []
        others = sorted(set(recording.models) - self._models) if self._models else []
        if unused:
            shown = ", ".join(unused[:_SHOWN]) + (", …" if len(unused) > _SHOWN else "")
            lines.append(f"costs: {len(unused)} names of {recording.file} matched no model: {shown}")
        if others:
            shown = ", ".join(str(number) for number in others[:_SHOWN])
            lines.append(f"costs: Model ID {shown} of {recording.file} matched no model")
        return tuple(lines)

    def __repr__(self) -> str:
        return f"ReplayCosts({self._recording.file})"
