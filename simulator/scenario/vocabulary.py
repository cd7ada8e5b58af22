"""Which steps there are: one per row of the API table, under its pyACL name.

A row's parameters keep their pyACL names, shortened where the scenario names a thing and not its handle:
`thread_id` is written `thread`, `block_type` `block`, the user data `data`. A new row is a new step without a
change here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Final

from pydantic import BeforeValidator, WithJsonSchema

from acl_api.table import ROWS, desc, dims, tensor
from acl_api.table.row import Param, Ref, Row
from simulator.scenario.values import (
    Block,
    Limit,
    LimitMicroseconds,
    LimitSeconds,
    Name,
    Reference,
    References,
    Size,
    Timeout,
    constants,
    constants_schema,
)

# Values of parameters that have names in the vendor's headers.
_EVENT_FLAGS: Final = {
    "sync": 1,
    "capture_stream_progress": 2,
    "time_line": 8,
    "device_use_only": 16,
    "external": 32,
    "ipc": 64,
}
_STREAM_FLAGS: Final = {
    "fast_launch": 1,
    "fast_sync": 2,
    "persistent": 4,
    "huge": 8,
    "cpu_schedule": 16,
    "device_use_only": 32,
}
_COPY_KINDS: Final = {
    "host_to_host": 0,
    "host_to_device": 1,
    "device_to_host": 2,
    "device_to_device": 3,
    "default": 4,
}
_CONSTANTS: Final[Mapping[tuple[str, str], tuple[Mapping[str, int], bool]]] = {
    ("create_event_with_flag", "flag"): (_EVENT_FLAGS, True),
    ("create_event_ex_with_flag", "flag"): (_EVENT_FLAGS, True),
    ("create_stream_with_config", "flag"): (_STREAM_FLAGS, True),
    ("set_stream_failure_mode", "mode"): ({"continue": 0, "stop": 1}, False),
    ("create_notify", "flag"): ({"default": 0, "device_use_only": 1}, False),
    ("notify_get_export_key", "flag"): ({"default": 0, "disable_pid_validation": 2}, False),
    ("notify_import_by_key", "flag"): ({"default": 0, "enable_peer_access": 2}, False),
    ("value_wait", "flag"): ({"geq": 0, "eq": 1, "and": 2, "nor": 3}, False),
    ("malloc", "policy"): ({"huge_first": 0, "huge_only": 1, "normal_only": 2}, False),
    ("memcpy", "kind"): (_COPY_KINDS, False),
    ("memcpy_async", "kind"): (_COPY_KINDS, False),
    ("peek_at_last_error", "level"): ({"thread": 0}, False),
    ("get_last_error", "level"): ({"thread": 0}, False),
}
# What a step may leave out. None: the interpreter fills it in (data sets of the model, the count of the
# copy).
_DEFAULTS: Final[Mapping[str, object]] = {
    "policy": 0,
    "level": 0,
    "priority": 0,
    "input": None,
    "output": None,
    "dest_max": None,
    "max_count": None,
}
_PLAIN_WITHOUT_FLAGS: Final = frozenset(
    {
        "create_stream_with_config",
        "create_notify",
        "notify_get_export_key",
        "notify_import_by_key",
        "value_write",
        "value_wait",
    }
)
_REFERENCES: Final[Mapping[Ref, str]] = {
    Ref.STREAM: "stream",
    Ref.EVENT: "event",
    Ref.NOTIFY: "notify",
    Ref.CONTEXT: "context",
    Ref.MODEL: "model",
    Ref.DATASET: "dataset",
    Ref.BUFFER: "data buffer",
    Ref.MEMORY: "memory",
    Ref.THREAD: "thread",
    Ref.FUNCTION: "callback",
}
_TYPES: Final[Mapping[Ref, object]] = {
    **dict.fromkeys(_REFERENCES, Reference),
    Ref.FUNCTION: Name | None,
    Ref.ANY: object,
    Ref.PATH: str,
    Ref.TIMEOUT_MS: Timeout,
}
_TYPES_BY_NAME: Final[Mapping[str, object]] = {
    "block_type": Block,
    "timeout": Timeout,
    **dict.fromkeys(("size", "count", "dest_max", "max_count"), Size),
}
# Where the call takes another unit than milliseconds, or 0 for no limit.
_TYPES_BY_PLACE: Final[Mapping[tuple[str, str], object]] = {
    ("wait_and_reset_notify", "timeout"): LimitSeconds,
    ("stream_wait_event_with_timeout", "timeout"): LimitSeconds,
    ("stream_wait_event_with_flag", "timeout"): LimitSeconds,
    ("set_op_wait_timeout", "timeout"): LimitSeconds,
    ("set_op_execute_time_out", "timeout"): LimitSeconds,
    ("set_op_execute_timeout_v2", "timeout"): LimitMicroseconds,
    ("device_task_abort", "timeout"): Limit,
    ("notify_batch_reset", "notifies"): References,
    ("notify_set_import_pid", "pids"): References,
}
# Lists of things, by the kind of each.
_LISTS: Final = {"notifies": "notify"}
# CPython format units; every other one is an integer, passed on unchecked.
_TYPES_BY_UNIT: Final[Mapping[str, object]] = {"s": str, "z": str, "f": float, "d": float}
# What the outputs of rows are, by their names in the table.
_OUTPUTS: Final[Mapping[str, str]] = {
    "stream": "stream",
    "event": "event",
    "notify": "notify",
    "context": "context",
    "model_id": "model",
    "dataset": "dataset",
    "buf": "data buffer",
    "ptr": "memory",
}
# Codes that a correct program meets in passing: an idle poll, a poll before subscribing, a second init.
TOLERATED: Final[Mapping[str, frozenset[int]]] = {
    "process_report": frozenset({107012, 507012}),
    "init": frozenset({100002}),
}

_NO_STEPS: Final = frozenset({"acl.util", "acl.op", "acl.blas", "acl.fv", "acl.media", "acl.himpi"})
_STEPS_ALL_THE_SAME: Final = frozenset({"dvpp_malloc", "dvpp_free"})


@dataclass(frozen=True, slots=True)
class Argument:
    """One parameter as a scenario writes it; `names` is the kind of thing it names, "" for plain values."""

    name: str
    param: Param
    annotation: object
    names: str
    required: bool
    default: object

    @property
    def field(self) -> str:
        """The attribute that holds it in the step's model (some parameter names are taken there)."""
        return f"arg_{self.name}"


