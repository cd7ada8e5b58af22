"""Programs over the public API as plain data: what hypothesis draws, shrinks and prints, and what `world` runs.

Numbers that name a stream, an event or a callback are taken modulo how many there are, so that every step
stays meaningful while a program shrinks.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

SOCS = ("Ascend310", "Ascend310P", "Ascend310B", "Ascend910", "Ascend910B", "Ascend910_93", "Ascend950")
# What a program waits for when it waits for ever.
UNTIMED = -1


class Launch(NamedTuple):
    """Launch a callback: which body, blocking or not."""

    stream: int
    body: int
    block: bool


class Kind(Enum):
    """What a fan launches."""

    NO_BLOCK = 0
    BLOCK = 1
    HOST_FUNC = 2


class Fan(NamedTuple):
    """Launch one callback on every stream, so that report threads find several reports at once."""

    body: int
    kind: Kind


class HostFunc(NamedTuple):
    """Launch a function for the runtime's own thread."""

    stream: int
    body: int


class Execute(NamedTuple):
    """Queue a model run."""

    stream: int
    model: int


class Copy(NamedTuple):
    """Queue a copy: 0 to the device, 1 from it, 2 inside it, 3 to it from pageable memory (rule h5)."""

    stream: int
    way: int


class Fill(NamedTuple):
    """Queue a memset of device memory."""

    stream: int


class Record(NamedTuple):
    """Record an event."""

    event: int
    stream: int


class WaitEvent(NamedTuple):
    """Make a stream wait for an event."""

    stream: int
    event: int


class Relay(NamedTuple):
    """Run a model on one stream, record an event behind it, and make another busy stream wait for that.

    `again` records the event once more elsewhere, which must not matter to the wait (rule f6).
    """

    event: int
    first: int
    second: int
    again: int | None


class ResetEvent(NamedTuple):
    """Reset an event's flag."""

    event: int
    stream: int


class Sync(NamedTuple):
    """Synchronise a stream, -1 ms for ever."""

    stream: int
    timeout: int


class SyncEvent(NamedTuple):
    """Synchronise an event."""

    event: int
    timeout: int


class SyncDevice(NamedTuple):
    """Synchronise the context of a stream."""

    stream: int
    timeout: int


class Query(NamedTuple):
    """Query a stream so many times at most, until it is complete."""

    stream: int
    times: int


class QueryEvent(NamedTuple):
    """Query an event."""

    event: int


class Sleep(NamedTuple):
    """Work on the host for so many microseconds."""

    us: int


class Passing(NamedTuple):
    """Create a stream beside another one, run a model there, and destroy it."""

    stream: int
    force: bool


class Rebind(NamedTuple):
    """Unsubscribe a stream and subscribe it to another report thread."""

    stream: int
    reporter: int


Step = (
    Launch
    | Fan
    | HostFunc
    | Execute
    | Copy
    | Fill
    | Record
    | WaitEvent
    | Relay
    | ResetEvent
    | Sync
    | SyncEvent
    | SyncDevice
    | Query
    | QueryEvent
    | Sleep
    | Passing
    | Rebind
)
Steps = tuple[Step, ...]


class EventChoice(Enum):
    """How an event is created."""

    DEFAULT = "create_event"
    OLD_SYNC = "create_event_with_flag(SYNC)"
    NEW = "create_event_ex_with_flag(SYNC)"


class StreamPlan(NamedTuple):
    """A stream: its context, its report thread (None: nobody), and whether it is the context's default stream."""

    context: int
    reporter: int | None
    default: bool


class ReporterPlan(NamedTuple):
    """A report thread: its timeout per poll, how often it polls (None: until told to stop), and from when on."""

    timeout: int
    polls: int | None
    late_us: int


class Ending(Enum):
    """What the program does when its launchers have ended."""

    DRAIN = "synchronise until every callback has run"
    RESET = "reset the devices at once"
    FINALIZE = "finalize at once"
    QUIT = "just end"


class Plan(NamedTuple):
    """A whole program. `contexts` gives each context's device; the first on a device is its primary one."""

    contexts: tuple[int, ...]
    streams: tuple[StreamPlan, ...]
    reporters: tuple[ReporterPlan, ...]
    events: tuple[EventChoice, ...]
    bodies: tuple[Steps, ...]
    launchers: tuple[Steps, ...]
    ending: Ending
    queue_depth: int | None
    report_depth: int | None
