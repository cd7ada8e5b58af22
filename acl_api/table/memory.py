"""Rows: device and pinned memory, reserved, registered and asked about (rules h1-h3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from acl_api import codes
from acl_api.table.checks import has_context, not_null
from acl_api.table.row import Check, Param, Ref, Row, Run, Status
from simulator.core.memory import Place
from simulator.core.operations import memory

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime

_SIZE = Param("size", "k")
_POLICY = Param("policy", "i")
_PTR = Param("ptr", "k", Ref.MEMORY)
_POINTER = ("ptr",)
_OOM = (codes.ACL_ERROR_RT_MEMORY_ALLOCATION,)
_RANGE = (not_null("ptr", rule="h2"), not_null("size", rule="h1"))
# aclrtMemAttr of the vendor's header: 0 … 17.
_ATTRIBUTES = 18
# aclrtHostRegisterType: mapped 0, or-able 4 (IO memory) and 8 (read only).
_REGISTER_TYPES = 4 | 8


def _malloc(rt: Runtime, me: Caller, size: int, _policy: int, _config: object = None) -> object:
    return memory.malloc(rt, me, size)


def _allocator(name: str, c_name: str, says: str, run: Run = _malloc, *more: Param) -> Row:
    """Return the row of a function that reserves device memory for the current context's device."""
    return Row(
        f"acl.rt.{name}",
        c_name,
        run,
        params=(_SIZE, _POLICY, *more),
        checks=(not_null("size", rule="h1"), has_context("h1")),
        outs=_POINTER,
        failed=(0,),
        errors=_OOM,
        status=Status.PARTIAL,
        says=says,
        source="rule h1",
    )


def _cache(name: str, c_name: str, says: str) -> Row:
    """Return the row of a function on the processor's cache, which the model has not: it only checks."""
    return Row(
        f"acl.rt.{name}",
        c_name,
        lambda _rt, _me, _ptr, _size: None,
        params=(_PTR, _SIZE),
        checks=_RANGE,
        status=Status.PARTIAL,
        says=says,
        source="rule 0.2; pyACL rt",
    )


ROWS = (
    _allocator(
        "malloc",
        "aclrtMalloc",
        "Reserve device memory on real, lazily reserved pages; the policy has no effect.",
    ),
    _allocator(
        "malloc_align32",
        "aclrtMallocAlign32",
        "The same, rounded to 32 bytes and without padding.",
        lambda rt, me, size, _policy: memory.malloc(rt, me, size, padded=False),
    ),
    _allocator("malloc_cached", "aclrtMallocCached", "The same; there is no cache, so nothing to flush."),
    _allocator(
        "malloc_with_cfg",
        "aclrtMallocWithCfg",
        "The same; the configuration has no effect.",
        _malloc,
        Param("cfg", "O", Ref.ANY),
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
        "acl.rt.malloc_host_with_cfg",
        "aclrtMallocHostWithCfg",
        lambda rt, _me, size, _config: memory.malloc_host(rt, size),
        params=(_SIZE, Param("cfg", "O", Ref.ANY)),
        checks=(not_null("size", rule="h3"),),
        outs=_POINTER,
        failed=(0,),
        errors=_OOM,
        status=Status.PARTIAL,
        says="The same; the configuration has no effect.",
        source="rule h3",
    ),
    Row(
        "acl.rt.host_register",
        "aclrtHostRegister",
        lambda rt, _me, ptr, size, _type: memory.host_register(rt, ptr, size),
        params=(_PTR, _SIZE, Param("type", "i")),
        checks=(
            *_RANGE,
            Check(
                "h5",
                codes.ACL_ERROR_RT_FEATURE_NOT_SUPPORT,
                "type is neither 0 nor made of 4 and 8",
                ("type",),
                lambda _me, value: bool(cast("int", value) & ~_REGISTER_TYPES),
            ),
        ),
        outs=("dev_ptr",),
        failed=(0,),
        traced=False,
        errors=(codes.ACL_ERROR_RT_PARAM_INVALID,),
        status=Status.PARTIAL,
        says="Pin memory of the program's: copies of it are asynchronous then. The device sees it where it is.",
        source="rule h5; hicann/runtime api_error.cc HostRegister",
    ),
    Row(
        "acl.rt.host_unregister",
        "aclrtHostUnregister",
        lambda rt, _me, ptr: memory.host_unregister(rt, ptr),
        params=(_PTR,),
        checks=(not_null("ptr", rule="h2"),),
        errors=(codes.ACL_ERROR_RT_PARAM_INVALID,),
        says="Make registered memory pageable again.",
        source="rule h5",
    ),
    Row(
        "acl.rt.get_mem_info",
        "aclrtGetMemInfo",
        memory.mem_info,
        params=(Param("attr", "i"),),
        checks=(
            Check(
                "h1",
                codes.ACL_ERROR_RT_PARAM_INVALID,
                "attr is none of the kinds of memory",
                ("attr",),
                lambda _me, value: not 0 <= cast("int", value) < _ATTRIBUTES,
            ),
            has_context("h1"),
        ),
        outs=("free", "total"),
        failed=(0, 0),
        status=Status.PARTIAL,
        says="Free and total bytes of the current device; the same for every kind of memory.",
        source="rule h1; hicann/runtime api_error.cc MemGetInfoEx",
    ),
    Row(
        "acl.rt.pointer_get_attributes",
        "aclrtPointerGetAttributes",
        lambda rt, _me, ptr: memory.pointer_attributes(rt, ptr),
        params=(_PTR,),
        checks=(not_null("ptr", rule="h2"),),
        outs=("attrs",),
        failed=({},),
        status=Status.PARTIAL,
        says="Where an address lies: location 0 host, 1 device, 2 neither reserved nor registered.",
        source="aclrtMemLocationType; keys from pyACL rt",
    ),
    _cache("mem_flush", "aclrtMemFlush", "Write the cache back: nothing to do."),
    _cache("mem_invalidate", "aclrtMemInvalidate", "Drop what the cache holds: nothing to do."),
)
