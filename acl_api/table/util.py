"""Rows: acl.util, which is the binding's own and has no C names: threads, and addresses of Python objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acl_api.conversions import (
    bytes_to_ptr,
    display,
    numpy_contiguous_to_ptr,
    numpy_to_ptr,
    ptr_to_bytes,
    ptr_to_numpy,
)
from acl_api.table.row import Kind, Param, Ref, Row
from simulator.core.operations import threads

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.core.runtime import Caller, Runtime

_SOURCE = "pyACL util"
_ARRAY = (Param("array", "O", Ref.ANY),)
_CONVERTED = "pyACL util; the addresses hold no reference"


def _start(rt: Runtime, _me: Caller, function: Callable[..., object], argument: object) -> tuple[int]:
    return threads.start_thread(rt, function, argument, display)


ROWS = (
    Row(
        "acl.util.start_thread",
        "pthread_create",
        _start,
        params=(Param("thr_func", "O", Ref.FUNCTION), Param("args_list", "O", Ref.ANY)),
        outs=("thr_id",),
        failed=(0,),
        keeps_gil=False,
        misfit="function takes exactly 2 arguments ({given} given)",
        traced=False,
        says="Start a thread that calls the function with the one argument, or with none for None.",
        source=f"{_SOURCE}; SIGINT stays as it is, where the binding resets it",
    ),
    Row(
        "acl.util.stop_thread",
        "pthread_join",
        lambda rt, _me, ident: threads.stop_thread(rt, ident),
        params=(Param("thr_id", "K", Ref.THREAD),),
        kind=Kind.BLOCKING,
        keeps_gil=False,
        errors=(3, 35),
        says="Join a thread, which must end of itself; ESRCH (3) for one that is joined or not ours.",
        source=_SOURCE,
    ),
    Row(
        "acl.util.numpy_to_ptr",
        "",
        lambda rt, _me, array: numpy_to_ptr(rt, array),
        params=_ARRAY,
        outs=("ptr",),
        failed=(0,),
        bare=True,
        traced=False,
        says="The address of an array's data; deprecated.",
        source=_CONVERTED,
    ),
    Row(
        "acl.util.numpy_contiguous_to_ptr",
        "",
        lambda rt, _me, array: numpy_contiguous_to_ptr(rt, array),
        params=_ARRAY,
        outs=("ptr", "array"),
        failed=(0, None),
        bare=True,
        traced=False,
        says="The address of an array's data, or of a contiguous copy's, and that array; deprecated.",
        source=_CONVERTED,
    ),
    Row(
        "acl.util.ptr_to_numpy",
        "",
        lambda rt, _me, ptr, shape, kind: ptr_to_numpy(rt, ptr, shape, kind),
        params=(Param("ptr", "k", Ref.MEMORY), Param("shape", "O", Ref.ANY), Param("npy_type", "i")),
        outs=("array",),
        failed=(None,),
        bare=True,
        traced=False,
        says="A writable array over memory, without a copy; deprecated.",
        source=_SOURCE,
    ),
    Row(
        "acl.util.bytes_to_ptr",
        "",
        lambda rt, _me, data: bytes_to_ptr(rt, data),
        params=(Param("data", "O", Ref.ANY),),
        outs=("ptr",),
        failed=(0,),
        bare=True,
        traced=False,
        says="The address inside a bytes object.",
        source=_CONVERTED,
    ),
    Row(
        "acl.util.ptr_to_bytes",
        "",
        lambda rt, _me, ptr, size: ptr_to_bytes(rt, ptr, size),
        params=(Param("ptr", "k", Ref.MEMORY), Param("size", "k")),
        outs=("data",),
        failed=(None,),
        bare=True,
        traced=False,
        says="A copy of so many bytes of memory.",
        source=_SOURCE,
    ),
)
