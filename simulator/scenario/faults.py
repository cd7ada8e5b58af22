"""Declared faults in a scenario file: a mapping with the names of `core.faults`, or the text that `--fault` takes."""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from acl_api.faults import make_fault, parse_fault, read_code
from simulator.base.errors import UserError
from simulator.base.units import format_duration
from simulator.core.faults import SHAPES, DeclaredFault, FaultKind, Unit
from simulator.core.faults.declared import Fields
from simulator.scenario.steps import Part
from simulator.scenario.values import Code, Duration, Size, wrong

_Kind: TypeAlias = Literal[
    "call", "task", "report.lost", "report.late", "report.doubled", "reporter.dies", "device.lost", "limit",
    "queue.full", "reports.full", "unsynchronised_teardown",
]  # fmt: skip
# The fields that only some kinds take, by their names in a file.
_SPECIAL: Final = (
    *("function", "task", "callback", "resource", "stream", "thread", "device"),
    *("code", "by", "for", "most"),
)


class FaultDef(Part):
    """Something that goes wrong in every run of the scenario, or, with `maybe`, in some."""

    fault: _Kind = Field(description="What goes wrong; docs/faults.md tells what each kind takes.")
    function: str | None = Field(None, description="The function, for call and unsynchronised_teardown.")
    task: str | None = Field(None, description="The model, or the kind of task: execute, copy or set.")
    callback: str | None = Field(None, description="The callback whose report it falls on; left out: any.")
    resource: str | None = Field(
        None,
        description="What is limited: streams, events, notifies, groups, tasks (per stream), reports (per "
        "thread) or memory.",
    )
    stream: str | None = Field(None, description="Only on this stream.")
    thread: str | None = Field(None, description="Only on this thread.")
    device: int | None = Field(None, ge=0, description="The device (default 0).")
    nth: int | None = Field(None, ge=1, description="Only its n-th occasion, counted from 1.")
    since: int | None = Field(
        None, ge=1, alias="from", description="Its n-th occasion and all that follow, counted from 1."
    )
    at: Duration | None = Field(None, description="When, in simulated time.")
    code: Code | None = Field(None, description="The aclError that comes of it, as a number or name.")
    by: Duration | None = Field(None, description="How late the report is.")
    lasts: Duration | None = Field(None, alias="for", description="How long the queue takes nothing.")
    most: Size | None = Field(None, description="How many there are, or how many bytes of memory.")
    maybe: bool = Field(default=False, description="A run may do without it: exploring tries both.")

    @model_validator(mode="after")
    def _is_whole(self) -> FaultDef:
        try:
            _ = self.declared
        except UserError as error:
            message, _, form = str(error).partition("; it is written ")
            raise wrong(message, f"as text it is written {form}" if form else "") from None
        return self

    @property
    def declared(self) -> DeclaredFault:
        """The fault itself; raises `UserError` for fields that its kind does not take, or needs."""
        kind = FaultKind(self.fault)
        shape = SHAPES[kind]
        given = {name: value for name in _SPECIAL if (value := self._field(name)) is not None}
        taken = (shape.what, shape.where, shape.value)
        refused = next((name for name in given if name not in taken), None)
        if refused is not None:
            raise UserError(f"a {self.fault} fault has no '{refused}'; it is written {shape.form(kind)}")
        if self.nth is not None and self.since is not None:
            raise UserError("'nth' and 'from' exclude each other")
        what, where, value = (given.get(name) for name in taken)
        return make_fault(
            Fields(
                kind=kind,
                what=None if what is None else str(what),
                where=None if where is None else str(where),
                nth=self.since if self.nth is None else self.nth,
                onwards=self.since is not None,
                value=read_code(str(value))
                if shape.unit is Unit.CODE and value is not None
                else _number(value),
                at=self.at,
                maybe=self.maybe,
            )
        )

    def _field(self, name: str) -> int | str | None:
        value: int | str | None = getattr(self, "lasts" if name == "for" else name)
        return value


def _number(value: int | str | None) -> int | None:
    return value if isinstance(value, int) else None


def _from_text(value: object) -> object:
    """Let the text of a fault stand for its mapping."""
    if not isinstance(value, str):
        return value
    try:
        fault = parse_fault(value)
    except UserError as error:
        message, _, form = str(error).partition("; it is written ")
        raise wrong(message, f"it is written {form}" if form else "") from None
    shape = SHAPES[fault.kind]
    number: object = fault.value
    if shape.unit is Unit.DURATION and fault.value is not None:
        number = format_duration(fault.value)
    fields: dict[str, object] = {
        "fault": fault.kind.value,
        shape.what: fault.what,
        shape.where: int(fault.where) if shape.where == "device" and fault.where else fault.where,
        "from" if fault.onwards else "nth": fault.nth,
        "at": None if fault.at is None else format_duration(fault.at),
        shape.value: number,
        "maybe": fault.maybe,
    }
    return {name: given for name, given in fields.items() if name and given is not None}


class _TextOrMapping:
    """Lets the published schema accept the text, too."""

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        text = {
            "type": "string",
            "minLength": 1,
            "examples": ["report.lost:postprocess#1", "device.lost@3ms"],
        }
        return {"anyOf": [text, handler(core)]}


Faults: TypeAlias = Annotated[
    tuple[Annotated[FaultDef, _TextOrMapping(), BeforeValidator(_from_text)], ...], Field(strict=False)
]
