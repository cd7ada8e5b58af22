"""A declared fault as data: checked, comparable, and with a text that reads back as the same fault."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypedDict

from simulator.base.errors import UserError
from simulator.base.units import format_duration, format_size, parse_duration, parse_size
from simulator.core.faults.kinds import RESOURCES, SHAPES, TEARDOWNS, FaultKind, Unit

_SPEC: Final = re.compile(
    r"(?P<kind>[^:/#=@?]+)(?::(?P<what>[^/#=@?]+))?(?:/(?P<where>[^#=@?]+))?(?:#(?P<nth>[0-9]{1,9})(?P<onwards>\+)?)?"
    r"(?:@(?P<at>[^=?]+))?(?:=(?P<value>[^@?]+))?(?P<maybe>\?)?"
)
_MARKS: Final = frozenset("#=@?")
_LONGEST: Final = 200
_MOST_NTH: Final = 999_999_999
_MOST_CODE: Final = 0xFFFF_FFFF
_ANY_KIND: Final = "KIND[:WHAT][/WHERE][#N[+]][@TIME][=VALUE][?]"


class Fields(TypedDict):
    """The fields of a `DeclaredFault`, as they are read from a text or a file."""

    kind: FaultKind
    what: str | None
    where: str | None
    nth: int | None
    onwards: bool
    value: int | None
    at: int | None
    maybe: bool


@dataclass(frozen=True, slots=True, repr=False)
class DeclaredFault:
    """One fault of a plan. Raises `UserError` for what its kind does not take.

    `what` it falls on (a function, a task, a callback) and `where` (a stream, a thread, a device) are names as
    traces show them; None is any. `nth` counts its occasions from 1, with `onwards` all from there on; None is
    every one. `value` is a code, ns, or how many; `at` is ns. A fault that
    `maybe` happens is a choice point of kind "fault" at each of its occasions.
    """

    kind: FaultKind
    what: str | None = None
    where: str | None = None
    nth: int | None = None
    onwards: bool = False
    value: int | None = None
    at: int | None = None
    maybe: bool = False

    def __post_init__(self) -> None:
        """Refuse what the kind does not take, and what could not be written down."""
        wrong = self._wrong()
        if wrong:
            raise UserError(f"fault {self.spec!r}: {wrong}; it is written {self.form}")

    def __repr__(self) -> str:
        return f"parse_fault({self.spec!r})"

    @property
    def form(self) -> str:
        """How faults of this kind are written."""
        return SHAPES[self.kind].form(self.kind)

    @property
    def spec(self) -> str:
        """The text of the fault, which `acl_api.faults.parse_fault` reads back."""
        marked = (
            self.kind.value,
            "" if self.what is None else f":{self.what}",
            "" if self.where is None else f"/{self.where}",
            "" if self.nth is None else f"#{self.nth}",
            "+" if self.onwards else "",
            "" if self.at is None else f"@{self.at if self.at < 0 else format_duration(self.at)}",
            "" if self.value is None else f"={self._value_text(self.value)}",
            "?" if self.maybe else "",
        )
        return "".join(marked)

    def _value_text(self, value: int) -> str:
        unit = SHAPES[self.kind].unit
        if value < 0 or unit is Unit.CODE:
            return str(value)
        if unit is Unit.DURATION:
            return format_duration(value)
        return format_size(value) if self.what == "memory" else str(value)

    def _wrong(self) -> str:
        too_long = f"it is longer than {_LONGEST} characters" if len(self.spec) > _LONGEST else ""
        return self._not_taken() or self._missing() or self._bad_name() or self._bad_number() or too_long

    def _not_taken(self) -> str:
        shape = SHAPES[self.kind]
        given = {
            "what": self.what is not None and not shape.what,
            "where": self.where is not None and not shape.where,
            "#": (self.nth is not None or self.onwards) and not shape.counted,
            "value": self.value is not None and shape.unit is None,
            "time": self.at is not None and not shape.timed,
        }
        refused = next((name for name, wrong in given.items() if wrong), None)
        return "" if refused is None else f"{self.kind.value} takes no {refused}"

    def _missing(self) -> str:
        shape = SHAPES[self.kind]
        marked = {
            "what": f":{shape.what.upper()}",
            "value": f"={shape.unit.value if shape.unit else ''}",
            "at": "@TIME",
        }
        for name in shape.needs:
            if getattr(self, name) is None:
                return f"{self.kind.value} lacks its {marked[name]}"
        if self.kind is FaultKind.DEVICE_LOST and (self.at is None) == (self.nth is None):
            return "say either at what time or before which task"
        return "which occasion is it to begin with" if self.onwards and self.nth is None else ""

    def _bad_name(self) -> str:
        for name, marks in ((self.what, _MARKS | {"/"}), (self.where, _MARKS)):
            if name is not None and (
                name != name.strip() or not name.isprintable() or marks & set(name) or not name
            ):
                return f"{name!r} is no name that can be written down"
        if self.kind is FaultKind.LIMIT and self.what not in RESOURCES:
            return f"what can be limited is {', '.join(RESOURCES)}"
        if self.kind is FaultKind.TEARDOWN and self.what is not None and self.what not in TEARDOWNS:
            return f"what takes something down is {', '.join(TEARDOWNS)}"
        if self.kind is FaultKind.DEVICE_LOST and not (self.where or "0").isdecimal():
            return f"{self.where!r} is no number of a device"
        return ""

    def _bad_number(self) -> str:
        if self.nth is not None and not 1 <= self.nth <= _MOST_NTH:
            return "occasions are counted from 1, and not that far"
        if self.at is not None and self.at < 0:
            return "a time is not negative"
        least = 0 if SHAPES[self.kind].unit is Unit.DURATION else 1
        if (
            self.value is not None
            and not least <= self.value <= _MOST_CODE
            and SHAPES[self.kind].unit is Unit.CODE
        ):
            return f"{self.value} is no code of a failure"
        return "" if self.value is None or self.value >= least else f"{self.value} is too small"


def fields_of(text: str, code: Callable[[str], int]) -> Fields:
    """Take the text of a fault apart; *code* reads an aclError's number or name.

    Raises `UserError` that says what is wrong and how it is written.
    """
    match = _SPEC.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    if match is None:
        raise UserError(f"fault {text[:_LONGEST]!r} cannot be read: it is written {_ANY_KIND}")
    kind = _kind(match["kind"], text)
    nth, value, at = match["nth"], match["value"], match["at"]
    try:
        return Fields(
            kind=kind,
            what=match["what"],
            where=match["where"],
            nth=None if nth is None else int(nth),
            onwards=match["onwards"] is not None,
            value=None if value is None else _value(kind, match["what"], value.strip(), code),
            at=None if at is None else parse_duration(at),
            maybe=match["maybe"] is not None,
        )
    except UserError as error:
        raise UserError(f"fault {text!r}: {error}; it is written {SHAPES[kind].form(kind)}") from None


def _kind(word: str, text: str) -> FaultKind:
    for kind in FaultKind:
        if kind.value == word.strip().replace("-", "_"):
            return kind
    known = ", ".join(kind.value for kind in FaultKind)
    raise UserError(f"fault {text!r}: there is no kind {word!r} of fault; there are {known}")


def _value(kind: FaultKind, what: str | None, text: str, code: Callable[[str], int]) -> int:
    unit = SHAPES[kind].unit
    if unit is Unit.CODE:
        return code(text)
    if unit is Unit.DURATION:
        return parse_duration(text)
    if kind is FaultKind.LIMIT and what == "memory":
        return parse_size(text)
    if not (text.isascii() and text.isdecimal()):
        raise UserError(f"{text!r} is no number")
    return int(text)
