"""What a scenario expects of its run; `expect` evaluates it.

Expectations about time are a kind of their own (`Timed`): on hardware they are reported, never failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal, TypeAlias

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from simulator.scenario.steps import Part
from simulator.scenario.values import Code, Duration, Name, OneOrMore, several, wrong

End: TypeAlias = Literal["done", "deadlock", "stalled", "inconclusive"]
Trouble: TypeAlias = Literal[
    "deadlock", "stall", "inconclusive", "lost", "finding", "misuse", "race", "leak", "raised"
]
_Texts: TypeAlias = Annotated[
    tuple[Annotated[str, Field(min_length=1)], ...],
    Field(strict=False, min_length=1),
    BeforeValidator(several),
    OneOrMore(),
]
_Words: TypeAlias = Annotated[tuple[str, ...], Field(strict=False, min_length=1)]


class Expectation(Part):
    """One entry of `expect`."""

    tag: ClassVar[str]


class Timed(Expectation):
    """An expectation about simulated time."""

    timing: Literal["check", "report"] = Field(
        "check",
        description="check: a miss fails the run; report: it is only said. On hardware always report.",
    )


class CallbacksWanted(Part):
    """How often a callback ran, and where."""

    fn: Name = Field(description="The callback.")
    count: int | None = Field(None, ge=0, description="How many times it ran.")
    thread: Name | None = Field(None, description="The thread that every run was on.")
    stream: str | None = Field(None, description="Count only runs launched on this stream.")


class ExpectCallbacks(Expectation):
    """A callback ran this often, on this thread."""

    tag = "callbacks"
    callbacks: CallbacksWanted = Field(description="Which callback, how often, on which thread.")


class ExpectOrder(Expectation):
    """Each name's occurrence comes before the next name's, in every repetition."""

    tag = "order"
    order: Annotated[_Words, Field(min_length=2)] = Field(
        description="Callbacks, models or steps, earliest first; 'name@stream' or 'name@thread' narrows one "
        "down. The k-th occurrences are compared; a name that occurs m times as often as its neighbour "
        "does so m times in each repetition."
    )


class CodesWanted(Part):
    """The codes a step returned, in order."""

    op: str = Field(description="The step, e.g. launch_callback.")
    codes: Annotated[tuple[Code, ...], Field(strict=False, min_length=1)] = Field(
        description="All codes it returned, in order, as numbers or ACL_ERROR_… names."
    )
    thread: Name | None = Field(None, description="Only the calls of this thread.")


class ExpectCodes(Expectation):
    """A step returned these codes, in this order."""

    tag = "codes"
    codes: CodesWanted = Field(description="Which step and which codes.")


class StateWanted(Part):
    """The state of one object when the run ended: exactly one of its kinds is named."""

    thread: Name | None = Field(None, description="A thread of the scenario.")
    stream: Name | None = Field(None, description="A stream's name.")
    event: Name | None = Field(None, description="An event's name.")
    context: Name | None = Field(None, description="A context's name.")
    state: str = Field(
        alias="is",
        description="For threads: 'not started', ended, blocked or spinning; for the others what their life "
        "is called in traces, e.g. live, failed, destroyed.",
    )

    @property
    def subject(self) -> tuple[str, str]:
        """The kind and name of the object."""
        kinds = ("thread", "stream", "event", "context")
        named = [(kind, getattr(self, kind)) for kind in kinds if getattr(self, kind) is not None]
        return named[0]

    @model_validator(mode="after")
    def _one(self) -> StateWanted:
        if sum(name is not None for name in (self.thread, self.stream, self.event, self.context)) != 1:
            raise wrong("state is about exactly one object", "write one of thread, stream, event, context")
        return self


class ExpectState(Expectation):
    """An object ended in this state."""

    tag = "state"
    state: StateWanted = Field(description="Which object and which state.")


class ExpectFinishesWithin(Timed):
    """The run took at most this much simulated time."""

    tag = "finishes_within"
    finishes_within: Duration = Field(description="The longest time allowed.")


class ExpectFinishesAt(Timed):
    """The run took exactly this much simulated time."""

    tag = "finishes_at"
    finishes_at: Duration = Field(description="The exact time.")


class LostWanted(Part):
    """Callbacks that were launched and never ran."""

    count: int = Field(ge=0, description="How many were lost.")
    fn: Name | None = Field(None, description="Only this callback.")


class ExpectLost(Expectation):
    """This many launched callbacks never ran, each with a recorded reason."""

    tag = "lost"
    lost: LostWanted = Field(description="How many, of which callback.")


class ExpectFindings(Expectation):
    """Each of these findings was reported; docs/findings.md lists them."""

    tag = "findings"
    findings: _Texts = Field(description="Ids of findings, e.g. no-block-reserved.")


class ExpectEnds(Expectation):
    """How the run ends; without it, it must end 'done'."""

    tag = "ends"
    ends: Annotated[
        tuple[End, ...], Field(strict=False, min_length=1), BeforeValidator(several), OneOrMore()
    ] = Field(description="done, deadlock, stalled or inconclusive, or a list of those that are right.")
    explains: _Texts | None = Field(
        None,
        description="Phrases or regular expressions, each of which a sentence of the explanation must hold.",
    )


class ExpectExplains(Expectation):
    """The explanation of a deadlock or stall holds these phrases."""

    tag = "explains"
    explains: _Texts = Field(description="Phrases or regular expressions, each found in some sentence.")


class ExpectNo(Expectation):
    """None of these troubles came up."""

    tag = "no"
    no: Annotated[
        tuple[Trouble, ...], Field(strict=False, min_length=1), BeforeValidator(several), OneOrMore()
    ] = Field(
        description="deadlock, stall, inconclusive; lost: a callback that never ran; finding: any error or warning "
        "of the checks; misuse, race, leak: those of that family; raised: an exception in a thread or callback."
    )


# 'ends' stands before 'explains': an entry that has both is an 'ends'.
EXPECTATIONS: Final[Mapping[str, type[Expectation]]] = {
    model.tag: model
    for model in (
        ExpectCallbacks, ExpectOrder, ExpectCodes, ExpectState, ExpectFinishesWithin, ExpectFinishesAt,
        ExpectLost, ExpectFindings, ExpectEnds, ExpectExplains, ExpectNo,
    )
}  # fmt: skip


def _which(value: object) -> str | None:
    if isinstance(value, Expectation):
        return type(value).tag
    if isinstance(value, Mapping):
        return next((tag for tag in EXPECTATIONS if tag in value), None)
    return None


if TYPE_CHECKING:
    Expectations: TypeAlias = tuple[Expectation, ...]
else:
    _union = reduce(or_, [Annotated[model, Tag(tag)] for tag, model in EXPECTATIONS.items()])
    Expectations = Annotated[tuple[Annotated[_union, Discriminator(_which)], ...], Field(strict=False)]
