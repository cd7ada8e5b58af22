"""Rows: copying and setting memory (rules h4-h7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from acl_api import codes
from acl_api.table.checks import has_context, live_stream, not_null, stream_here
from acl_api.table.row import Check, Kind, Param, Ref, Row
from simulator.core.operations import copies2d, memory

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.streams import Stream

# Host to a buffer to the device is the last that a copy takes: 6 and 7 are for descriptors (memory.cpp).
_HIGHEST_KIND = 5
_D2D, _DEFAULT_KIND = 3, 4
_PTR = Param("ptr", "k", Ref.MEMORY)
_STREAM = Param("stream", "k", Ref.STREAM)
_COPY = (
    Param("dst", "k", Ref.MEMORY),
    Param("dest_max", "k", passed=False),
    Param("src", "k", Ref.MEMORY),
    Param("count", "k"),
    Param("kind", "i"),
)
_SET = (_PTR, Param("max_count", "k", passed=False), Param("value", "i"), Param("count", "k"))


def _nothing_to_do(rule: str) -> Check:
    return Check(
        rule, codes.ACL_SUCCESS, "count is 0", ("count",), lambda _me, value: value == 0, quick="count"
    )


def _too_long(rule: str, limit: str) -> Check:
    def test(_me: Caller, value: object) -> bool:
        count, longest = cast("tuple[int, int]", value)
        return count > longest

    code, quick = codes.ACL_ERROR_RT_PARAM_INVALID, f"count <= {limit}"
    return Check(rule, code, f"count exceeds {limit}", ("count", limit), test, quick=quick)


_KIND = Check(
    "h4",
    codes.ACL_ERROR_INVALID_PARAM,
    "kind is none of the copy kinds",
    ("kind",),
    lambda _me, value: not 0 <= cast("int", value) <= _HIGHEST_KIND,
    quick=f"0 <= kind <= {_HIGHEST_KIND}",
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


def _memcpy(rt: Runtime, _me: Caller, dst: int, src: int, count: int, _kind: int) -> object:
    return memory.memcpy(rt, dst, src, count)


# A copy of rows: the same checks of the ACL layer, on pitches instead of a size (memory.cpp).
_COPY2D = (
    Param("dst", "k", Ref.MEMORY),
    Param("dpitch", "k"),
    Param("src", "k", Ref.MEMORY),
    Param("spitch", "k"),
    Param("width", "k"),
    Param("height", "k"),
    Param("kind", "i"),
)
_ARGUMENTS2D = (
    Check(
        "h4",
        codes.ACL_SUCCESS,
        "width or height is 0",
        ("width", "height"),
        lambda _me, value: 0 in cast("tuple[int, int]", value),
    ),
    not_null("dst", rule="h4"),
    not_null("src", rule="h4"),
    Check(
        "h4",
        codes.ACL_ERROR_INVALID_PARAM,
        "width exceeds a pitch",
        ("width", "dpitch", "spitch"),
        lambda _me, value: cast("tuple[int, ...]", value)[0] > min(cast("tuple[int, ...]", value)[1:]),
    ),
    Check(
        "h4",
        codes.ACL_ERROR_INVALID_PARAM,
        "kind is none of H2D, D2H, D2D and default",
        ("kind",),
        lambda _me, value: not 1 <= cast("int", value) <= _DEFAULT_KIND,
    ),
)


def _memcpy2d(rt: Runtime, _me: Caller, *shape: int) -> object:
    return copies2d.memcpy2d(rt, copies2d.Rows(*shape[:-1]))


def _memcpy2d_async(rt: Runtime, me: Caller, *shape: int) -> object:
    *numbers, _kind, stream = shape
    return copies2d.memcpy2d_async(rt, me, copies2d.Rows(*numbers), cast("Stream", stream))


ROWS = (
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
        memory.memcpy_async,
        params=(*_COPY, _STREAM),
        checks=(*_ARGUMENTS, live_stream("h5"), _too_long("h5", "dest_max"), *stream_here("h5", "h5")),
        errors=(codes.ACL_ERROR_RT_FEATURE_NOT_SUPPORT,),
        kind=Kind.ENQUEUE,
        says="Queue a copy of pinned or device memory; pageable memory waits for the whole stream first.",
        source="rule h5",
    ),
    Row(
        "acl.rt.memcpy_async_with_condition",
        "aclrtMemcpyAsyncWithCondition",
        memory.memcpy_async,
        params=(*_COPY, _STREAM),
        checks=(*_ARGUMENTS, live_stream("h5"), _too_long("h5", "dest_max"), *stream_here("h5", "h5")),
        errors=(codes.ACL_ERROR_RT_FEATURE_NOT_SUPPORT,),
        kind=Kind.ENQUEUE,
        says="The same as memcpy_async: the runtime asks whether memory is pinned before it waits, and so does that.",
        source="rule h5; hicann/runtime memory.cpp",
    ),
    Row(
        "acl.rt.memset",
        "aclrtMemset",
        lambda rt, _me, ptr, value, count: memory.memset(rt, ptr, value, count),
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
        memory.memset_async,
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
    Row(
        "acl.rt.memcpy2d",
        "aclrtMemcpy2d",
        _memcpy2d,
        params=_COPY2D,
        checks=(
            *_ARGUMENTS2D,
            Check(
                "h4",
                codes.ACL_ERROR_RT_FEATURE_NOT_SUPPORT,
                "a synchronous copy of rows goes to or from the device only",
                ("kind",),
                lambda _me, value: value == _D2D,
            ),
            has_context("h4"),
        ),
        errors=(codes.ACL_ERROR_RT_PARAM_INVALID,),
        kind=Kind.BLOCKING,
        says="Copy rows that lie a pitch apart, in the caller's time.",
        source="rule h4; hicann/runtime memory.cpp CheckMemcpy2dParam, api_error.cc MemCopy2DSync",
    ),
    Row(
        "acl.rt.memcpy2d_async",
        "aclrtMemcpy2dAsync",
        _memcpy2d_async,
        params=(*_COPY2D, _STREAM),
        checks=(*_ARGUMENTS2D, live_stream("h5"), *stream_here("h5", "h5")),
        errors=(codes.ACL_ERROR_RT_PARAM_INVALID,),
        kind=Kind.ENQUEUE,
        says="Queue a copy of rows; pageable memory waits for the whole stream first.",
        source="rule h5; hicann/runtime api_error.cc MemCopy2DAsync",
    ),
)
