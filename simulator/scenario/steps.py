"""The steps of host threads: API calls, made from the table, and control steps.

A step is a mapping with one key that says what it does (`repeat`, `until` and `wait_flag` have a second one);
a call whose arguments may all be left out can be written as a bare word.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal, TypeAlias, cast

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    WithJsonSchema,
    create_model,
)
from pydantic_core import PydanticCustomError

from simulator.scenario.values import Byte, Codes, Duration, Name, Names, Scalar, Size
from simulator.scenario.vocabulary import OPERATIONS, TOLERATED, Operation

MOST_REPEATS: Final = 1_000_000
NO_STEP: Final = "no_step"
"""The kind of mistake that something is where a step should be."""
STEP_SCHEMA: Final[dict[str, object]] = {"const": "a step"}
"""What stands for a step in the schema of what has steps, until `schema` puts the one of all steps there."""
_BARE: Final = "bare word"


class Part(BaseModel):
    """Any mapping of a scenario file: nothing unknown, nothing changed later, nothing guessed."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, validate_by_name=False, protected_namespaces=()
    )


class CallArguments(Part):
    """What every API step may say besides its arguments."""

    operation: ClassVar[Operation]

    returns: Codes | None = Field(
        None,
        description="The code the call must return, as a number or ACL_ERROR_… name, or a list of accepted "
        "ones. Without it any code but 0 fails the run here.",
        json_schema_extra={"examples": [107015, "ACL_ERROR_RT_STREAM_NO_CB_REG", [0, 507012]]},
    )
    raises: str | None = Field(
        None,
        description="The Python exception that the binding must raise instead of returning, e.g. TypeError.",
    )


class Bound(CallArguments):
    """The arguments of a call with outputs."""

    bind: Names | None = Field(
        None,
        alias="as",
        description="The name for what the call returns; a list names several outputs in their order.",
    )
    gives: Mapping[str, Scalar] | None = Field(
        None, description="The values that outputs must have, by the outputs' names, e.g. {status: 1}."
    )


class StepModel(Part):
    """One step of a thread or callback."""

    tag: ClassVar[str]

    @property
    def children(self) -> tuple[StepModel, ...]:
        """The steps inside this one."""
        return ()


class CallStep(StepModel):
    """An API call. The concrete models are made from the table: one field, whose alias is the step's name."""

    operation: ClassVar[Operation]
    arguments: CallArguments

    def argument(self, name: str) -> object:
        """Return what the file says, or the default, for the argument *name*."""
        return cast("object", getattr(self.arguments, f"arg_{name}"))

    @property
    def binds(self) -> tuple[str, ...]:
        """The names that `as:` gives."""
        return self.arguments.bind or () if isinstance(self.arguments, Bound) else ()


class Nested(StepModel):
    """A step with steps inside."""

    steps: Steps = Field(description="The steps inside, in order.")

    @property
    def children(self) -> tuple[StepModel, ...]:
        """The steps inside this one."""
        return self.steps


class Repeat(Nested):
    """Do the steps a number of times."""

    tag = "repeat"
    repeat: int = Field(ge=0, le=MOST_REPEATS, description="How many times.")


class Until(Nested):
    """Do the steps over and over until a flag is set; the flag is looked at before each round."""

    tag = "until"
    until: str = Field(description="The flag that ends the loop; 'never' is the flag that nobody sets.")


class SetFlag(StepModel):
    """Set a flag of the program; threads that wait for it go on."""

    tag = "set_flag"
    set_flag: Name = Field(description="A name; flags need no declaration.")


class ClearFlag(StepModel):
    """Take a flag back."""

    tag = "clear_flag"
    clear_flag: Name = Field(description="The flag.")


class WaitFlag(StepModel):
    """Block the thread until a flag is set; running into the timeout fails the run here."""

    tag = "wait_flag"
    wait_flag: str = Field(description="The flag; 'never' is the flag that nobody sets.")
    timeout: Duration | None = Field(None, description="How long at most; left out: for ever.")


class Sleep(StepModel):
    """The host thread computes or sleeps for a simulated time."""

    tag = "sleep"
    sleep: Duration = Field(description="How long.")


class StartThread(StepModel):
    """Start a thread of the scenario; each thread can be started once."""

    tag = "start_thread"
    start_thread: Name = Field(description="The thread.")


class JoinThread(StepModel):
    """Block until a thread of the scenario has ended."""

    tag = "join_thread"
    join_thread: Name = Field(description="The thread.")


class Region(Part):
    """Bytes of host memory: of a buffer of the scenario, or of what malloc_host returned."""

    buffer: Name = Field(description="A name under buffers:, or one that malloc_host's 'as:' gave.")
    offset: Size = Field(0, description="Where to begin.")
    size: Size | None = Field(None, description="How many bytes; left out: to the end.")


class FillRegion(Region):
    """What to write."""

    value: Byte = Field(description="The value every byte gets.")


class ExpectedRegion(Region):
    """What must stand there."""

    value: Byte = Field(description="The value every byte must have.")


