"""Rows: memory functions that pyACL has not, which do what others do for several ranges or with a sync before."""

from __future__ import annotations

import struct
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Final, cast

from acl_api import codes
from acl_api.table.checks import device_in_range, has_context, live_stream, not_null, stream_here, unsupported
from acl_api.table.row import Check, Kind, Param, Ref, Row
from simulator.base.errors import Fault
from simulator.core.memory import Place
from simulator.core.operations import managed, twins
from simulator.core.operations.twins import Copy, Indirect

if TYPE_CHECKING:
    from simulator.core.contexts import Context
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.streams import Stream

_INVALID, _WRONG = codes.ACL_ERROR_RT_PARAM_INVALID, codes.ACL_ERROR_INVALID_PARAM
_PTR = Param("ptr", "k", Ref.MEMORY)
_STREAM = Param("stream", "k", Ref.STREAM)
_WORD: Final = 4
_INSIDE: Final = 6
_MOST_BATCHES: Final = 4096
# An aclrtMemcpyBatchAttr: two locations, and bytes that must be 0.
_ATTR_BYTES, _ATTR_RESERVED = 32, 16
_SOURCE = "rule h4; hicann/runtime memory.cpp, api_error.cc"


def _refuse(says: str, on: str, test: Callable[[int], bool], code: int = _WRONG) -> Check:
    return Check("h4", code, says, (on,), lambda _me, value: test(cast("int", value)))


def _free(place: Place) -> Callable[[Runtime, Caller, int], object]:
    def run(rt: Runtime, me: Caller, address: int) -> object:
        return twins.free_after_sync(rt, me, cast("Context", me.context), address, place)

    return run


def _no_room(_me: Caller, value: object) -> bool:
    room, count = cast("tuple[int, int]", value)
    return room < _WORD * count


def _unknown(me: Caller, value: object) -> bool:
    return me.rt.memory.place_of(cast("int", value)) not in (Place.DEVICE, Place.PINNED)


_WORDS = (_PTR, Param("mem_size", "k", passed=False), Param("value", "I"), Param("n", "k"))
_WORD_CHECKS = (
    Check("h6", codes.ACL_SUCCESS, "n is 0", ("n",), lambda _me, value: value == 0),
    not_null("ptr", rule="h6"),
    Check(
        "h6",
        _WRONG,
        "ptr is not a multiple of 4",
        ("ptr",),
        lambda _me, value: cast("int", value) % _WORD != 0,
    ),
    Check("h6", _WRONG, "four bytes for each of n exceed mem_size", ("mem_size", "n"), _no_room),
    Check("h6", _WRONG, "ptr is neither device nor pinned memory", ("ptr",), _unknown),
)
_LISTS = tuple(Param(name, "k", Ref.MEMORY) for name in ("dsts", "dest_maxs", "srcs", "sizes"))
_BATCH = (
    *_LISTS,
    Param("num_batches", "k"),
    Param("attrs", "k", Ref.MEMORY),
    Param("attrs_indexes", "k", Ref.MEMORY),
    Param("num_attrs", "k"),
)


def _numbers(me: Caller, address: int, count: int) -> tuple[int, ...] | None:
    """Return an array of numbers of 64 bits; None where none lies."""
    memory, size = me.rt.memory, 8 * count
    data = memory.read(address, size) if count <= _MOST_BATCHES and memory.fits(address, size) else None
    return None if data is None else struct.unpack(f"<{count}Q", data)


def _no_bytes(me: Caller, value: object) -> bool:
    sizes = _numbers(me, *cast("tuple[int, int]", value))
    return sizes is not None and not any(sizes)


def _too_long(me: Caller, value: object) -> bool:
    rooms, sizes, count = cast("tuple[int, int, int]", value)
    room, size = _numbers(me, rooms, count), _numbers(me, sizes, count)
    return room is not None and size is not None and any(map(int.__lt__, room, size))


def _bad_attributes(me: Caller, value: object) -> bool:
    address, count = cast("tuple[int, int]", value)
    size = _ATTR_BYTES * count
    memory = me.rt.memory
    data = memory.read(address, size) if count <= _MOST_BATCHES and memory.fits(address, size) else None
    return data is not None and any(
        any(data[at + _ATTR_RESERVED : at + _ATTR_BYTES]) for at in range(0, size, _ATTR_BYTES)
    )


