"""Events of the old and the new kind (rules f1-f14)."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, IntFlag
from typing import TYPE_CHECKING

from simulator.base.lifecycle import Lifecycle
from simulator.base.profile import Lowering
from simulator.base.trace import EVENT_RECORDED
from simulator.core.signals import Flag, Signal
from simulator.engine.wait import Wait

if TYPE_CHECKING:
    from simulator.core.devices import Device
    from simulator.core.streams import Stream
    from simulator.engine.hosts.sites import Site


class EventFlag(IntFlag):
    """Creation flags as the API has them (rule f1); DEFAULT_SYNC is the internal bit of create_event."""

    SYNC = 1
    CAPTURE_STREAM_PROGRESS = 2
    DEFAULT_SYNC = 4
    TIME_LINE = 8
    DEVICE_USE_ONLY = 0x10
    EXTERNAL = 0x20
    IPC = 0x40


# Rule f5: kinds that hold none of these bits have no wait task at all.
_WAITABLE = int(EventFlag.SYNC | EventFlag.EXTERNAL | EventFlag.IPC | EventFlag.DEFAULT_SYNC)
_ALONE = (EventFlag.DEVICE_USE_ONLY, EventFlag.EXTERNAL)
# An event that is never queried must not keep every wait there ever was.
_PRUNE = 64
_EX_FLAGS = EventFlag.SYNC | 2 | 4 | EventFlag.TIME_LINE | EventFlag.IPC


class EventKind(Enum):
    """Which family of calls made the event (rule f2)."""

    OLD = "old"
    NEW = "new"


def flags_stand_alone(flags: int) -> bool:
    """Tell whether flags that must stand alone do so (rule f1, both create calls)."""
    return all(not flags & bit or flags == bit for bit in _ALONE)


def ex_flags_valid(flags: int) -> bool:
    """Tell whether create_event_ex_with_flag takes *flags* (rule f1): one of the bits, none outside them."""
    alone = flags == EventFlag.IPC or not flags & EventFlag.IPC
    return bool(flags & _EX_FLAGS) and not flags & ~int(_EX_FLAGS) and alone


class Event:
    """An event; each record makes a new recording, and waits bind to the one that is latest when called.

    `latest` is the last recording asked for, `flag` the device-side flag of the old kind: a reset clears it.
    `site` is where the program made it.
    """

    __slots__ = (
        "_prune_at",
        "device",
        "flag",
        "flags",
        "handle",
        "kind",
        "label",
        "latest",
        "life",
        "number",
        "records_outside",
        "site",
        "sync_waits",
        "wait_tasks",
        "waits_outside",
    )

    def __init__(self, device: Device, label: str, kind: EventKind, flags: int, *, site: Site = None) -> None:
        self.device = device
        self.label = label
        self.kind = kind
        self.flags = flags
        self.handle = 0
        # The event id it has taken of its device (rule f3).
        self.number: int | None = None
        self.life = Lifecycle("event", label)
        self.latest: Signal | None = None
        self.flag = Flag(label)
        self.site = site
        self.sync_waits: list[tuple[Signal, Wait]] = []
        # Wait tasks that may still be on their streams: (stream, seq).
        self.wait_tasks: list[tuple[Stream, int]] = []
        # Whether its records and waits are for the outside of a capture; None before the first: it may not change
        # (rule f15).
        self.records_outside: bool | None = None
        self.waits_outside: bool | None = None
        self._prune_at = _PRUNE

    def __repr__(self) -> str:
        return f"<event {self.label} {self.kind.value} {self.life.state}, latest {self.latest!r}>"

    def __str__(self) -> str:
        return self.label

    @property
    def has_wait_task(self) -> bool:
        """True for kinds that streams can wait for (rule f5); on 950 DEVICE_USE_ONLY counts too."""
        # Plain ints: operators of flags cost a microsecond, and every wait asks.
        if self.flags & _WAITABLE:
            return True
        notify_family = self.device.profile.lowering is Lowering.NOTIFY
        return notify_family and bool(self.flags & EventFlag.DEVICE_USE_ONLY)

    @property
    def timed(self) -> bool:
        """True when the event takes time stamps: TIME_LINE and the default event (rule f13)."""
        return bool(self.flags & (EventFlag.TIME_LINE | EventFlag.DEFAULT_SYNC))

    @property
    def complete_now(self) -> bool:
        """True when there is a latest recording and the device has reached it."""
        return self.latest is not None and self.latest.time is not None

    def complete(self, recording: Signal, stream: Stream) -> None:
        """Mark *recording* as reached; called when its task is at the head of its stream."""
        kernel, trace = stream.kernel, self.device.trace
        recording.set(kernel)
        self.flag.set(kernel)
        if trace is not None:
            trace.append_raw((EVENT_RECORDED, kernel.now, self.label, stream.label, recording.source_seq))
        if self.sync_waits:
            due = [wait for signal, wait in self.sync_waits if signal is recording]
            self.sync_waits = [entry for entry in self.sync_waits if entry[0] is not recording]
            for wait in due:
                wait.fire()

    def give_up(self, lost: Callable[[Signal], bool]) -> None:
        """Let everybody go who synchronises with a recording that is *lost*: it will never be reached."""
        due = [entry for entry in self.sync_waits if entry[0].time is None and lost(entry[0])]
        self.sync_waits = [entry for entry in self.sync_waits if entry not in due]
        for _, wait in due:
            wait.fire()

    def waited_for(self, stream: Stream, seq: int) -> None:
        """Remember a wait task of this event; tasks that are done are forgotten now and then."""
        self.wait_tasks.append((stream, seq))
        if len(self.wait_tasks) > self._prune_at:
            self.wait_tasks_left()
            self._prune_at = max(_PRUNE, 2 * len(self.wait_tasks))

    def wait_tasks_left(self) -> bool:
        """Tell whether a wait task of this event is still on a stream (rule f10)."""
        self.wait_tasks = [(stream, seq) for stream, seq in self.wait_tasks if stream.done < seq]
        return bool(self.wait_tasks)
