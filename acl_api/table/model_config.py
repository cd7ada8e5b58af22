"""Rows: loading by a configuration handle or with queues, and running with one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

from acl_api import codes
from acl_api.table.checks import (
    alive,
    has_context,
    live_stream,
    not_null,
    of_kind,
    positive,
    same_context_or_null,
)
from acl_api.table.model import (
    SOURCE,
    dataset,
    execute,
    execute_async,
    loaded,
    spec_of_file,
    spec_of_memory,
)
from acl_api.table.row import Kind, Param, Ref, Row
from acl_api.table.texts import LOUD
from acl_api.units import UNITS, UnitError
from simulator.base.errors import Fault
from simulator.base.units import ms_to_ns
from simulator.core.operations import models

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.core.models import Model, ModelSpec
    from simulator.core.operations.models import Dataset
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.streams import Stream

_GE: Final = f"{SOURCE}; graph engine (open code)"
_BAD: Final = codes.ACL_ERROR_INVALID_PARAM
_QUEUES: Final = (
    Param("input_q", "k", Ref.MEMORY),
    Param("input_q_num", "k"),
    Param("output_q", "k", Ref.MEMORY),
    Param("output_q_num", "k"),
)
_PATH: Final = Param("model_path", "s", Ref.PATH)
_CONTENT: Final = (Param("model", "k", Ref.MEMORY), Param("model_size", "k"))
_STREAM_TIMEOUT: Final = 0
_EVENT_TIMEOUT: Final = 1
_TEXT: Final = "acl.mdl.set_config_opt args parse failed!"


@dataclass(frozen=True, slots=True)
class _Option:
    """One attribute of a configuration: its name, the unit of its value, and which values it may have."""

    name: str
    unit: str = "K"
    fits: Callable[[object], bool] = lambda _value: True


def _not_null(value: object) -> bool:
    return value not in (0, "")


_LARGEST_PRIORITY: Final = 7
_LOAD_TYPE: Final = 1
_LOAD_PATH: Final = 2
_MEMORY: Final = 3
_MEMORY_SIZE: Final = 4
_WEIGHT_PATH: Final = 14
_OPTIONS: Final = {
    0: _Option("priority", "i", lambda value: 0 <= cast("int", value) <= _LARGEST_PRIORITY),
    _LOAD_TYPE: _Option("load type", fits=lambda value: value in _LOADS),
    _LOAD_PATH: _Option("model path", "s"),
    _MEMORY: _Option("model address", "k", _not_null),
    _MEMORY_SIZE: _Option("model size"),
    5: _Option("weight address", "k"),
    6: _Option("weight size"),
    7: _Option("work address", "k"),
    8: _Option("work size"),
    9: _Option("number of input queues"),
    10: _Option("input queues", fits=_not_null),
    11: _Option("number of output queues"),
    12: _Option("output queues", fits=_not_null),
    13: _Option("reuse of work memory", fits=lambda value: value in (0, 1)),
    _WEIGHT_PATH: _Option("weight path", "k", _not_null),
}
_QUEUE_OPTIONS: Final = (10, 9, 12, 11)
# By load type: whether the model comes from a file, and whether it works with queues.
_LOADS: Final[dict[object, tuple[bool, bool]]] = {
    1: (True, False),
    2: (True, False),
    3: (False, False),
    4: (False, False),
    5: (True, True),
    6: (False, True),
}


class ModelConfig:
    """What a program has set on a handle for loading (aclmdlConfigHandle), by attribute."""

    __slots__ = ("values",)

    def __init__(self) -> None:
        self.values: dict[int, object] = {}

    def __repr__(self) -> str:
        return (
            f"<configuration of a model: {', '.join(_OPTIONS[attr].name for attr in self.values) or 'empty'}>"
        )


@dataclass(slots=True)
class RunConfig:
    """What a program has set on a handle for running (aclmdlExecConfigHandle): milliseconds, -1 for no limit."""

    timeouts: dict[int, int] = field(default_factory=lambda: {_STREAM_TIMEOUT: -1, _EVENT_TIMEOUT: -1})


def unit_of(attr: int) -> str:
    """Return the unit of an attribute's value; that of a number of 64 bits for one that there is not."""
    return _OPTIONS.get(attr, _Option("unknown")).unit


