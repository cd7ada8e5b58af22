"""Rows: allocators that programs register for streams, which nothing here asks for memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from acl_api import codes
from acl_api.table.checks import not_null, of_kind
from acl_api.table.row import Check, Param, Ref, Row, Status
from simulator.core.operations import allocators
from simulator.core.operations.allocators import AllocatorDesc

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime

_DESC = Param("desc", "k", Ref.HANDLE)
_STREAM = Param("stream", "k", Ref.STREAM)
_FN = Param("fn", "O", Ref.ANY, annotation="object")
_LIVE = of_kind("desc", AllocatorDesc)
_SOURCE = "hicann/runtime allocator.cpp; pyACL rt_allocator.cpp"


def _setter(name: str, c_name: str, part: str, param: Param, says: str) -> Row:
    """Return the row of a function that fills in one part of a description."""

    def run(_rt: Runtime, _me: Caller, desc: AllocatorDesc, value: object) -> None:
        desc.parts[part] = value

    return Row(
        f"acl.rt.allocator_set_{name}_to_desc",
        f"aclrtAllocatorSet{c_name}ToDesc",
        run,
        params=(_DESC, param),
        checks=_LIVE,
        says=says,
        source=_SOURCE,
    )


ROWS = (
    Row(
        "acl.rt.allocator_create_desc",
        "aclrtAllocatorCreateDesc",
        lambda rt, _me: allocators.create(rt),
        outs=("desc",),
        failed=(0,),
        bare=True,
        says="Make an empty description of an allocator.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.allocator_destroy_desc",
        "aclrtAllocatorDestroyDesc",
        lambda rt, _me, desc: rt.handles.remove(desc.number),
        params=(_DESC,),
        checks=_LIVE,
        says="Forget a description; what was registered by it stays registered.",
        source=_SOURCE,
    ),
    _setter(
        "obj",
        "Obj",
        "allocator",
        Param("allocator", "k"),
        "Give the allocator itself, as a number of the program's.",
    ),
    _setter("alloc_func", "AllocFunc", "alloc", _FN, "Give the function that takes memory."),
    _setter("free_func", "FreeFunc", "free", _FN, "Give the function that gives memory back."),
    _setter(
        "alloc_advise_func",
        "AllocAdviseFunc",
        "advise",
        _FN,
        "Give the function that is told of sizes in advance.",
    ),
    _setter(
        "get_addr_from_block_func",
        "GetAddrFromBlockFunc",
        "address",
        _FN,
        "Give the function that tells addresses.",
    ),
    Row(
        "acl.rt.allocator_register",
        "aclrtAllocatorRegister",
        lambda rt, _me, stream, desc: allocators.register(rt, stream, desc),
        params=(_STREAM, _DESC),
        checks=(
            not_null("stream"),
            *_LIVE,
            Check(
                "0.2",
                codes.ACL_ERROR_INVALID_PARAM,
                "desc has no allocator, or lacks a function: to take, to give back, or to tell addresses",
                ("desc",),
                lambda _me, value: not cast("AllocatorDesc", value).complete,
            ),
        ),
        status=Status.PARTIAL,
        says="Keep an allocator for a stream, which is not looked at; models take no memory here: nothing calls it.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.allocator_unregister",
        "aclrtAllocatorUnregister",
        lambda rt, _me, stream: allocators.unregister(rt, stream),
        params=(_STREAM,),
        checks=(not_null("stream"),),
        says="Forget the allocator of a stream.",
        source=_SOURCE,
    ),
    Row(
        "aclrtAllocatorGetByStream",
        "aclrtAllocatorGetByStream",
        lambda rt, _me, stream: allocators.of_stream(rt, stream),
        params=(_STREAM,),
        checks=(
            not_null("stream"),
            Check(
                "0.2",
                codes.ACL_ERROR_INVALID_PARAM,
                "no allocator is registered for the stream",
                ("stream",),
                lambda me, value: value not in me.rt.allocators,
            ),
        ),
        outs=("desc", "allocator", "alloc", "free", "advise", "address"),
        failed=(0,) * 6,
        traced=False,
        says="Return what is registered for a stream. Not in pyACL.",
        source=_SOURCE,
    ),
)