@dataclass(frozen=True, slots=True)
class Operation:
    """One API function as a step."""

    step: str
    row: Row
    arguments: tuple[Argument, ...]

    @property
    def produces(self) -> str:
        """The kind of thing that `as:` names: the first output's; "" for plain numbers and for none."""
        return _OUTPUTS.get(self.row.outs[0], "") if self.row.outs else ""

    def __repr__(self) -> str:
        return f"<step {self.step} → {self.row.name}>"


def _friendly(param: Param) -> str:
    if param.refers is Ref.ANY:
        return "data"
    if param.name == "block_type":
        return "block"
    return param.name.removesuffix("_id")


def _annotation(step: str, param: Param) -> object:
    """Return the type that the step's model gives the parameter."""
    if (step, param.name) in _CONSTANTS:
        known, combine = _CONSTANTS[step, param.name]
        schema = WithJsonSchema(constants_schema(known, combine=combine))
        return Annotated[int, BeforeValidator(constants(known, combine=combine)), schema]
    if (step, param.name) in _TYPES_BY_PLACE:
        return _TYPES_BY_PLACE[step, param.name]
    if param.refers in _TYPES:
        return _TYPES[param.refers]
    if param.name in _TYPES_BY_NAME:
        return _TYPES_BY_NAME[param.name]
    return object if param.unit == "O" else _TYPES_BY_UNIT.get(param.unit, int)


def _argument(step: str, param: Param) -> Argument:
    name = _friendly(param)
    names = _REFERENCES.get(param.refers, _LISTS.get(param.name, ""))
    # A stream without flags is the ordinary one; an event's flags decide what can be done with it.
    default = 0 if name == "flag" and step in _PLAIN_WITHOUT_FLAGS else _DEFAULTS.get(name)
    if step == "wait_and_reset_notify" and name == "timeout":
        default = 0
    optional = param.optional or param.refers is Ref.ANY or name in _DEFAULTS or default is not None
    return Argument(name, param, _annotation(step, param), names, not optional, default)


def operations(rows: Mapping[str, Row]) -> Mapping[str, Operation]:
    """Return the step of each row; where two rows share a short name the later one is qualified
    ("mdl.unload").
    """
    result: dict[str, Operation] = {}
    for row in rows.values():
        step = row.op
        if step in result:
            step = ".".join(row.name.split(".")[-2:])
        result[step] = Operation(step, row, tuple(_argument(step, param) for param in row.params))
    return MappingProxyType(result)


def _is_step(row: Row) -> bool:
    """Tell whether a scenario can use a function.

    acl.util is about objects of Python, and a scenario has steps of its own for threads; descriptions are read
    by programs that do not know their models, and a scenario declares its own. Operators and pictures have no
    place in a scenario, but the memory for pictures has.
    """
    if row.family in _NO_STEPS and row.op not in _STEPS_ALL_THE_SAME:
        return False
    described = row.name in {entry.name for family in (desc, dims, tensor) for entry in family.ROWS}
    about = {param.refers for param in row.params} & {Ref.DESC, Ref.TENSOR}
    return not described and not about and "tensor_desc" not in row.outs


OPERATIONS: Final = operations({name: row for name, row in ROWS.items() if _is_step(row)})