def _set_option(rt: Runtime, _me: Caller, handle: int, attr: int, value: object) -> object:
    converted = value_of(attr, value)
    found = rt.handles.live.get(handle)
    if not isinstance(found, ModelConfig):
        if handle:
            rt.note("forged-handle", "a number that is no model configuration was passed as one", "0.3")
        return Fault.INVALID_ARGUMENT
    if attr not in _OPTIONS or not _OPTIONS[attr].fits(converted):
        return Fault.INVALID_ARGUMENT
    found.values[attr] = converted
    return None


def value_of(attr: int, value: object) -> object:
    """Return an attribute's value as its unit has it. Raises TypeError with the binding's text."""
    try:
        return UNITS[unit_of(attr)].convert(value)
    except UnitError:
        raise TypeError(_TEXT) from None


def _load(rt: Runtime, me: Caller, config: ModelConfig) -> object:
    """Load as the handle says; what its load type needs and lacks is a wrong argument."""
    values = config.values
    kind = values.get(_LOAD_TYPE)
    if kind is None or not _complete(config, cast("int", kind)):
        return Fault.INVALID_ARGUMENT
    from_file, queues = _LOADS[kind]
    if from_file:
        spec, otherwise = spec_of_file(rt, cast("str", values[_LOAD_PATH])), Fault.MODEL_PATH
    else:
        address, size = cast("int", values[_MEMORY]), cast("int", values[_MEMORY_SIZE])
        spec, otherwise = spec_of_memory(rt, address, size), Fault.MODEL_DATA
    return _finish(rt, me, spec, otherwise, queues=queues)


def _complete(config: ModelConfig, kind: int) -> bool:
    """Tell whether everything is set that this type of loading needs."""
    from_file, queues = _LOADS[kind]
    needed = (_LOAD_PATH,) if from_file else (_MEMORY, _MEMORY_SIZE)
    both = from_file and _WEIGHT_PATH in config.values
    return not both and all(attr in config.values for attr in (*needed, *(_QUEUE_OPTIONS if queues else ())))


def _finish(rt: Runtime, me: Caller, spec: ModelSpec | None, otherwise: Fault, *, queues: bool) -> object:
    """Load a model that was found; queues are none that anybody could have made (pyACL lacks acl.tdt)."""
    if spec is None and me.live_context is not None:
        return otherwise
    if queues and me.live_context is not None:
        rt.note("forged-handle", "a model was given queues, and pyACL has no functions that make any", "0.3")
        return codes.ACL_ERROR_GE_EXEC_MODEL_QUEUE_ID_INVALID
    return models.load(rt, me, spec)


def _file_with_queues(rt: Runtime, me: Caller, path: str, *_queues: int) -> object:
    return _finish(rt, me, spec_of_file(rt, path), Fault.MODEL_PATH, queues=True)


def _memory_with_queues(rt: Runtime, me: Caller, address: int, size: int, *_queues: int) -> object:
    return _finish(rt, me, spec_of_memory(rt, address, size), Fault.MODEL_DATA, queues=True)


def _set_timeout(_rt: Runtime, _me: Caller, config: RunConfig, attr: int, value: int) -> Fault | None:
    number = value - (1 << 32) if value >> 31 else value
    if attr not in config.timeouts or number < -1:
        return Fault.INVALID_ARGUMENT
    config.timeouts[attr] = number
    return None


def _run(
    rt: Runtime,
    me: Caller,
    model: Model,
    source: Dataset,
    target: Dataset,
    stream: Stream | None,
    config: RunConfig,
) -> object:
    """Queue a run, then wait for its stream with the timeout of the handle; without a stream, as execute."""
    if stream is None:
        return execute(rt, me, model, source, target)
    result = execute_async(rt, me, model, source, target, stream)
    if result is not None:
        return result
    timeout = config.timeouts[_STREAM_TIMEOUT]
    wait = stream.wait_settled("execute_v2", stream.submitted, None if timeout < 0 else ms_to_ns(timeout))
    wait.then = stream.settled
    return wait


def _with_queues(name: str, c_name: str, source: tuple[Param, ...]) -> Row:
    from_file = source == (_PATH,)
    return Row(
        f"acl.mdl.{name}",
        c_name,
        _file_with_queues if from_file else _memory_with_queues,
        params=(*source, *_QUEUES),
        checks=(
            *(not_null("model_path") for _ in range(from_file)),
            *(check for _ in range(not from_file) for check in (not_null("model"), positive("model_size"))),
            *(not_null("input_q"), positive("input_q_num"), not_null("output_q"), positive("output_q_num")),
            has_context("g12"),
        ),
        outs=("model_id",),
        failed=(0,),
        errors=(
            codes.ACL_ERROR_GE_EXEC_MODEL_PATH_INVALID
            if from_file
            else codes.ACL_ERROR_GE_EXEC_MODEL_DATA_SIZE_INVALID,
            codes.ACL_ERROR_GE_EXEC_MODEL_QUEUE_ID_INVALID,
        ),
        says="Find the model, then refuse the queues: pyACL has no function that could have made them.",
        misfit=LOUD,
        source=_GE,
    )


