"""A flag that streams can wait for: the device side of events and notifies."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.core.gates import Gate
    from simulator.core.streams import Stream
    from simulator.engine.kernel import Kernel


class Signal:
    """Set at a time, or not set (`time` is None); `waiters` are the streams whose head waits for it.

    `source` and `source_seq` are the stream and task of the record that sets it, for explanations and for rule f6.
    Few signals are ever waited for: `waiters` is None until then.
    """

    __slots__ = ("label", "source", "source_seq", "time", "waiters")
    label: str
    source: Stream | None
    source_seq: int
    time: int | None
    waiters: list[Stream | Gate] | None

    def __repr__(self) -> str:
        state = "not set" if self.time is None else f"set at {self.time} ns"
        return f"<signal {self.label} {state}, {len(self.waiters or ())} waiting>"

    def hold(self, stream: Stream | Gate) -> None:
        """Let *stream* wait for the flag; it is not set."""
        if self.waiters is None:
            self.waiters = [stream]
        else:
            self.waiters.append(stream)

    def let_go(self, stream: Stream | Gate) -> bool:
        """Forget that *stream* waits; False when it does not wait any more."""
        if self.waiters is None or stream not in self.waiters:
            return False
        self.waiters.remove(stream)
        return True

    def set(self, kernel: Kernel) -> None:
        """Set the flag now and let every waiting stream go on.

        The streams go on through the event queue and not by a direct call: a chain of a thousand waits must
        not be a thousand calls deep, and their order is a choice.
        """
        self.time = kernel._now  # noqa: SLF001 - no call on the hot path
        if self.waiters:
            for stream in self.waiters:
                kernel.after(0, stream.finish_entry)
            self.waiters = None

    def clear(self) -> None:
        """Take the flag back; streams that wait from now on need the next `set`."""
        self.time = None


class Flag(Signal):
    """A signal of its own, set by whoever has it: of an event of the old kind, of a subscription."""

    __slots__ = ()

    def __init__(self, label: str) -> None:
        self.label = label
        self.source = None
        self.source_seq = 0
        self.time = None
        self.waiters = None


class NotifyFlag(Flag):
    """A binary notify: one record lets one wait pass, and several before it count as one (rule f17)."""

    __slots__ = ()

    def set(self, kernel: Kernel) -> None:
        """Let the first waiting stream pass, or keep the flag for the next one."""
        if self.waiters:
            kernel.after(0, self.waiters.pop(0).finish_entry)
        else:
            self.time = kernel.now
