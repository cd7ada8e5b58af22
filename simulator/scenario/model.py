"""The grammar of a scenario file.

A scenario is a program: models, callbacks, host threads with steps, and what is expected of the run. Every
field carries its description into the published JSON schema, from which editors complete and explain.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from simulator.scenario.expectations import Expectations
from simulator.scenario.faults import Faults
from simulator.scenario.steps import Part, Steps
from simulator.scenario.unknowns import Options
from simulator.scenario.values import Byte, Code, Duration, Name, Size, wrong

_DTYPE_BYTES: Final[Mapping[str, int]] = {
    "float64": 8, "int64": 8, "uint64": 8, "float32": 4, "int32": 4, "uint32": 4, "float16": 2, "bfloat16": 2,
    "int16": 2, "uint16": 2, "int8": 1, "uint8": 1, "bool": 1,
}  # fmt: skip
Dtype: TypeAlias = Literal[
    "float64", "int64", "uint64", "float32", "int32", "uint32", "float16", "bfloat16", "int16", "uint16",
    "int8", "uint8", "bool",
]  # fmt: skip
_LARGEST_BUFFER: Final = 1 << 30
_MOST_DEVICES: Final = 64


class TensorDef(Part):
    """An input or output of a model."""

    shape: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(strict=False)] = Field(
        description="Its dimensions, e.g. [1, 3, 224, 224]."
    )
    dtype: Dtype = Field(description="Its element type.")

    @property
    def size(self) -> int:
        """Its length in bytes."""
        return prod(self.shape) * _DTYPE_BYTES[self.dtype]


Tensors: TypeAlias = Annotated[tuple[TensorDef, ...], Field(strict=False)]


class ModelDef(Part):
    """A model that steps can execute; it needs no file."""

    latency: Duration = Field(description="How long one run takes on the device.")
    cores: int = Field(1, ge=1, description="How many AI cores one run holds.")
    inputs: Tensors = Field((), description="The inputs, in order.")
    outputs: Tensors = Field((), description="The outputs, in order.")
    fails_with: Code | None = Field(None, description="The code a run fails with, e.g. 507015.")
    fails_on: int | None = Field(
        None, ge=1, description="The only run that fails, counted from 1; left out: every run fails."
    )

    om: str | None = Field(
        None,
        min_length=1,
        description="Its file, for runs on a real library, from this file's folder [NAME.om].",
    )

    @model_validator(mode="after")
    def _failure_is_whole(self) -> ModelDef:
        if self.fails_on is not None and self.fails_with is None:
            raise wrong("fails_on has no code", "add fails_with: 507015")
        return self


class CallbackDef(Part):
    """A function that a report thread runs."""

    takes: Duration = Field(0, description="The host time it computes before its steps.")
    steps: Steps | None = Field(None, description="Steps it does itself, after 'takes'.")
    raises: str | None = Field(None, description="It ends by an exception with this text.")


class ThreadDef(Part):
    """A host thread. A plain list of steps stands for one with nothing but steps."""

    steps: Steps = Field(description="What it does, in order.")
    daemon: bool = Field(default=False, description="The program may end while it still runs.")
    autostart: bool = Field(default=False, description="It starts with the program, without start_thread.")


class _ListOrThread:
    """Lets the published schema accept the plain list too."""

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        whole = handler(core)
        steps = dict(handler.resolve_ref_schema(whole)["properties"]["steps"])
        return {"anyOf": [steps, whole]}


def _as_thread(value: object) -> object:
    return {"steps": value} if isinstance(value, list) else value


class BufferDef(Part):
    """Bytes of the program's own (pageable) host memory; pinned and device memory come from malloc steps."""

    size: Size = Field(description="Its length: a number of bytes, or text such as 64KiB.")
    fill: Byte = Field(0, description="What every byte is at the start.")

    @model_validator(mode="after")
    def _size_is_sensible(self) -> BufferDef:
        if not 1 <= self.size <= _LARGEST_BUFFER:
            raise wrong(f"a buffer of {self.size} bytes", "buffers have 1 byte to 1GiB")
        return self


class SummaryDef(Part):
    """What to tell of a run besides its verdict."""

    images_per_run: int = Field(1, ge=1, description="How many images one model run works on.")


class Scenario(Part):
    """A scenario file of aclsim: a program for the Ascend stream and callback runtime."""

    schema_version: Literal[1] = Field(description="The version of this grammar.")
    title: str = Field(min_length=1, description="One line that says what the scenario shows.")
    description: str | None = Field(None, description="More about it.")
    include: Annotated[tuple[str, ...], Field(strict=False)] = Field(
        (),
        description="Files below this one's folder whose models, callbacks, buffers and threads are added.",
    )
    soc: str | None = Field(None, description="The SoC, e.g. Ascend910B (the default) or Ascend310.")
    devices: int | None = Field(
        None, ge=1, le=_MOST_DEVICES, description="How many devices there are (default 8)."
    )
    costs: Annotated[Literal["null", "profile"], BeforeValidator(lambda v: "null" if v is None else v)] = (
        Field(
            "profile", description="profile: durations from the SoC's figures; null: device work takes none."
        )
    )
    seed: int | None = Field(
        None, description="Decides what the runtime leaves open; left out: the friendly order."
    )
    budget: Duration | None = Field(
        None, description="Simulated time after which a run that only polls is inconclusive."
    )
    no_block: Literal["allow", "reject"] = Field(
        "allow", description="The same as options: {no_block: …}, which beats it."
    )
    options: Options = Field({}, description="What the run does where the real runtime is not known.")
    gil: bool = Field(
        default=False,
        description="Whether calls keep Python's interpreter lock while they wait, as in the vendor's binding.",
    )
    summary: SummaryDef | None = Field(
        None, description="Print throughput, callback delays and utilisation after the run."
    )
    models: Mapping[Name, ModelDef] = Field({}, description="Models by name.")
    callbacks: Mapping[Name, CallbackDef] = Field({}, description="Callbacks by name.")
    buffers: Mapping[Name, BufferDef] = Field({}, description="Host memory by name.")
    faults: Faults = Field(
        (), description="What goes wrong: mappings, or texts such as report.lost:postprocess#1."
    )
    threads: Mapping[Name, Annotated[ThreadDef, _ListOrThread(), BeforeValidator(_as_thread)]] = Field(
        description="Host threads by name; 'main' starts by itself."
    )
    expect: Expectations = Field(
        (), description="What must hold; in any case the run must end and be ordered."
    )

    @property
    def settings(self) -> tuple[str, ...]:
        """The options that the file chooses, each as NAME=VALUE."""
        first = (f"no_block={self.no_block}",) if "no_block" in self.model_fields_set else ()
        return *first, *(f"{name}={value}" for name, value in self.options.items())

    @model_validator(mode="after")
    def _has_main(self) -> Scenario:
        if "main" not in self.threads:
            raise wrong("no thread is called 'main'", "a program starts with the thread main")
        return self


# What an included file may add.
SHARED: Final = ("models", "callbacks", "buffers", "threads")