class Fill(StepModel):
    """The program writes its own host memory."""

    tag = "fill"
    fill: FillRegion = Field(description="Which bytes, and what.")


class ExpectBytes(StepModel):
    """The program reads its own host memory; other bytes fail the run here."""

    tag = "expect_bytes"
    expect_bytes: ExpectedRegion = Field(description="Which bytes, and what they must be.")


class Note(StepModel):
    """A comment; does nothing."""

    tag = "note"
    note: str = Field(description="Any text.")


CONTROL: Final[tuple[type[StepModel], ...]] = (
    Repeat, Until, SetFlag, ClearFlag, WaitFlag, Sleep, StartThread, JoinThread, Fill, ExpectBytes, Note,
)  # fmt: skip


def _describe(operation: Operation) -> str:
    row = operation.row
    codes = ""
    if tolerated := TOLERATED.get(operation.step):
        codes = f" The codes {', '.join(map(str, sorted(tolerated)))} do not fail the run."
    return f"{row.says} Calls {row.name} ({row.c_name}).{codes}".strip()


def _call_step(operation: Operation) -> type[CallStep]:
    title = "".join(word.title() for word in operation.step.replace(".", "_").split("_"))
    fields: dict[str, object] = {}
    for argument in operation.arguments:
        default = ... if argument.required else argument.default
        names = f": the name of a {argument.names}" if argument.names else ""
        text = f"{argument.param.name} of {operation.row.name}{names}"
        kind = argument.annotation if argument.required else reduce(or_, (argument.annotation, None))
        fields[argument.field] = (kind, Field(default, alias=argument.name, description=text))
    base = Bound if operation.row.outs else CallArguments
    # create_model takes field definitions that no static type describes.
    arguments = create_model(f"{title}Arguments", __base__=base, **fields)  # type: ignore[call-overload]
    arguments.__doc__ = f"The arguments of {operation.row.name}."
    arguments.operation = operation
    whole: object = arguments
    if not any(argument.required for argument in operation.arguments):
        whole = Annotated[arguments | None, BeforeValidator(lambda value: {} if value is None else value)]
    field = Field(..., alias=operation.step, description=_describe(operation))
    definition: dict[str, object] = {"arguments": (whole, field)}
    step = create_model(f"{title}Step", __base__=CallStep, **definition)  # type: ignore[call-overload]
    step.tag, step.operation, step.__doc__ = operation.step, operation, _describe(operation)
    return cast("type[CallStep]", step)


class _Calls(Mapping[str, type[CallStep]]):
    """The models of API calls by step, each made when it is first met: a file has a few of the hundreds."""

    def __init__(self) -> None:
        self._made: dict[str, type[CallStep]] = {}

    def __getitem__(self, name: str) -> type[CallStep]:
        if name not in self._made:
            self._made[name] = _call_step(OPERATIONS[name])
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(OPERATIONS)

    def __len__(self) -> int:
        return len(OPERATIONS)


CALLS: Final[Mapping[str, type[CallStep]]] = _Calls()
BARE_WORDS: Final = tuple(
    name for name, known in OPERATIONS.items() if not any(argument.required for argument in known.arguments)
)
_CONTROL_BY_TAG: Final[Mapping[str, type[StepModel]]] = {model.tag: model for model in CONTROL}
STEP_NAMES: Final = frozenset((*_CONTROL_BY_TAG, *OPERATIONS))


def _which(value: object) -> str | None:
    """Return the tag of a step as written: its first known key."""
    if isinstance(value, str):
        return _BARE if value in BARE_WORDS else None
    if isinstance(value, Mapping):
        return next((tag for tag in value if tag in STEP_NAMES), None)
    return None


def _step(value: object) -> StepModel:
    """Return a step as written; mistakes are those of the model that its tag names."""
    if isinstance(value, StepModel):
        return value
    tag = _which(value)
    if tag is None:
        raise PydanticCustomError(NO_STEP, "Input is no step")
    if tag == _BARE:
        value = {(tag := str(value)): {}}
    return (_CONTROL_BY_TAG.get(tag) or CALLS[tag]).model_validate(value)


def every_step() -> type[StepModel]:
    """Return the type of all steps, for the published schema: it takes all models of them."""
    models = {**_CONTROL_BY_TAG, **CALLS}
    alternatives: list[object] = [Annotated[model, Tag(tag)] for tag, model in models.items()]
    alternatives.append(Annotated[Literal[BARE_WORDS], Tag(_BARE)])
    return cast("type[StepModel]", Annotated[reduce(or_, alternatives), Discriminator(_which)])


if TYPE_CHECKING:
    Step: TypeAlias = StepModel
    Steps: TypeAlias = tuple[StepModel, ...]
else:
    Step = Annotated[StepModel, PlainValidator(_step), WithJsonSchema(STEP_SCHEMA)]
    Steps = Annotated[tuple[Step, ...], Field(strict=False, min_length=1)]
    for _model in (Nested, Repeat, Until):
        _model.model_rebuild(force=True, _types_namespace={"Steps": Steps})
