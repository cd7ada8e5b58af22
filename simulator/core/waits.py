"""Tasks that wait with a time limit, and the two sides of notifies of the program's own (rules f15, f17)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.base.wait_records import Held, Passed
from simulator.core.gates import Gate
from simulator.core.signals import NotifyFlag
from simulator.core.tasks import NotifyWaitTask, Task, WaitTask

if TYPE_CHECKING:
    from simulator.core.signals import Signal
    from simulator.core.streams import Stream
    from simulator.engine.kernel import Kernel


class TimedWaitTask(WaitTask):
    """Hold the stream until a signal is set, for `limit` ns at most: then the task fails with `code`."""

    __slots__ = ("code", "limit")

    def __init__(self, signal: Signal, limit: int, code: int) -> None:
        super().__init__(signal)
        self.limit = limit
        self.code = code

    def begin(self, stream: Stream) -> bool:
        """Start at the head of *stream*; True when the signal is set."""
        if self.signal.time is not None:
            return True
        self.signal.hold(Gate(stream, self, self.signal, self.limit, self.code))
        return False


class SharedFlag(NotifyFlag):
    """The flag of a notify of the program's own. `giver` is the task that has set it, `users` who shares it."""

    __slots__ = ("giver", "users")

    def __init__(self, label: str) -> None:
        super().__init__(label)
        self.giver: tuple[Stream, int] | None = None
        self.users = 0

    def give(self, stream: Stream) -> None:
        """Set the flag, by the head of *stream*: one wait passes, now or later; a flag that is set stays as it is."""
        if self.time is None:
            self.giver = stream, stream.done + 1
            self.set(stream.kernel)

    def set(self, kernel: Kernel) -> None:
        """Let one waiting stream pass, the first unless somebody chooses, or keep the flag for the next one."""
        waiting = self.waiters
        if not waiting:
            super().set(kernel)
            return
        chosen = waiting.pop(kernel.choose("waiter", waiting))
        if isinstance(chosen, Gate):
            note_passed(chosen.stream, chosen.seq, self.label, self.giver)
        kernel.after(0, chosen.finish_entry)


class NotifyRecordTask(Task):
    """Set a notify."""

    __slots__ = ("flag",)
    kind = "notify-record"

    def __init__(self, flag: SharedFlag) -> None:
        self.flag = flag

    @property
    def name(self) -> str:
        """The notify's."""
        return self.flag.label

    def begin(self, stream: Stream) -> bool:
        """Set the notify; complete at once."""
        self.flag.give(stream)
        return True


class NotifyGateTask(NotifyWaitTask):
    """Wait for a notify of the program's own and clear it, for `limit` ns at most (0: for ever)."""

    __slots__ = ("code", "limit")

    def __init__(self, flag: SharedFlag, limit: int, code: int) -> None:
        super().__init__(flag)
        self.limit = limit
        self.code = code

    def begin(self, stream: Stream) -> bool:
        """Start at the head of *stream*; True when the notify was set, which it then is no more."""
        flag = self.signal
        if flag.time is not None:
            flag.clear()
            note_passed(stream, stream.done + 1, flag.label, getattr(flag, "giver", None))
            return True
        if stream.trace is not None:
            stream.trace.append(Held(stream.kernel.now, stream.label, stream.done + 1, flag.label))
        flag.hold(Gate(stream, self, flag, self.limit, self.code))
        return False


def note_passed(
    stream: Stream, seq: int, what: str, giver: tuple[Stream, int] | None, thread: str | None = None
) -> None:
    """Record that task *seq* of *stream* goes on, and what has let it."""
    if stream.trace is not None:
        source, source_seq = (None, 0) if giver is None else (giver[0].label, giver[1])
        stream.trace.append(Passed(stream.kernel.now, stream.label, seq, what, source, source_seq, thread))