def _make(name: str, c_name: str, kind: type[ModelConfig | RunConfig], says: str) -> Row:
    return Row(
        f"acl.mdl.create_{name}",
        f"aclmdlCreate{c_name}",
        lambda rt, _me: (rt.handles.add(kind()),),
        outs=("handle",),
        failed=(0,),
        bare=True,
        says=says,
        misfit=LOUD,
        source=_GE,
    )


def _destroy(name: str, c_name: str, kind: type[ModelConfig | RunConfig]) -> Row:
    return Row(
        f"acl.mdl.destroy_{name}",
        f"aclmdlDestroy{c_name}",
        lambda rt, _me, handle: rt.handles.remove(handle),
        params=(Param("handle", "k", Ref.HANDLE),),
        checks=(not_null("handle"), alive("handle", kind)),
        says="Destroy such a handle.",
        source=_GE,
    )


ROWS = (
    _with_queues("load_from_file_with_q", "aclmdlLoadFromFileWithQ", (_PATH,)),
    _with_queues("load_from_mem_with_q", "aclmdlLoadFromMemWithQ", _CONTENT),
    _make("config_handle", "ConfigHandle", ModelConfig, "Make an empty configuration for loading a model."),
    _destroy("config_handle", "ConfigHandle", ModelConfig),
    Row(
        "acl.mdl.set_config_opt",
        "aclmdlSetConfigOpt",
        _set_option,
        params=(Param("handle", "k", Ref.HANDLE), Param("attr", "i"), Param("value", "O", Ref.ANY)),
        errors=(_BAD,),
        says="Set where the model comes from and what it is given; its memory and priority have no effect.",
        source=_GE,
    ),
    Row(
        "acl.mdl.load_with_config",
        "aclmdlLoadWithConfig",
        _load,
        params=(Param("handle", "k", Ref.HANDLE),),
        checks=of_kind("handle", ModelConfig),
        outs=("model_id",),
        failed=(0,),
        errors=(
            *(_BAD, codes.ACL_ERROR_RT_CONTEXT_NULL, codes.ACL_ERROR_GE_EXEC_MODEL_PATH_INVALID),
            codes.ACL_ERROR_GE_EXEC_MODEL_DATA_SIZE_INVALID,
            codes.ACL_ERROR_GE_EXEC_MODEL_QUEUE_ID_INVALID,
        ),
        says="Load a model as a configuration says.",
        source=_GE,
    ),
    _make(
        "exec_config_handle", "ExecConfigHandle", RunConfig, "Make a configuration for runs, without limits."
    ),
    _destroy("exec_config_handle", "ExecConfigHandle", RunConfig),
    Row(
        "acl.mdl.set_exec_config_opt",
        "aclmdlSetExecConfigOpt",
        _set_timeout,
        params=(Param("handle", "k", Ref.HANDLE), Param("attr", "k"), Param("value", "I")),
        checks=of_kind("handle", RunConfig),
        errors=(_BAD,),
        says="Set how many milliseconds a run may take; the limit for events has no effect.",
        misfit=LOUD,
        source=_GE,
    ),
    Row(
        "acl.mdl.execute_v2",
        "aclmdlExecuteV2",
        _run,
        params=(
            *(
                Param("model_id", "I", Ref.MODEL),
                Param("input", "k", Ref.DATASET),
                Param("output", "k", Ref.DATASET),
            ),
            *(Param("stream", "k", Ref.STREAM), Param("handle", "k", Ref.HANDLE)),
        ),
        checks=(
            *(*of_kind("handle", RunConfig), *dataset("input"), *dataset("output"), loaded(), live_stream()),
            *(has_context("g12"), same_context_or_null("e1")),
        ),
        kind=Kind.BLOCKING,
        errors=(codes.ACL_ERROR_GE_FAILURE, _BAD, codes.ACL_ERROR_RT_STREAM_SYNC_TIMEOUT),
        says="Run a model on a stream and wait for the stream, with the time limit of a configuration.",
        misfit=LOUD,
        source=_GE,
    ),
)
