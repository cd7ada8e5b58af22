"""Rows: device and pinned memory, reserved, freed and asked about (rules h1-h3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, cast

from acl_api import codes
from acl_api.structs import DEVICE_ID, MODULE_ID, VA_FLAG, MallocAttribute, malloc_config
from acl_api.table.checks import current_device, has_context, not_null
from acl_api.table.row import Check, Param, Ref, Row, Run, Status
from simulator.core.memory import Place
from simulator.core.operations import allocations
from simulator.core.operations.allocations import Pages

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime

_SIZE = Param("size", "k")
_POLICY = Param("policy", "i")
_PTR = Param("ptr", "k", Ref.MEMORY)
_CFG = Param("cfg", "O", Ref.ANY, reads=malloc_config, annotation="dict[str, object]")
_POINTER = ("ptr",)
_OOM = (codes.ACL_ERROR_RT_MEMORY_ALLOCATION,)
_LIKE_MALLOC = (*_OOM, codes.ACL_ERROR_RT_FEATURE_NOT_SUPPORT)
_SOURCE = "rule h1; hicann/runtime memory.cpp aclMallocMemInner, npu_driver_mem.cc"
# aclrtMemAttr up to the last that the runtime knows: the header has six more (api_error.cc MemGetInfoEx).
_ATTRIBUTES = 12
# aclrtMemMallocPolicy; an unknown one is the default.
_PAGES: Final = {
    1: Pages.HUGE, 2: Pages.NORMAL, 4: Pages.HUGE, 5: Pages.NORMAL, 6: Pages.GIANT, 7: Pages.GIANT,
}  # fmt: skip
# The newer calls take flags for the kind of memory beside the policy.
_POLICY_BITS = 0xFF
_PADDED, _ROUNDED = 64, 32
_WRAP = 1 << 64
_GIANT_P2P = 7


def _malloc(rt: Runtime, me: Caller, size: int, policy: int) -> object:
    return allocations.malloc(rt, me, size, _PAGES.get(policy, Pages.HUGE_FIRST))


def _align32(rt: Runtime, me: Caller, size: int, policy: int) -> object:
    return allocations.malloc(rt, me, size, _PAGES.get(policy, Pages.HUGE_FIRST), padded=False)


def _cached(rt: Runtime, me: Caller, size: int, policy: int) -> object:
    # Policies of memory between devices are not asked for here; of the last one only the padding is left out.
    pages = _PAGES.get(policy, Pages.HUGE_FIRST) if policy in (1, 2, 6) else Pages.HUGE_FIRST
    return allocations.malloc(rt, me, size, pages, padded=policy != _GIANT_P2P)


def _configured(rt: Runtime, me: Caller, size: int, policy: int, _cfg: object) -> object:
    pages = _PAGES.get(policy & _POLICY_BITS, Pages.HUGE_FIRST)
    return allocations.malloc(rt, me, size, pages, padded=False)


def _too_large(appended: int) -> Check:
    """Refuse what wraps around when it is rounded up: the ACL layer looks at that first."""
    return Check(
        "h1",
        codes.ACL_ERROR_INVALID_PARAM,
        "size is too large to be rounded up",
        ("size",),
        lambda _me, value: cast("int", value) + appended >= _WRAP,
        quick=f"size < {_WRAP - appended}",
    )


def _refuse_attributes(says: str, test: Callable[[Caller, MallocAttribute], bool]) -> Check:
    return Check(
        "h1",
        codes.ACL_ERROR_RT_PARAM_INVALID,
        says,
        ("cfg",),
        lambda me, value: any(
            test(me, attribute) for attribute in cast("tuple[MallocAttribute, ...]", value or ())
        ),
    )


_DEVICE_ATTRIBUTES = (
    _refuse_attributes(
        "cfg has an attribute other than a module or device id",
        lambda _me, attribute: attribute.attr not in (0, MODULE_ID, DEVICE_ID),
    ),
    _refuse_attributes(
        "cfg names another device than the current one",
        lambda me, attribute: attribute.attr == DEVICE_ID and attribute.value != current_device(me).index,
    ),
)
_HOST_ATTRIBUTES = _refuse_attributes(
    "cfg has an attribute other than a module id or the flag of one address space",
    lambda _me, attribute: attribute.attr not in (MODULE_ID, VA_FLAG),
)


def _allocator(name: str, c_name: str, says: str, run: Run, appended: int = _PADDED) -> Row:
    """Return the row of a function that reserves device memory for the current context's device."""
    return Row(
        f"acl.rt.{name}",
        c_name,
        run,
        params=(_SIZE, _POLICY),
        checks=(not_null("size", rule="h1"), _too_large(appended), has_context("h1")),
        outs=_POINTER,
        failed=(0,),
        errors=_LIKE_MALLOC,
        says=says,
        source=_SOURCE,
    )


def _with_configuration(name: str, c_name: str, says: str) -> Row:
    return Row(
        f"acl.rt.{name}",
        c_name,
        _configured,
        params=(_SIZE, _POLICY, _CFG),
        checks=(not_null("size", rule="h1"), has_context("h1"), *_DEVICE_ATTRIBUTES),
        outs=_POINTER,
        failed=(0,),
        errors=_LIKE_MALLOC,
        misfit=f"acl.rt.{name} args parse failed!",
        says=says,
        source="rule h1; hicann/runtime memory.cpp, api_impl.cc DevMalloc; pyACL rt_memory.cpp",
    )