def _bad_indexes(me: Caller, value: object) -> bool:
    address, attrs, count = cast("tuple[int, int, int]", value)
    found = _numbers(me, address, attrs)
    if found is None or attrs > count:
        return True
    rising = all(before < after < count for before, after in pairwise(found))
    return found[0] != 0 or not rising


_BATCH_CHECKS = (
    not_null("sizes", rule="h4"),
    not_null("num_batches", rule="h4"),
    Check("h4", codes.ACL_SUCCESS, "all sizes are 0", ("sizes", "num_batches"), _no_bytes),
    *(not_null(name, rule="h4") for name in ("dsts", "dest_maxs", "srcs", "attrs", "attrs_indexes")),
    Check("h4", _WRONG, "a size exceeds its dest_max", ("dest_maxs", "sizes", "num_batches"), _too_long),
    Check(
        "h4", _WRONG, "an attribute has reserved bytes other than 0", ("attrs", "num_attrs"), _bad_attributes
    ),
)
_NO_BATCHES = unsupported("h4", "the product does not copy in batches", lambda has: not has.memcpy_batch)
_BATCH_INDEXES = (
    not_null("num_attrs", _INVALID, "h4"),
    Check(
        "h4",
        _INVALID,
        "attrs_indexes does not rise from 0 to less than num_batches",
        ("attrs_indexes", "num_attrs", "num_batches"),
        _bad_indexes,
    ),
)


def _copies(me: Caller, given: tuple[int, ...]) -> list[Copy] | None:
    dsts, _, srcs, sizes, count = given[:5]
    lists = [_numbers(me, address, count) for address in (dsts, srcs, sizes)]
    if any(found is None for found in lists):
        return None
    return [Copy(*ends) for ends in zip(*cast("list[tuple[int, ...]]", lists), strict=True) if ends[2]]


def _batch(rt: Runtime, me: Caller, *given: int) -> object:
    copies = _copies(me, given)
    return Fault.PARAM_INVALID if copies is None else twins.copy_batch(rt, copies)


def _batch_async(rt: Runtime, me: Caller, *given: object) -> object:
    copies = _copies(me, cast("tuple[int, ...]", given[:-1]))
    return (
        Fault.PARAM_INVALID
        if copies is None
        else twins.copy_batch_async(rt, me, copies, cast("Stream", given[-1]))
    )


def _indirect(rt: Runtime, me: Caller, *given: object) -> object:
    dst, dst_offset, src, count, src_offset, _kind, stream = given
    ends = Indirect(*cast("tuple[int, int, int, int]", (dst, dst_offset, src, src_offset)))
    return twins.copy_indirect(rt, me, ends, cast("int", count), cast("Stream", stream))


