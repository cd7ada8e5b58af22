"""Recorded profiles: the durations in an `op_summary`, `task_time` or `kernel_details` file.

The files are the vendor's profilers' (CSV, one task a line, times in us). Their kind is told by the columns:
newer versions call "Block Num" what older ones called "Block Dim", and both are read.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final, NamedTuple

from simulator.base.errors import UserError
from simulator.costs.protocol import Measured

_NS_PER_US: Final = 1000
# What the profilers write where a task has no name, no model, no blocks.
_UNKNOWN: Final = frozenset({"", "N/A", "NA", "-"})
_LARGEST_FILE: Final = 1 << 30
_BLOCKS: Final = ("Block Num", "Block Dim", "block_num", "block_dim")


class _Kind(NamedTuple):
    """A kind of file: its name, and the columns of task, duration and model."""

    name: str
    task: str
    duration: str
    model: str


_KINDS: Final = (
    _Kind("op_summary", "Op Name", "Task Duration(us)", "Model ID"),
    _Kind("task_time", "kernel_name", "task_time(us)", ""),
    _Kind("kernel_details", "Name", "Duration(us)", "Model ID"),
)


@dataclass(frozen=True, slots=True)
class Recording:
    """What a file holds: the runs of each task by name, and of each model by its "Model ID"."""

    file: str
    kind: str
    tasks: Mapping[str, Sequence[Measured]]
    models: Mapping[int, Sequence[Measured]]

    def __repr__(self) -> str:
        return f"<{self.kind} {self.file} with {len(self.tasks)} names>"


def read_recording(path: str | Path) -> Recording:
    """Read a recorded profile; raises UserError with file, line and column for what cannot be one."""
    file, name = Path(path), str(path)
    try:
        if file.stat().st_size > _LARGEST_FILE:
            raise UserError(f"{name}: the file is larger than 1 GiB; cut it to the runs of interest")
        with file.open(encoding="utf-8-sig", newline="") as lines:
            return _read(csv.reader(lines, strict=True), name)
    except FileNotFoundError:
        raise UserError(f"{name}: there is no such file; check the path") from None
    except OSError as error:
        raise UserError(f"{name}: the file cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UserError(f"{name}: this is not UTF-8 text; give the .csv that the profiler exports") from None
    except csv.Error as error:
        raise UserError(
            f"{name}: this is not CSV: {error}; give the .csv that the profiler exports"
        ) from None


def _read(rows: Iterator[list[str]], file: str) -> Recording:
    header = [cell.strip() for cell in next(rows, [])]
    kind = next((kind for kind in _KINDS if kind.task in header and kind.duration in header), None)
    if kind is None:
        wanted = "; ".join(f"{kind.name}: '{kind.task}' and '{kind.duration}'" for kind in _KINDS)
        found = ", ".join(cell for cell in header[:8] if cell) or "nothing"
        raise UserError(
            f"{file}:1: the first line has none of the columns that tell durations ({wanted}); found: {found}"
        )
    name_at, time_at = header.index(kind.task), header.index(kind.duration)
    model_at = header.index(kind.model) if kind.model in header else None
    blocks_at = next((header.index(name) for name in _BLOCKS if name in header), None)
    tasks: dict[str, list[Measured]] = {}
    models: dict[int, _Rounds] = {}
    for line, row in enumerate(rows, start=2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) < len(header):
            raise UserError(
                f"{file}:{line}: the line has {len(row)} cells and the header {len(header)}; is the file whole?"
            )
        name = row[name_at].strip()
        if name in _UNKNOWN or row[time_at].strip() in _UNKNOWN:
            continue
        duration = _duration(row[time_at], file, line, kind.duration)
        blocks = "" if blocks_at is None else row[blocks_at].strip()
        measured = Measured(duration, int(blocks) if blocks.isdecimal() else 0)
        tasks.setdefault(name, []).append(measured)
        number = "" if model_at is None else row[model_at].strip()
        if number.isdecimal():
            models.setdefault(int(number), _Rounds()).add(name, measured)
    if not tasks:
        raise UserError(f"{file}: no line of the file has a name and a duration; nothing could be replayed")
    return Recording(file, kind.name, tasks, {number: rounds.runs for number, rounds in models.items()})


def _duration(text: str, file: str, line: int, column: str) -> int:
    try:
        duration = Decimal(text.strip())
    except InvalidOperation:
        duration = Decimal(-1)
    if not duration.is_finite() or duration < 0:
        raise UserError(
            f"{file}:{line}: column '{column}' is {text.strip()!r}: it must be a duration in us, such as 12.5"
        )
    return int(duration * _NS_PER_US)


class _Rounds:
    """Sums the tasks of a model run by run: the n-th line of a task belongs to the n-th run."""

    __slots__ = ("_seen", "runs")

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}
        self.runs: list[Measured] = []

    def add(self, name: str, measured: Measured) -> None:
        """Add one task to the run it belongs to; a run takes as many cores as its widest task."""
        at = self._seen[name] = self._seen.get(name, -1) + 1
        if at == len(self.runs):
            self.runs.append(Measured(0, 0))
        duration, cores = self.runs[at]
        self.runs[at] = Measured(duration + measured.duration_ns, max(cores, measured.cores))
