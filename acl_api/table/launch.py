"""Rows: launches of kernels, and their lists of arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, cast

from acl_api import codes
from acl_api.structs import Option, launch_attributes
from acl_api.table.checks import has_context, live_handle, live_stream, not_null, stream_here
from acl_api.table.row import Check, Kind, Param, Ref, Row
from simulator.core.kernels import KernelFunction
from simulator.core.operations import kernel_args, kernels
from simulator.core.operations.kernel_args import KernelArgs, Parameter

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.streams import Stream

_INVALID, _WRONG = codes.ACL_ERROR_RT_PARAM_INVALID, codes.ACL_ERROR_INVALID_PARAM
_FUNCTION = Param("func_handle", "k", Ref.HANDLE)
_ARGS = Param("args_handle", "k", Ref.HANDLE)
_PARAM_HANDLE = Param("param_handle", "k", Ref.HANDLE)
_PARAM = Param("param", "k", Ref.MEMORY)
_PARAM_SIZE = Param("param_size", "k")
_STREAM = Param("stream", "k", Ref.STREAM)
_BLOCKS = Param("block_dim", "I")
_LIVE_FUNCTION = live_handle("func_handle", KernelFunction)
_LIVE_ARGS = live_handle("args_handle", KernelArgs)
_LIVE_PARAM = live_handle("param_handle", Parameter)
_UINT32: Final = 0xFFFF_FFFF
_SOURCE = (
    "hicann/runtime kernel.cpp, api_c_kernel.cc, api_error.cc LaunchKernel, api_impl.cc; pyACL rt_kernel.cpp"
)
# aclrtLaunchKernelAttrId: how blocks are scheduled, prefetching, dumping, time limits, profiling.
_SCHEDULING, _PREFETCH, _DUMP, _TIMEOUT, _TIMEOUT_US, _PROFILING = 1, 5, 6, 7, 8, 9
_SECOND_NS, _US_NS = 1_000_000_000, 1_000
_ONE_BYTE: Final = 0xFF
_TWO_BYTES: Final = 0xFFFF


def _refuse(says: str, on: str, test: Callable[[int], bool], code: int = _INVALID) -> Check:
    return Check("i3", code, says, (on,), lambda _me, value: test(cast("int", value)))


def _of_args(says: str, test: Callable[[KernelArgs], bool]) -> Check:
    return Check("i3", _INVALID, says, ("args_handle",), lambda _me, value: test(cast("KernelArgs", value)))


def _bad_attributes(_me: Caller, value: object) -> bool:
    given = {option.which: option.value for option in cast("Sequence[Option]", value or ())}
    flags = (given.get(which, 0) & _ONE_BYTE for which in (_SCHEDULING, _PREFETCH, _DUMP, _PROFILING))
    return (_TIMEOUT in given and _TIMEOUT_US in given) or any(flag > 1 for flag in flags)


def _launch(
    rt: Runtime, me: Caller, function: KernelFunction, blocks: int, args: int, size: int, stream: Stream
) -> object:
    return kernels.launch(rt, me, function, blocks, args, size & _UINT32, stream)


def _launch_with(
    rt: Runtime,
    me: Caller,
    function: KernelFunction,
    blocks: int,
    stream: Stream,
    cfg: Sequence[Option] | None,
    args: KernelArgs,
) -> object:
    given = {option.which: option.value for option in cfg or ()}
    limit = (given.get(_TIMEOUT, 0) & _TWO_BYTES) * _SECOND_NS or given.get(_TIMEOUT_US, 0) * _US_NS
    return kernels.launch_with(rt, me, function, blocks, args, stream, limit)


ROWS = (
    Row(
        "acl.rt.launch_kernel",
        "aclrtLaunchKernel",
        _launch,
        params=(_FUNCTION, _BLOCKS, Param("args", "k", Ref.MEMORY), Param("args_size", "k"), _STREAM),
        checks=(
            not_null("func_handle"),
            not_null("args"),
            _LIVE_FUNCTION,
            live_stream(),
            not_null("block_dim", _INVALID),
            _refuse("args_size is 0 in 32 bits", "args_size", lambda size: size & _UINT32 == 0),
            *stream_here("i3", "i3"),
        ),
        kind=Kind.ENQUEUE,
        says="Queue a kernel; its arguments lie in device memory and are read when its turn has come.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.launch_kernel_with_config",
        "aclrtLaunchKernelWithConfig",
        _launch_with,
        params=(
            _FUNCTION,
            _BLOCKS,
            _STREAM,
            Param("cfg", "O", Ref.ANY, reads=launch_attributes, annotation="list[dict[str, int]]"),
            _ARGS,
            Param("reserve", "k", passed=False),
        ),
        checks=(
            not_null("func_handle"),
            not_null("block_dim"),
            not_null("args_handle"),
            _refuse("reserve is not 0", "reserve", bool, _WRONG),
            _LIVE_FUNCTION,
            _LIVE_ARGS,
            live_stream(),
            _of_args("the arguments are not finalised", lambda args: not args.finalized),
            _of_args(
                "an argument was updated after the arguments were finalised", lambda args: args.updating
            ),
            _of_args("there are no arguments", lambda args: args.filled == 0),
            Check(
                "i3", _INVALID, "cfg has a value out of range, or both time limits", ("cfg",), _bad_attributes
            ),
            *stream_here("i3", "i3"),
        ),
        kind=Kind.ENQUEUE,
        says="Queue a kernel with a list of arguments; of cfg, only a time limit has an effect.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.kernel_args_init",
        "aclrtKernelArgsInit",
        kernel_args.init,
        params=(_FUNCTION,),
        checks=(not_null("func_handle"), _LIVE_FUNCTION),
        outs=("args_handle",),
        failed=(0,),
        errors=(codes.ACL_ERROR_RT_MEMORY_ALLOCATION,),
        says="Begin the list of arguments that the calling thread has: there is one, and it begins anew.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.kernel_args_init_by_user_mem",
        "aclrtKernelArgsInitByUserMem",
        lambda rt, _me, function, *given: kernel_args.init_in(rt, function, *given),
        params=(_FUNCTION, _ARGS, Param("user_mem", "k", Ref.MEMORY), Param("size", "k")),
        checks=(
            not_null("func_handle"),
            not_null("args_handle"),
            not_null("user_mem"),
            not_null("size"),
            _LIVE_FUNCTION,
        ),
        says="Begin a list of arguments in host memory of the program's.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.kernel_args_get_mem_size",
        "aclrtKernelArgsGetMemSize",
        lambda _rt, _me, function, size: kernel_args.memory_size(function, size),
        params=(_FUNCTION, Param("user_args_size", "k")),
        checks=(not_null("func_handle"), _LIVE_FUNCTION),
        outs=("size",),
        failed=(0,),
        says="How large the memory for such arguments must be.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.kernel_args_get_handle_mem_size",
        "aclrtKernelArgsGetHandleMemSize",
        lambda _rt, _me, _function: kernel_args.list_size(),
        params=(_FUNCTION,),
        checks=(not_null("func_handle"), _LIVE_FUNCTION),
        outs=("size",),
        failed=(0,),
        says="How large the memory for a list's handle must be.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.kernel_args_append",
        "aclrtKernelArgsAppend",
        lambda rt, _me, *given: kernel_args.append(rt, *given),
        params=(_ARGS, _PARAM, _PARAM_SIZE),
        checks=(not_null("args_handle"), not_null("param"), not_null("param_size"), _LIVE_ARGS),
        outs=("param_handle",),
        failed=(0,),
        errors=(codes.ACL_ERROR_RT_FEATURE_NOT_SUPPORT, _INVALID),
        says="Copy an argument to the end of the list, at a multiple of 8.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.kernel_args_append_place_holder",
        "aclrtKernelArgsAppendPlaceHolder",
        lambda rt, _me, args: kernel_args.append_placeholder(rt, args),
        params=(_ARGS,),
        checks=(not_null("args_handle"), _LIVE_ARGS),
        outs=("param_handle",),
        failed=(0,),
        errors=(codes.ACL_ERROR_RT_FEATURE_NOT_SUPPORT, _INVALID),
        says="Add a pointer to data that stands behind the arguments.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.kernel_args_get_place_holder_buffer",
        "aclrtKernelArgsGetPlaceHolderBuffer",
        lambda _rt, _me, *given: kernel_args.placeholder_buffer(*given),
        params=(_ARGS, _PARAM_HANDLE, Param("data_size", "k")),
        checks=(
            not_null("args_handle"),
            not_null("param_handle"),
            not_null("data_size"),
            _LIVE_ARGS,
            _LIVE_PARAM,
        ),
        outs=("addr",),
        failed=(0,),
        traced=False,
        errors=(_INVALID, codes.ACL_ERROR_RT_FEATURE_NOT_SUPPORT),
        says="Where the data of a placeholder is to be written, in host memory.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.kernel_args_para_update",
        "aclrtKernelArgsParaUpdate",
        lambda rt, _me, *given: kernel_args.update(rt, *given),
        params=(_ARGS, _PARAM_HANDLE, _PARAM, _PARAM_SIZE),
        checks=(
            not_null("args_handle"),
            not_null("param_handle"),
            not_null("param"),
            not_null("param_size"),
            _LIVE_ARGS,
            _LIVE_PARAM,
        ),
        errors=(_INVALID,),
        says="Replace an argument by another one of its size; then finalise again.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.kernel_args_finalize",
        "aclrtKernelArgsFinalize",
        lambda _rt, _me, args: kernel_args.finalize(args),
        params=(_ARGS,),
        checks=(not_null("args_handle"), _LIVE_ARGS, has_context("i3")),
        says="Mark the arguments as complete.",
        source=_SOURCE,
    ),
)
