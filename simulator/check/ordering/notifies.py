"""What O8 says of notifies: a wait goes on after a record, and each record lets one wait pass (rule f17)."""

from __future__ import annotations

from collections.abc import Callable

from simulator.base.trace import TaskRan
from simulator.base.wait_records import Passed
from simulator.check.ordering.facts import Facts, Key
from simulator.check.ordering.guarantee import at

_WAIT = "notify-wait"


class NotifyWaits:
    """The waits of one pass that have been let go, and by which records; those of callbacks are O3's."""

    def __init__(self, facts: Facts, complain: Callable[..., None]) -> None:
        self._facts = facts
        self._complain = complain
        # By waiting task: the place in the trace, and which record has let it pass.
        self._passed: dict[Key, tuple[int, Passed]] = {}
        self._used: dict[tuple[str, str, int], int] = {}

    def __repr__(self) -> str:
        return f"<{len(self._passed)} waits for notifies on their way>"

    def passed(self, index: int, record: Passed) -> None:
        """Note that a wait was let go, and that no other was by the same record."""
        launch = self._facts.launch(record.stream, record.seq)
        if launch is None or launch.submitted.kind != _WAIT:
            return  # a wait for a value, which may let any number pass
        self._passed[record.stream, record.seq] = (index, record)
        if record.source is None:
            return
        giver = (record.what, record.source, record.source_seq)
        before = self._used.setdefault(giver, index)
        if before != index:
            by = self._facts.describe(record.source, record.source_seq)
            text = f"{by} let two waits for notify {record.what} pass, the second {at(record.time)}"
            self._complain(text, before, index)

    def ran(self, index: int, task: TaskRan) -> None:
        """Judge a wait that leaves its stream."""
        launch = self._facts.launch(task.stream, task.seq)
        if task.kind != _WAIT or task.code or launch is None or launch.submitted.kind != _WAIT:
            return
        place, by = self._passed.pop((task.stream, task.seq), (-1, None))
        what = f"task {task.seq} of {task.stream} passed its wait for notify {task.name} {at(task.time)}"
        if by is None or by.source is None:
            self._complain(f"{what}, but nothing had recorded it", index)
        elif by.source_seq not in self._facts.stream(by.source).left:
            record = self._facts.describe(by.source, by.source_seq)
            self._complain(f"{what}, before its record ({record}) had run", place, index)