def _cache(name: str, c_name: str, says: str) -> Row:
    """Return the row of a function on the processor's cache, which the model has not: it only checks."""
    return Row(
        f"acl.rt.{name}",
        c_name,
        lambda _rt, _me, _ptr, _size: None,
        params=(_PTR, _SIZE),
        checks=(not_null("ptr", rule="h2"), not_null("size", rule="h1"), has_context("g12")),
        status=Status.PARTIAL,
        says=says,
        source="rule 0.2; hicann/runtime memory.cpp, api_impl_standard_soc.cc FlushCache",
    )


ROWS = (
    _allocator(
        "malloc",
        "aclrtMalloc",
        "Reserve device memory on real, lazily reserved pages; huge pages count whole where only they are asked for.",
        _malloc,
    ),
    _allocator(
        "malloc_align32",
        "aclrtMallocAlign32",
        "The same, rounded to 32 bytes and without padding.",
        _align32,
        _ROUNDED,
    ),
    _allocator(
        "malloc_cached",
        "aclrtMallocCached",
        "The same: nothing is cached, so the program sees its writes at once; hardware wants mem_flush.",
        _cached,
    ),
    _with_configuration(
        "malloc_with_cfg",
        "aclrtMallocWithCfg",
        "Reserve device memory without padding; a device id must be the current one, a module id has no effect.",
    ),
    _with_configuration(
        "malloc_for_task_scheduler",
        "aclrtMallocForTaskScheduler",
        "Reserve device memory within reach of the task scheduler, which reaches all of it here.",
    ),
    Row(
        "acl.rt.free",
        "aclrtFree",
        lambda rt, _me, ptr: allocations.free(rt, ptr, Place.DEVICE),
        params=(_PTR,),
        checks=(not_null("ptr", rule="h2"),),
        errors=(codes.ACL_ERROR_RT_PARAM_INVALID,),
        says="Free device memory at once, waiting for nothing; needs no context.",
        source="rule h2 (the code of a second free is UNVERIFIED)",
    ),
    Row(
        "acl.rt.malloc_host",
        "aclrtMallocHost",
        lambda rt, _me, size: allocations.malloc_host(rt, size),
        params=(_SIZE,),
        checks=(not_null("size", rule="h3"), has_context("h3")),
        outs=_POINTER,
        failed=(0,),
        errors=_OOM,
        says="Reserve pinned host memory.",
        source="rule h3; hicann/runtime api_impl.cc HostMalloc",
    ),
    Row(
        "acl.rt.free_host",
        "aclrtFreeHost",
        lambda rt, _me, ptr: allocations.free(rt, ptr, Place.PINNED),
        params=(_PTR,),
        checks=(not_null("ptr", rule="h3"),),
        errors=(codes.ACL_ERROR_RT_PARAM_INVALID,),
        says="Free pinned host memory.",
        source="rule h3",
    ),
    Row(
        "acl.rt.malloc_host_with_cfg",
        "aclrtMallocHostWithCfg",
        lambda rt, _me, size, _config: allocations.malloc_host(rt, size),
        params=(_SIZE, _CFG),
        checks=(not_null("size", rule="h3"), _HOST_ATTRIBUTES, has_context("h3")),
        outs=_POINTER,
        failed=(0,),
        errors=_OOM,
        says="Reserve pinned host memory; a module id has no effect, and all addresses are one address space anyhow.",
        source="rule h3; hicann/runtime api_impl.cc HostMallocWithCfg; pyACL rt_memory.cpp",
    ),
    Row(
        "acl.rt.get_mem_info",
        "aclrtGetMemInfo",
        allocations.mem_info,
        params=(Param("attr", "i"),),
        checks=(
            Check(
                "h1",
                codes.ACL_ERROR_RT_INVALID_MEMORY_TYPE,
                "attr is none of the kinds of memory from 0 to 11",
                ("attr",),
                lambda _me, value: not 0 <= cast("int", value) < _ATTRIBUTES,
            ),
            has_context("h1"),
        ),
        outs=("free", "total"),
        failed=(0, 0),
        errors=(codes.ACL_ERROR_RT_FEATURE_NOT_SUPPORT,),
        status=Status.PARTIAL,
        says=(
            "Free and total bytes of the current device; normal and huge pages are one pool here, and what the "
            "system reserves is not left out."
        ),
        source="rule h1; hicann/runtime api_error.cc MemGetInfoEx, npu_driver_mem.cc; its page",
    ),
    Row(
        "acl.rt.pointer_get_attributes",
        "aclrtPointerGetAttributes",
        lambda rt, _me, ptr: allocations.pointer_attributes(rt, ptr),
        params=(_PTR,),
        checks=(not_null("ptr", rule="h2"),),
        outs=("attrs",),
        failed=(allocations.attributes(),),
        errors=(codes.ACL_ERROR_RT_PARAM_INVALID,),
        says="Where an address lies, and on pages of which size: location 0 host, 1 device, 2 neither, 3 managed.",
        source="aclrtMemLocationType; keys from pyACL rt; hicann/runtime npu_driver_mem.cc PtrGetAttributes",
    ),
    _cache("mem_flush", "aclrtMemFlush", "Write the cache back: there is none here, so nothing to do."),
    _cache(
        "mem_invalidate",
        "aclrtMemInvalidate",
        "Drop what the cache holds: there is none here, so nothing to do.",
    ),
)