ROWS = (
    Row(
        "aclrtMemAllocManaged",
        "aclrtMemAllocManaged",
        lambda rt, _me, size: managed.allocate(rt, size),
        params=(Param("size", "K"), Param("flag", "I", passed=False)),
        checks=(
            Check("d8", _WRONG, "flag is not 1 (global)", ("flag",), lambda _me, value: value != 1),
            not_null("size", _INVALID, "d8"),
            has_context("d8"),
        ),
        outs=("ptr",),
        failed=(0,),
        errors=(codes.ACL_ERROR_RT_MEMORY_ALLOCATION,),
        says="Reserve memory that host and device both reach; streams copy and set it by a host function.",
        source="rule d8; hicann/runtime memory.cpp, api_impl.cc ManagedMemAlloc, MemcpyAsync, MemsetAsync",
    ),
    Row(
        "aclrtFreeWithDevSync",
        "aclrtFreeWithDevSync",
        _free(Place.DEVICE),
        params=(_PTR,),
        checks=(not_null("ptr", rule="h2"), has_context("e15")),
        errors=(_INVALID,),
        kind=Kind.BLOCKING,
        says="Free device memory once the current context has done everything; nothing is freed when that failed.",
        source="rules h2, e15; hicann/runtime api_c_memory.cc",
    ),
    Row(
        "aclrtFreeHostWithDevSync",
        "aclrtFreeHostWithDevSync",
        _free(Place.PINNED),
        params=(_PTR,),
        checks=(not_null("ptr", rule="h3"), has_context("e15")),
        errors=(_INVALID,),
        kind=Kind.BLOCKING,
        says="The same for pinned memory.",
        source="rules h3, e15; hicann/runtime api_c_memory.cc",
    ),
    Row(
        "aclrtMemsetD32",
        "aclrtMemsetD32",
        lambda rt, _me, *given: twins.fill_words(rt, *given),
        params=_WORDS,
        checks=(*_WORD_CHECKS, has_context("h6")),
        errors=(_INVALID,),
        kind=Kind.BLOCKING,
        says="Fill with words of 32 bits, in the caller's time; which products have it is UNVERIFIED.",
        source="rule h6; hicann/runtime memory.cpp",
    ),
    Row(
        "aclrtMemsetD32Async",
        "aclrtMemsetD32Async",
        twins.fill_words_async,
        params=(*_WORDS, _STREAM),
        checks=(*_WORD_CHECKS, live_stream("h6"), *stream_here("h6", "h6")),
        errors=(_INVALID,),
        kind=Kind.ENQUEUE,
        says="Queue such a fill.",
        source="rule h6; hicann/runtime memory.cpp",
    ),
    Row(
        "aclrtMemcpyBatchV2",
        "aclrtMemcpyBatchV2",
        _batch,
        params=_BATCH,
        checks=(*_BATCH_CHECKS, _NO_BATCHES, *_BATCH_INDEXES, has_context("h4")),
        errors=(_INVALID,),
        kind=Kind.BLOCKING,
        says="Copy several ranges between host and device, in the caller's time; locations are not compared.",
        source=_SOURCE,
    ),
    Row(
        "aclrtMemcpyBatchAsyncV2",
        "aclrtMemcpyBatchAsyncV2",
        _batch_async,
        params=(*_BATCH, _STREAM),
        checks=(
            *_BATCH_CHECKS,
            live_stream("h5"),
            _NO_BATCHES,
            *_BATCH_INDEXES,
            *stream_here("h5", "h5"),
        ),
        errors=(_INVALID, codes.ACL_ERROR_RT_FEATURE_NOT_SUPPORT),
        kind=Kind.ENQUEUE,
        says="Queue several copies; those of pageable memory wait for the stream first.",
        source="rule h5; hicann/runtime memory.cpp, api_error.cc MemcpyBatchAsync, api_impl.cc",
    ),
    Row(
        "aclrtMemcpyAsyncWithOffset",
        "aclrtMemcpyAsyncWithOffset",
        _indirect,
        params=(
            Param("dst", "k", Ref.MEMORY),
            Param("dest_max", "k", passed=False),
            Param("dst_data_offset", "k"),
            Param("src", "k", Ref.MEMORY),
            Param("count", "k"),
            Param("src_data_offset", "k"),
            Param("kind", "i"),
            _STREAM,
        ),
        checks=(
            Check("h5", codes.ACL_SUCCESS, "count is 0", ("count",), lambda _me, value: value == 0),
            _refuse(
                "kind is not 6, a copy inside one device", "kind", lambda kind: kind != _INSIDE, _INVALID
            ),
            live_stream("h5"),
            *(not_null(name, _INVALID, "h5") for name in ("dst", "src")),
            *stream_here("h5", "h5"),
        ),
        errors=(_INVALID,),
        kind=Kind.ENQUEUE,
        says="Queue a copy between addresses that stand in device memory, each with an offset, read at its turn.",
        source="rule h5; hicann/runtime memory.cpp, api_c_memory.cc rtMemcpyAsyncWithOffset",
    ),
    Row(
        "aclrtMemP2PMap",
        "aclrtMemP2PMap",
        lambda _rt, _me, _ptr, _size, _device: None,
        params=(_PTR, Param("size", "k"), Param("dst_dev_id", "i"), Param("flags", "K", passed=False)),
        checks=(
            not_null("ptr", rule="h1"),
            not_null("size", rule="h1"),
            _refuse("flags is not 0", "flags", bool),
            device_in_range("dst_dev_id", "g5"),
        ),
        says="Let another device reach memory: all of them reach all of it here.",
        source="hicann/runtime memory.cpp",
    ),
    Row(
        "aclrtMemGetAddressRange",
        "aclrtMemGetAddressRange",
        lambda rt, _me, ptr: twins.address_range(rt, ptr),
        params=(_PTR,),
        checks=(not_null("ptr", rule="h1"),),
        outs=("base", "size"),
        failed=(0, 0),
        traced=False,
        errors=(_INVALID,),
        says="Where the allocation begins that an address lies in, and its size.",
        source="hicann/runtime memory.cpp, api_error.cc MemGetAddressRange",
    ),
)
