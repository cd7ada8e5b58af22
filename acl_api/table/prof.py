"""Rows: the program profiles itself, and listens to models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from acl_api import codes
from acl_api.lists import list_of_device_ids
from acl_api.profiling.settings import ProfConfig, SubscribeConfig, make_config, value_code
from acl_api.table.checks import alive, not_null, of_kind
from acl_api.table.model import loaded
from acl_api.table.row import Param, Ref, Row
from acl_api.table.texts import LOUD

if TYPE_CHECKING:
    from acl_api.profiling.profiler import Profiler
    from simulator.core.models import Model
    from simulator.core.runtime import Caller, Runtime

SOURCE: Final = "pyACL prof; hicann/runtime src/dfx/msprof (open code)"
_BAD: Final = codes.ACL_ERROR_INVALID_PARAM
_CONFIG: Final = Param("config", "k", Ref.HANDLE)
# NULL is a configuration, too: the usual one.
_IS_CONFIG: Final = of_kind("config", ProfConfig)[1:]
_MODES: Final = (
    *(codes.ACL_ERROR_PROF_ALREADY_RUN, codes.ACL_ERROR_PROF_API_CONFLICT),
    codes.ACL_ERROR_INVALID_PROFILING_CONFIG,
)


def profiler(rt: Runtime) -> Profiler:
    """Return the profiler of the run; only programs that profile load it."""
    from acl_api.profiling.profiler import profiler_of

    return profiler_of(rt)


def _state(use: Callable[..., int]) -> Callable[..., int]:
    """Return the operation that asks the profiler, which answers with a code."""
    return lambda rt, _me, *values: use(profiler(rt), *values)


def _make(
    rt: Runtime, _me: Caller, devices: tuple[int, ...], metrics: int, events: int, data: int
) -> tuple[int]:
    config = make_config(devices, metrics, events, data, len(rt.devices))
    return (0 if config is None else rt.handles.add(config),)


def _make_subscription(rt: Runtime, _me: Caller, times: int, metrics: int, fd: int) -> tuple[int]:
    fits = times in (0, 1)
    return (rt.handles.add(SubscribeConfig(bool(times), metrics, fd)) if fits else 0,)


def _subscribe(rt: Runtime, _me: Caller, model: Model, config: SubscribeConfig) -> int:
    return profiler(rt).subscribe(model.model_id, _device_of(rt, model), config)


def _device_of(rt: Runtime, model: Model) -> int:
    """Return the device that a model was loaded on: the one whose context has it."""
    found = (
        device.index
        for device in rt.devices
        for context in device.contexts
        if model.model_id in context.models
    )
    return next(found, 0)


# The profiler has a code of its own for a model that is not loaded.
_LOADED: Final = replace(loaded(), code=codes.ACL_ERROR_INVALID_MODEL_ID)
_MODEL = Param("model_id", "I", Ref.MODEL)


def _unsubscribe(name: str) -> Row:
    return Row(
        f"acl.prof.{name}",
        "aclprofModelUnSubscribe",
        lambda rt, _me, model: profiler(rt).unsubscribe(model.model_id),
        params=(_MODEL,),
        checks=(_LOADED,),
        errors=(codes.ACL_ERROR_INVALID_MODEL_ID,),
        misfit="acl.prof.model_unsubscribe args parse failed",
        again=name == "model_un_subscribe",
        says="Hear no more of a model; the pipe is closed when nobody else writes into it.",
        source=SOURCE,
    )


ROWS = (
    Row(
        "acl.prof.init",
        "aclprofInit",
        _state(lambda state, path: state.init(path)),
        params=(Param("result_path", "s", Ref.PATH),),
        checks=(not_null("result_path"),),
        errors=(
            *(codes.ACL_ERROR_FEATURE_UNSUPPORTED, _BAD, codes.ACL_ERROR_PROF_ALREADY_RUN),
            *(
                codes.ACL_ERROR_REPEAT_INITIALIZE,
                codes.ACL_ERROR_PROF_API_CONFLICT,
                codes.ACL_ERROR_INVALID_FILE,
            ),
        ),
        misfit="acl.prof.Init args parse failed!",
        says="Say in which folder results go, and be ready to start.",
        source=SOURCE,
    ),
    Row(
        "acl.prof.finalize",
        "aclprofFinalize",
        _state(lambda state: state.finalize()),
        errors=(*_MODES[:2], codes.ACL_ERROR_INVALID_FILE),
        says="End profiling; what still runs is written.",
        source=SOURCE,
    ),
    Row(
        "acl.prof.create_config",
        "aclprofCreateConfig",
        _make,
        params=(
            Param("device_ids", "O", Ref.ANY, reads=list_of_device_ids(1, "first"), annotation="list[int]"),
            *(Param("aicore_metrics", "i"), Param("aicore_events", "k"), Param("data_type_config", "K")),
        ),
        outs=("config",),
        failed=(0,),
        bare=True,
        misfit=LOUD,
        says="Say of which devices what is recorded; 0 for what cannot be.",
        source=SOURCE,
    ),
    Row(
        "acl.prof.destroy_config",
        "aclprofDestroyConfig",
        lambda rt, _me, config: rt.handles.remove(config),
        params=(_CONFIG,),
        checks=(not_null("config"), alive("config", ProfConfig)),
        misfit=LOUD,
        says="Destroy such a configuration.",
        source=SOURCE,
    ),
    Row(
        "acl.prof.start",
        "aclprofStart",
        _state(lambda state, config: state.start(config)),
        params=(_CONFIG,),
        checks=_IS_CONFIG,
        errors=(codes.ACL_ERROR_PROF_MODULES_UNSUPPORTED, *_MODES, _BAD, codes.ACL_ERROR_INVALID_FILE),
        misfit=LOUD,
        says="Record tasks and calls from now on.",
        source=f"{SOURCE}; the order of checks is INFERRED",
    ),
    Row(
        "acl.prof.stop",
        "aclprofStop",
        _state(lambda state, config: state.stop(config)),
        params=(_CONFIG,),
        checks=_IS_CONFIG,
        errors=(*_MODES, codes.ACL_ERROR_INVALID_FILE),
        misfit=LOUD,
        says="Write what was recorded since the start, into a folder of its own.",
        source=SOURCE,
    ),
    Row(
        "acl.prof.set_config",
        "aclprofSetConfig",
        lambda _rt, _me, kind, text: value_code(kind, text),
        params=(Param("config_type", "i"), Param("config", "s")),
        errors=(_BAD, codes.ACL_ERROR_INVALID_PROFILING_CONFIG),
        misfit=LOUD,
        says="Set a frequency, a limit or a part of the host; the value is checked and has no effect.",
        source=SOURCE,
    ),
    Row(
        "acl.prof.create_subscribe_config",
        "aclprofCreateSubscribeConfig",
        _make_subscription,
        params=(Param("time_info_switch", "b"), Param("aicore_metrics", "i"), Param("fd", "i")),
        outs=("config",),
        failed=(0,),
        bare=True,
        says="Say what is written of a model's operators, and into which pipe.",
        source=SOURCE,
    ),
    Row(
        "acl.prof.destroy_subscribe_config",
        "aclprofDestroySubscribeConfig",
        lambda rt, _me, config: rt.handles.remove(config),
        params=(_CONFIG,),
        checks=(not_null("config"), alive("config", SubscribeConfig)),
        says="Destroy such a configuration.",
        source=SOURCE,
    ),
    Row(
        "acl.prof.model_subscribe",
        "aclprofModelSubscribe",
        _subscribe,
        params=(_MODEL, _CONFIG),
        checks=(_LOADED, *of_kind("config", SubscribeConfig)),
        errors=(*_MODES, _BAD, codes.ACL_ERROR_PROF_REPEAT_SUBSCRIBE),
        says="Have each run of a model written into a pipe, as one operator.",
        source=SOURCE,
    ),
    _unsubscribe("model_unsubscribe"),
    _unsubscribe("model_un_subscribe"),
)
