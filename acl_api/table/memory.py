"""Rows: memory (rules h1-h7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from acl_api import codes
from acl_api.table.checks import has_context, live_stream, not_null, stream_here
from acl_api.table.row import Check, Kind, Param, Ref, Row, Status
from simulator.core.memory import Place
from simulator.core.operations import memory

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.streams import Stream

_HIGHEST_KIND = 7
_PTR = Param("ptr", "k", Ref.MEMORY)
_POINTER = ("ptr",)
_STREAM = Param("stream", "k", Ref.STREAM)
_COPY = (
    Param("dst", "k", Ref.MEMORY),
    Param("dest_max", "k"),
    Param("src", "k", Ref.MEMORY),
    Param("count", "k"),
    Param("kind", "i"),
)
_SET = (_PTR, Param("max_count", "k"), Param("value", "i"), Param("count", "k"))
_OOM = (codes.ACL_ERROR_RT_MEMORY_ALLOCATION,)


def _nothing_to_do(rule: str) -> Check:
    return Check(rule, codes.ACL_SUCCESS, "count is 0", ("count",), lambda _me, value: value == 0)


def _too_long(rule: str, limit: str) -> Check:
    def test(_me: Caller, value: object) -> bool:
        count, longest = cast("tuple[int, int]", value)
        return count > longest

    return Check(rule, codes.ACL_ERROR_RT_PARAM_INVALID, f"count exceeds {limit}", ("count", limit), test)


_KIND = Check(
    "h4",
    codes.ACL_ERROR_INVALID_PARAM,
    "kind is none of the copy kinds",
    ("kind",),
    lambda _me, value: not 0 <= cast("int", value) <= _HIGHEST_KIND,
)
_SAME = Check(
    "h4",
    codes.ACL_SUCCESS,
    "dst is src: nothing to copy",
    ("dst", "src"),
    lambda _me, value: cast("tuple[int, int]", value)[0] == cast("tuple[int, int]", value)[1],
)
# The ACL layer checks these; the stream's handle comes next, and only then the sizes (rules 0.1, 0.2).
_ARGUMENTS = (_nothing_to_do("h4"), not_null("dst", rule="h4"), not_null("src", rule="h4"), _KIND)


def _memcpy(rt: Runtime, _me: Caller, dst: int, _max: int, src: int, count: int, _kind: int) -> object:
    return memory.memcpy(rt, dst, src, count)


def _memcpy_async(
    rt: Runtime, me: Caller, dst: int, _max: int, src: int, count: int, kind: int, stream: Stream
) -> object:
    return memory.memcpy_async(rt, me, dst, src, count, kind, stream)


def _memset_async(
    rt: Runtime, me: Caller, ptr: int, _max: int, value: int, count: int, stream: Stream
) -> object:
    return memory.memset_async(rt, me, ptr, value, count, stream)


ROWS = (
    Row(
        "acl.rt.malloc",
        "aclrtMalloc",
        lambda rt, me, size, _policy: memory.malloc(rt, me, size),
        params=(Param("size", "k"), Param("policy", "i")),
        checks=(not_null("size", rule="h1"), has_context("h1")),
        outs=_POINTER,
        failed=(0,),
        errors=_OOM,
        status=Status.PARTIAL,
        says="Reserve device memory on real, lazily reserved pages; the policy has no effect.",
        source="rule h1",
    ),
    Row(
        "acl.rt.free",
        "aclrtFree",
        lambda rt, _me, ptr: memory.free(rt, ptr, Place.DEVICE),
        params=(_PTR,),
        checks=(not_null("ptr", rule="h2"),),
        errors=(codes.ACL_ERROR_RT_PARAM_INVALID,),
        says="Free device memory at once, waiting for nothing; needs no context.",
        source="rule h2 (the code of a second free is UNVERIFIED)",
    ),
    Row(
        "acl.rt.malloc_host",
        "aclrtMallocHost",
        lambda rt, _me, size: memory.malloc_host(rt, size),
        params=(Param("size", "k"),),
        checks=(not_null("size", rule="h3"),),
        outs=_POINTER,
        failed=(0,),
        errors=_OOM,
        says="Reserve pinned host memory.",
        source="rule h3",
    ),
    Row(
        "acl.rt.free_host",
        "aclrtFreeHost",
        lambda rt, _me, ptr: memory.free(rt, ptr, Place.PINNED),
        params=(_PTR,),
        checks=(not_null("ptr", rule="h3"),),
        errors=(codes.ACL_ERROR_RT_PARAM_INVALID,),
        says="Free pinned host memory.",
        source="rule h3",
    ),
    Row(
        "acl.rt.memcpy",
        "aclrtMemcpy",
        _memcpy,
        params=_COPY,
        checks=(*_ARGUMENTS, _too_long("h4", "dest_max"), _SAME, has_context("h4")),
        kind=Kind.BLOCKING,
        says="Copy in the caller's time; the addresses decide the direction; no stream is waited for.",
        source="rule h4",
    ),
    Row(
        "acl.rt.memcpy_async",
        "aclrtMemcpyAsync",
        _memcpy_async,
        params=(*_COPY, _STREAM),
        checks=(*_ARGUMENTS, live_stream("h5"), _too_long("h5", "dest_max"), *stream_here("h5", "h5")),
        errors=(codes.ACL_ERROR_RT_FEATURE_NOT_SUPPORT,),
        kind=Kind.ENQUEUE,
        says="Queue a copy of pinned or device memory; pageable memory waits for the whole stream first.",
        source="rule h5",
    ),
    Row(
        "acl.rt.memset",
        "aclrtMemset",
        lambda rt, _me, ptr, _max, value, count: memory.memset(rt, ptr, value, count),
        params=_SET,
        checks=(
            _nothing_to_do("h6"),
            not_null("ptr", rule="h6"),
            _too_long("h6", "max_count"),
            has_context("h6"),
        ),
        kind=Kind.BLOCKING,
        says="Fill in the caller's time.",
        source="rule h6",
    ),
    Row(
        "acl.rt.memset_async",
        "aclrtMemsetAsync",
        _memset_async,
        params=(*_SET, _STREAM),
        checks=(
            _nothing_to_do("h6"),
            not_null("ptr", rule="h6"),
            live_stream("h6"),
            _too_long("h6", "max_count"),
            *stream_here("h6", "h6"),
        ),
        kind=Kind.ENQUEUE,
        says="Queue a fill.",
        source="rule h6",
    ),
)
