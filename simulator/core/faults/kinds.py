"""Which faults can be declared, and what each of them says: the one table behind texts, files and strategies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final


class FaultKind(Enum):
    """What goes wrong; the value is the first word of a fault's text."""

    CALL = "call"
    TASK = "task"
    REPORT_LOST = "report.lost"
    REPORT_LATE = "report.late"
    REPORT_DOUBLED = "report.doubled"
    REPORTER_DIES = "reporter.dies"
    DEVICE_LOST = "device.lost"
    LIMIT = "limit"
    QUEUE_FULL = "queue.full"
    REPORTS_FULL = "reports.full"
    TEARDOWN = "unsynchronised_teardown"

    def __repr__(self) -> str:
        return f"FaultKind.{self.name}"


class Unit(Enum):
    """What the number behind `=` counts: an aclError, simulated time in ns, or things (bytes for memory)."""

    CODE = "CODE"
    DURATION = "DURATION"
    AMOUNT = "AMOUNT"


@dataclass(frozen=True, slots=True)
class Shape:
    """What a kind of fault takes besides its name; "" is for what it does not take.

    `what` and `where` are what files call the two names, `value` what they call the number of `unit`. `counted`
    kinds may say which occasion is meant, `timed` ones take a time. What is in `needs` cannot be left out.
    """

    says: str
    what: str = ""
    where: str = ""
    counted: bool = True
    timed: bool = False
    unit: Unit | None = None
    value: str = ""
    needs: tuple[str, ...] = ()

    def form(self, kind: FaultKind) -> str:
        """Return how a fault of this kind is written: "report.late[:CALLBACK][/STREAM][#N]=DURATION[?]"."""

        def part(mark: str, name: str, field: str) -> str:
            text = f"{mark}{name.upper()}"
            return "" if not name else text if field in self.needs else f"[{text}]"

        unit = "" if self.unit is None else self.unit.value
        nth = "[#N[+]]" if self.counted else ""
        at = part("@", "TIME" if self.timed else "", "at")
        names = part(":", self.what, "what") + part("/", self.where, "where")
        return f"{kind.value}{names}{nth}{at}{part('=', unit, 'value')}[?]"


_REPORT: Final = "the report of the N-th callback of that name (every one's without #N)"

SHAPES: Final[Mapping[FaultKind, Shape]] = MappingProxyType(
    {
        FaultKind.CALL: Shape(
            "the N-th call of a function (every call without #N) returns a code and does nothing",
            what="function",
            where="thread",
            unit=Unit.CODE,
            value="code",
            needs=("what", "value"),
        ),
        FaultKind.TASK: Shape(
            "the N-th model run, copy or set of that name or kind fails with a code, 507015 unless said",
            what="task",
            where="stream",
            unit=Unit.CODE,
            value="code",
        ),
        FaultKind.REPORT_LOST: Shape(f"{_REPORT} never arrives", what="callback", where="stream"),
        FaultKind.REPORT_LATE: Shape(
            f"{_REPORT} arrives so much later",
            what="callback",
            where="stream",
            unit=Unit.DURATION,
            value="by",
            needs=("value",),
        ),
        FaultKind.REPORT_DOUBLED: Shape(
            f"{_REPORT} arrives twice: its function runs twice, its stream is released once",
            what="callback",
            where="stream",
        ),
        FaultKind.REPORTER_DIES: Shape(
            "the N-th process_report (any one without #N) ends its thread by an exception", where="thread"
        ),
        FaultKind.DEVICE_LOST: Shape(
            "at a time, or before its N-th task, the device (0 unless said) stops answering: what is pending fails "
            "with a code, 507010 unless said, and so does every later submit and sync",
            where="device",
            timed=True,
            unit=Unit.CODE,
            value="code",
        ),
        FaultKind.LIMIT: Shape(
            "each device has no more of a resource than that",
            what="resource",
            counted=False,
            unit=Unit.AMOUNT,
            value="most",
            needs=("what", "value"),
        ),
        FaultKind.QUEUE_FULL: Shape(
            "the task queue of a stream (of every stream unless said) takes nothing from a time on, for so long",
            where="stream",
            counted=False,
            timed=True,
            unit=Unit.DURATION,
            value="for",
            needs=("value", "at"),
        ),
        FaultKind.REPORTS_FULL: Shape(
            "the report queue of a thread (of every one unless said) takes nothing from a time on, for so long",
            where="thread",
            counted=False,
            timed=True,
            unit=Unit.DURATION,
            value="for",
            needs=("value", "at"),
        ),
        FaultKind.TEARDOWN: Shape(
            "destroying, resetting or finalising with callbacks pending that no synchronise has waited for loses the "
            "device, with 507010, or 507901 where the link is closed",
            what="function",
            unit=Unit.CODE,
            value="code",
        ),
    }
)

# What can be limited, and the figure of the profile that says how many there are.
RESOURCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "streams": "streams",
        "events": "events",
        "notifies": "notifies",
        "groups": "callback_groups",
        "tasks": "queue_depth",
        "reports": "callback_cq_depth",
        "memory": "memory_bytes",
    }
)
# Operations that take something down, by their short names (rules e9, g2, g6, g7, g10); True where the link to the
# device is closed with it.
TEARDOWNS: Final[Mapping[str, bool]] = MappingProxyType(
    {
        "destroy_stream": False,
        "destroy_stream_force": False,
        "destroy_context": False,
        "reset_device": True,
        "reset_device_force": True,
        "finalize": True,
        "finalize_reference": True,
    }
)
