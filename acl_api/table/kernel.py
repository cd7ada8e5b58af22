"""Rows: binaries of kernels, and the functions in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, cast

from acl_api import codes
from acl_api.structs import Option, load_options
from acl_api.table.checks import has_context, live_handle, not_null, unsupported
from acl_api.table.row import Check, Param, Ref, Row
from simulator.base.errors import Fault
from simulator.core.kernels import KernelFunction, Program
from simulator.core.operations import kernels

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime

_INVALID = codes.ACL_ERROR_RT_PARAM_INVALID
_OPTIONS = Param("options", "O", Ref.ANY, reads=load_options, annotation="list[dict[str, int]]")
_BINARY = Param("binary", "k", Ref.HANDLE)
_BIN_HANDLE = Param("bin_handle", "k", Ref.HANDLE)
_FUNC_HANDLE = Param("func_handle", "k", Ref.HANDLE)
_LIVE_PROGRAM = live_handle("bin_handle", Program)
_LIVE_FUNCTION = live_handle("func_handle", KernelFunction)
_MOST_LENGTH: Final = 1024
_NO_OBJECT: Final = (
    "what is to be loaded is missing, empty, no ELF object, or has an option that is not known"
)
_SOURCE = "hicann/runtime kernel.cpp, api_c_kernel.cc, api_error.cc, program.cc; pyACL rt_kernel.cpp"
# The addresses of functions are not followed by anybody; they only differ.
_CODE_BASE: Final = 0x1000_0000_0000


class BinaryDescription:
    """What aclrtCreateBinary makes: where a binary lies."""

    __slots__ = ("data", "number", "size")

    def __init__(self, data: int, size: int) -> None:
        self.data: int = data
        self.size: int = size
        self.number: int = 0

    def __repr__(self) -> str:
        return f"<description of a binary of {self.size} bytes>"


def _length(value: object) -> int:
    length = cast("int", value)
    if length >= _MOST_LENGTH:
        raise ValueError("maxLen should be less than 1024")
    return length


def _not_empty(value: object) -> str:
    text = cast("str", value)
    if not text:
        raise ValueError("argument 2 or 3 must not be empty")
    return text


def _refuse(says: str, on: str, test: Callable[[object], bool], code: int = _INVALID) -> Check:
    return Check("0.3", code, says, (on,), lambda _me, value: test(value))


def _loaded(rt: Runtime, program: Program | None) -> object:
    if program is None:
        rt.note("bad-binary", _NO_OBJECT, "0.3")
        return Fault.PARAM_INVALID
    return kernels.load(rt, program)


def _load_file(rt: Runtime, _me: Caller, path: str, options: Sequence[Option] | None) -> object:
    from acl_api.kernels.binaries import from_file  # only programs with kernels need the rest

    return _loaded(rt, from_file(path, options or ()))


def _load_data(rt: Runtime, _me: Caller, data: int, size: int, options: Sequence[Option] | None) -> object:
    from acl_api.kernels.binaries import from_data

    return _loaded(rt, from_data(rt, data, size, options or ()))


def _create(rt: Runtime, _me: Caller, data: int, size: int) -> object:
    if not data:
        return (0,)
    made = BinaryDescription(data, size)
    made.number = rt.handles.add(made)
    return (made.number,)


def _load(rt: Runtime, _me: Caller, made: BinaryDescription) -> object:
    from acl_api.kernels.binaries import from_data

    return _loaded(rt, from_data(rt, made.data, made.size))


def _addresses(_rt: Runtime, _me: Caller, function: KernelFunction) -> object:
    if function.program.on_cpu:
        return Fault.PARAM_INVALID
    return _CODE_BASE + function.number, 0


def _name(_rt: Runtime, _me: Caller, function: KernelFunction, room: int) -> object:
    return (function.name,) if len(function.name.encode()) < room else Fault.PARAM_INVALID


def _register_cpu(rt: Runtime, me: Caller, program: Program, _function: str, kernel: str) -> object:
    if not program.on_cpu:
        return Fault.PARAM_INVALID
    if me.live_context is None:
        return Fault.CONTEXT_NULL
    return (kernels.function_of(rt, program, kernel).number,)


ROWS = (
    Row(
        "acl.rt.binary_load_from_file",
        "aclrtBinaryLoadFromFile",
        _load_file,
        params=(Param("bin_path", "s", Ref.PATH), _OPTIONS),
        checks=(not_null("bin_path"),),
        outs=("bin_handle",),
        failed=(0,),
        errors=(_INVALID,),
        misfit="acl.rt.binary_load_from_file args parse failed!",
        says="Load a binary: any ELF object; its kernels are those that are registered, or told of beside the file.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.binary_load_from_data",
        "aclrtBinaryLoadFromData",
        _load_data,
        params=(Param("data", "k", Ref.MEMORY), Param("length", "k"), _OPTIONS),
        checks=(not_null("data"), not_null("length", _INVALID)),
        outs=("bin_handle",),
        failed=(0,),
        errors=(_INVALID,),
        misfit="acl.rt.binary_load_from_data args parse failed!",
        says="The same from memory.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.create_binary",
        "aclrtCreateBinary",
        _create,
        params=(Param("data", "k", Ref.MEMORY), Param("data_len", "k")),
        outs=("binary",),
        failed=(0,),
        bare=True,
        says="Describe a binary in memory, which must stay there; 0 for no memory.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.destroy_binary",
        "aclrtDestroyBinary",
        lambda rt, _me, made: rt.handles.remove(made.number),
        params=(_BINARY,),
        checks=(
            not_null("binary"),
            replace(live_handle("binary", BinaryDescription), code=codes.ACL_ERROR_INVALID_PARAM),
        ),
        says="Forget the description; what was loaded by it stays.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.binary_load",
        "aclrtBinaryLoad",
        _load,
        params=(_BINARY,),
        checks=(
            not_null("binary"),
            replace(live_handle("binary", BinaryDescription), code=codes.ACL_ERROR_INVALID_PARAM),
            unsupported("0.3", "the product loads from files and data only", lambda has: not has.binary_load),
            _refuse(
                "the description has no length",
                "binary",
                lambda made: cast("BinaryDescription", made).size == 0,
            ),
            has_context("0.3"),
        ),
        outs=("bin_handle",),
        failed=(0,),
        errors=(_INVALID,),
        says="Load a binary that was described.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.binary_unload",
        "aclrtBinaryUnLoad",
        lambda rt, _me, program: kernels.unload(rt, program),
        params=(_BIN_HANDLE,),
        checks=(not_null("bin_handle"), _LIVE_PROGRAM),
        says="Forget a binary; the handles of its functions are stale from then on.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.binary_get_function",
        "aclrtBinaryGetFunction",
        kernels.get_function,
        params=(_BIN_HANDLE, Param("kernel_name", "s")),
        checks=(not_null("bin_handle"), not_null("kernel_name"), _LIVE_PROGRAM),
        outs=("func_handle",),
        failed=(0,),
        errors=(_INVALID,),
        says="The function of that name: one that is registered, told of beside the binary, or among its symbols.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.get_function_addr",
        "aclrtGetFunctionAddr",
        _addresses,
        params=(_FUNC_HANDLE,),
        checks=(not_null("func_handle"), _LIVE_FUNCTION),
        outs=("aic_addr", "aiv_addr"),
        failed=(0, 0),
        errors=(_INVALID,),
        misfit="acl.rt.get_function_addr args parse failed!",
        says="A number for the function's address; there is no code there.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.get_function_name",
        "aclrtGetFunctionName",
        _name,
        params=(_FUNC_HANDLE, Param("max_len", "I", reads=_length)),
        checks=(not_null("func_handle", _INVALID), _LIVE_FUNCTION),
        outs=("name",),
        failed=("",),
        errors=(_INVALID,),
        misfit="acl.rt.get_function_name args parse failed!",
        says="The name of a function, when it and its end have room.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.register_cpu_func",
        "aclrtRegisterCpuFunc",
        _register_cpu,
        params=(
            _BIN_HANDLE,
            Param("func_name", "s", reads=_not_empty),
            Param("kernel_name", "s", reads=_not_empty),
        ),
        checks=(not_null("bin_handle"), not_null("func_name"), not_null("kernel_name"), _LIVE_PROGRAM),
        outs=("func_handle",),
        failed=(0,),
        errors=(_INVALID, codes.ACL_ERROR_RT_CONTEXT_NULL),
        misfit="acl.rt.register_cpu_func args parse failed!",
        says="Name a function of a binary for the device's own processor.",
        source=_SOURCE,
    ),
)
