"""Rows: what streams do to memory besides plain copies: reductions, cache operations, copies by descriptors."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, cast

from acl_api import codes
from acl_api.reduction import ELEMENT_BYTES, EQUAL, KINDS, SUM, TYPES, combine
from acl_api.table.checks import has_context, live_stream, not_null, stream_here, unsupported
from acl_api.table.row import Check, Kind, Param, Ref, Row
from simulator.base.errors import Fault
from simulator.base.features import Reductions
from simulator.core.operations import transfers

if TYPE_CHECKING:
    from simulator.base.features import Features
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.streams import Stream

_DST = Param("dst", "k", Ref.MEMORY)
_SRC = Param("src", "k", Ref.MEMORY)
_COUNT = Param("count", "k")
_STREAM = Param("stream", "k", Ref.STREAM)
_DESC = Param("desc", "k", Ref.MEMORY)
_KIND = Param("kind", "i")
# aclrtCmoType.
_CACHE: Final = ("prefetch", "write back", "invalidate", "flush")
_MOST_BYTES: Final = 4 << 30
# Kinds of copies end at 8; descriptors take the one between two places of one device.
_KINDS, _INSIDE = 8, 6
_DESC_ALIGNMENT: Final = 64
_INVALID, _WRONG = codes.ACL_ERROR_RT_PARAM_INVALID, codes.ACL_ERROR_INVALID_PARAM
_DESCRIBED = "rule h5; hicann/runtime memory.cpp, api_error.cc MemcpyAsyncWithDesc, api_impl_david.cc"


def _refuse(says: str, on: str, test: Callable[[int], bool], code: int = _INVALID) -> Check:
    """Refuse by the value of one parameter, which is a number."""
    return Check("h5", code, says, (on,), lambda _me, value: test(cast("int", value)))


def _where(makes: Callable[[Features], bool], check: Check) -> Check:
    """Return a check that only some products make."""
    test = cast("Callable[[Caller, object], bool]", check.test)

    def of_product(me: Caller, value: object) -> bool:
        return makes(me.rt.profile.features) and test(me, value)

    return Check(check.rule, check.code, check.says, check.on, of_product)


def _sum_only(features: Features) -> bool:
    return features.reductions is Reductions.SUM


def _any_kind(features: Features) -> bool:
    return features.reductions is not Reductions.SUM


def _too_much(me: Caller, value: object) -> bool:
    # Where all kinds are known, only sums are limited.
    count, kind = cast("tuple[int, int]", value)
    return count > _MOST_BYTES and (kind == SUM or _sum_only(me.rt.profile.features))


def _misaligned(me: Caller, value: object) -> bool:
    dst, src, element = cast("tuple[int, int, int]", value)
    size = ELEMENT_BYTES[element]
    return me.rt.profile.features.reductions is Reductions.ALIGNED and bool(dst % size or src % size)


def _reduce_async(
    rt: Runtime, me: Caller, dst: int, src: int, count: int, kind: int, element: int, stream: Stream
) -> object:
    if kind == EQUAL and rt.profile.features.reductions is Reductions.NO_COMPARISON:
        return Fault.NOT_SUPPORTED
    name = f"{KINDS[kind]} of {count} bytes as {TYPES[element]}"
    return transfers.reduce_async(rt, me, dst, src, count, combine(kind, element), name, stream)


def _cmo_async(rt: Runtime, me: Caller, size: int, what: int, stream: Stream) -> object:
    return transfers.cmo_async(rt, me, size, _CACHE[what], stream)


def _set_desc(rt: Runtime, _me: Caller, desc: int, _kind: int, src: int, dst: int, count: int) -> object:
    return transfers.set_desc(rt, desc, src, dst, count)


def _with_desc(rt: Runtime, me: Caller, desc: int, _kind: int, stream: Stream) -> object:
    return transfers.memcpy_async_with_desc(rt, me, desc, stream)


_NO_KIND = _refuse("kind is none of the copy kinds", "kind", lambda kind: not 0 <= kind < _KINDS, _WRONG)
_NO_DESCRIPTORS = unsupported(
    "h5", "the product has no descriptors of copies", lambda has: not has.memcpy_desc_bytes
)
_NOT_INSIDE = "kind is not 6, a copy inside one device"
_NOT_HERE = _refuse(_NOT_INSIDE, "kind", lambda kind: kind != _INSIDE, codes.ACL_ERROR_RT_FEATURE_NOT_SUPPORT)

ROWS = (
    Row(
        "acl.rt.reduce_async",
        "aclrtReduceAsync",
        _reduce_async,
        params=(
            _DST,
            _SRC,
            _COUNT,
            _KIND,
            Param("type", "i"),
            _STREAM,
            Param("reserve", "k", passed=False),
        ),
        checks=(
            not_null("dst", rule="h5"),
            not_null("src", rule="h5"),
            _refuse("reserve is not 0", "reserve", bool, _WRONG),
            _refuse("type is none that reductions know", "type", lambda it: it not in TYPES, _WRONG),
            _where(_sum_only, has_context("h5")),
            live_stream("h5"),
            _refuse("count is 0", "count", lambda count: count == 0),
            _where(_sum_only, _refuse("kind is not 10, the sum", "kind", lambda kind: kind != SUM)),
            _where(
                _any_kind,
                _refuse("kind is none from 10 to 13", "kind", lambda kind: kind not in KINDS),
            ),
            Check("h5", _INVALID, "count exceeds 4 GiB", ("count", "kind"), _too_much),
            *stream_here("h5", "h5"),
            Check("h5", _INVALID, "an address lies inside an element", ("dst", "src", "type"), _misaligned),
        ),
        errors=(codes.ACL_ERROR_RT_FEATURE_NOT_SUPPORT,),
        kind=Kind.ENQUEUE,
        says="Queue a sum, maximum, minimum or comparison of src into dst; the bytes change when the task ends.",
        source="rule h5; hicann/runtime memory.cpp, api_error.cc ReduceAsync and ReduceAsyncV2, api_impl_david.cc",
    ),
    Row(
        "acl.rt.cmo_async",
        "aclrtCmoAsync",
        _cmo_async,
        params=(
            Param("src", "k", Ref.MEMORY, passed=False),
            Param("size", "k"),
            Param("cmo_type", "i"),
            _STREAM,
        ),
        checks=(
            not_null("src", rule="h5"),
            not_null("size", rule="h5"),
            unsupported("h5", "the product has no cache operations", lambda has: not has.cache_operations),
            _refuse(
                "cmo_type is none from 0 to 3",
                "cmo_type",
                lambda what: not 0 <= what < len(_CACHE),
                codes.ACL_ERROR_RT_FEATURE_NOT_SUPPORT,
            ),
            live_stream("h5"),
            *stream_here("h5", "h5"),
        ),
        kind=Kind.ENQUEUE,
        says="Queue an operation on the cache; it takes its turn and no bytes change: there is no cache here.",
        source="rule h5; hicann/runtime memory.cpp, api_error.cc CmoAsync, api_impl.cc",
    ),
    Row(
        "acl.rt.get_memcpy_desc_size",
        "aclrtGetMemcpyDescSize",
        lambda rt, _me, _kind: (rt.profile.features.memcpy_desc_bytes,),
        params=(_KIND,),
        checks=(_NO_KIND, _NO_DESCRIPTORS, _NOT_HERE),
        outs=("size",),
        failed=(0,),
        says="How many bytes of device memory a descriptor of a copy takes.",
        source=_DESCRIBED,
    ),
    Row(
        "acl.rt.set_memcpy_desc",
        "aclrtSetMemcpyDesc",
        _set_desc,
        params=(_DESC, _KIND, _SRC, _DST, _COUNT, Param("config", "k", passed=False)),
        checks=(
            not_null("desc", rule="h5"),
            _NO_KIND,
            not_null("src", rule="h5"),
            not_null("dst", rule="h5"),
            not_null("count", rule="h5"),
            _refuse("config is not 0", "config", bool, _WRONG),
            _NO_DESCRIPTORS,
            _NOT_HERE,
            _refuse("count exceeds 4 GiB", "count", lambda count: count > _MOST_BYTES),
            _refuse("desc is not a multiple of 64", "desc", lambda desc: bool(desc % _DESC_ALIGNMENT)),
            has_context("h5"),
        ),
        outs=("desc",),
        failed=(0,),
        echo="desc",
        traced=False,
        errors=(_INVALID,),
        says="Write a descriptor of a copy inside one device into device memory, at once.",
        source=_DESCRIBED,
    ),
    Row(
        "acl.rt.memcpy_async_with_desc",
        "aclrtMemcpyAsyncWithDesc",
        _with_desc,
        params=(_DESC, _KIND, _STREAM),
        checks=(
            not_null("desc", rule="h5"),
            _NO_KIND,
            not_null("stream", rule="h5"),
            _NO_DESCRIPTORS,
            live_stream("h5"),
            _refuse(_NOT_INSIDE, "kind", lambda kind: kind != _INSIDE),
            *stream_here("h5", "h5"),
        ),
        errors=(_INVALID,),
        kind=Kind.ENQUEUE,
        says="Queue the copy that a descriptor in device memory describes when the task's turn has come.",
        source=_DESCRIBED,
    ),
)
