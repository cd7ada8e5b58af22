"""Rows: virtual memory: addresses set aside, memory without addresses, mappings, and sharing of both (rule h2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final, cast

from acl_api import codes
from acl_api.lists import list_of_pids
from acl_api.structs import PhysicalProp, physical_prop
from acl_api.table.checks import as_int32, has_context, live_handle, not_null
from acl_api.table.row import Check, Param, Ref, Row
from simulator.base.errors import Fault
from simulator.core.memory import Place
from simulator.core.operations import mappings
from simulator.core.virtual import Handle

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime

_INVALID, _WRONG = codes.ACL_ERROR_RT_PARAM_INVALID, codes.ACL_ERROR_INVALID_PARAM
_SIZE = Param("size", "k")
_ADDRESS = Param("vir_ptr", "k", Ref.MEMORY)
_HANDLE = Param("handle", "k", Ref.HANDLE)
_FLAGS = Param("flags", "K", passed=False)
_PROP = Param("prop", "O", Ref.ANY, reads=physical_prop, annotation="dict[str, object]")
_SHAREABLE = Param("shareable", "K")
# aclrtMemLocationType.
_HOST, _DEVICE, _NUMA = 0, 1, 4
_LOCATIONS: Final = (_HOST, _DEVICE, _NUMA)
# aclrtMemAttr, as far as memory without addresses has it; of DDR, and in pages of 1 GiB.
_ATTRIBUTES: Final = frozenset((*range(2, 8), 10, *range(12, 18)))
_DDR: Final = frozenset((2, 3, 6, 7))
_GIANT: Final = frozenset((10, 14, 17))
_SOURCE = (
    "rule h2; hicann/runtime memory.cpp, api_error.cc, npu_driver_mem.cc (codes of the driver UNVERIFIED)"
)


def _refuse(says: str, on: str, test: Callable[[int], bool], code: int = _WRONG) -> Check:
    return Check("h2", code, says, (on,), lambda _me, value: test(cast("int", value)))


def _of_prop(says: str, test: Callable[[PhysicalProp], bool]) -> Check:
    return Check("h2", _WRONG, says, ("prop",), lambda _me, value: test(cast("PhysicalProp", value)))


def _needs_context(me: Caller, value: object) -> bool:
    return cast("PhysicalProp", value).location_type == _NUMA and me.live_context is None


_LIVE = replace(live_handle("handle", Handle, rule="h2"), code=_INVALID)
_FLAGS_ZERO = _refuse("flags is not 0", "flags", bool)
_PROP_CHECKS = (
    not_null("prop", rule="h2"),
    _of_prop("handleType is not 0", lambda prop: prop.handle_type != 0),
    _of_prop("allocationType is not 0", lambda prop: prop.allocation_type != 0),
    _of_prop(
        "the location is neither host nor device nor a NUMA node",
        lambda prop: prop.location_type not in _LOCATIONS,
    ),
    _of_prop(
        "memory of a device is to be of DDR",
        lambda prop: prop.location_type == _DEVICE and prop.mem_attr in _DDR,
    ),
    _of_prop("memAttr is none that is known", lambda prop: prop.mem_attr not in _ATTRIBUTES),
)
_NO_NUMA = Check(
    "h2",
    codes.ACL_ERROR_RT_CONTEXT_NULL,
    "memory of a NUMA node needs a live context",
    ("prop",),
    _needs_context,
)


def _malloc_physical(rt: Runtime, _me: Caller, size: int, prop: PhysicalProp) -> object:
    giant = prop.mem_attr in _GIANT
    if giant and not rt.profile.features.huge_1g_pages:
        return Fault.NOT_SUPPORTED
    if prop.location_type != _DEVICE:
        return mappings.malloc_physical(rt, size, None, giant=giant)
    number = as_int32(prop.location_id)
    if not 0 <= number < len(rt.devices):
        return codes.ACL_ERROR_RT_INVALID_DEVICEID
    return mappings.malloc_physical(rt, size, rt.devices[number], giant=giant)


def _granularity(_rt: Runtime, _me: Caller, prop: PhysicalProp, _option: int) -> object:
    place = Place.DEVICE if prop.location_type == _DEVICE else Place.PINNED
    return (mappings.page_size(place, giant=prop.mem_attr in _GIANT),)


ROWS = (
    Row(
        "acl.rt.reserve_mem_address",
        "aclrtReserveMemAddress",
        lambda rt, _me, size, _flags: mappings.reserve(rt, size, giant=_flags == 1),
        params=(
            _SIZE,
            Param("alignment", "k", passed=False),
            Param("expect_ptr", "k", passed=False),
            replace(_FLAGS, passed=True),
        ),
        checks=(
            not_null("size", rule="h2"),
            _refuse("flags is neither 0 nor 1", "flags", lambda flags: flags not in (0, 1)),
            _refuse("alignment is not 0", "alignment", bool, _INVALID),
        ),
        outs=("vir_ptr",),
        failed=(0,),
        traced=False,
        errors=(codes.ACL_ERROR_RT_MEMORY_ALLOCATION,),
        says="Set addresses aside, on whole huge pages; which address is wanted is not looked at.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.release_mem_address",
        "aclrtReleaseMemAddress",
        lambda rt, _me, address: mappings.release(rt, address),
        params=(_ADDRESS,),
        checks=(not_null("vir_ptr", rule="h2"),),
        errors=(_INVALID,),
        says="Give addresses back, when nothing is mapped there any more.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.malloc_physical",
        "aclrtMallocPhysical",
        _malloc_physical,
        params=(_SIZE, _PROP, _FLAGS),
        checks=(not_null("size", rule="h2"), _FLAGS_ZERO, *_PROP_CHECKS, _NO_NUMA),
        outs=("handle",),
        failed=(0,),
        errors=(
            _INVALID,
            codes.ACL_ERROR_RT_INVALID_DEVICEID,
            codes.ACL_ERROR_RT_FEATURE_NOT_SUPPORT,
            codes.ACL_ERROR_RT_MEMORY_ALLOCATION,
        ),
        says="Make memory without addresses, in whole pages; it counts against the device's.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.free_physical",
        "aclrtFreePhysical",
        lambda rt, _me, handle: mappings.free_physical(rt, handle),
        params=(_HANDLE,),
        checks=(not_null("handle", rule="h2"), _LIVE),
        says="Give memory without addresses back; it goes when nothing of it is mapped any more.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.map_mem",
        "aclrtMapMem",
        lambda rt, _me, *given: mappings.map_mem(rt, *given),
        params=(_ADDRESS, _SIZE, Param("offset", "k"), _HANDLE, _FLAGS),
        checks=(
            not_null("vir_ptr", rule="h2"),
            not_null("handle", rule="h2"),
            not_null("size", rule="h2"),
            _FLAGS_ZERO,
            _LIVE,
        ),
        errors=(_INVALID, codes.ACL_ERROR_RT_MEMORY_ALLOCATION),
        says="Show the whole of some memory at addresses that were set aside; several mappings show the same bytes.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.unmap_mem",
        "aclrtUnmapMem",
        lambda rt, _me, address: mappings.unmap_mem(rt, address),
        params=(_ADDRESS,),
        checks=(not_null("vir_ptr", rule="h2"),),
        errors=(_INVALID,),
        says="Take memory away from its addresses at once, waiting for nothing.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.mem_get_allocation_granularity",
        "aclrtMemGetAllocationGranularity",
        _granularity,
        params=(_PROP, Param("option", "i")),
        checks=(
            *_PROP_CHECKS,
            _refuse(
                "option is neither 0 (least) nor 1 (best)", "option", lambda it: it not in (0, 1), _INVALID
            ),
        ),
        outs=("granularity",),
        failed=(0,),
        says="The size of the pages that such memory is made of.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.mem_export_to_shareable_handle",
        "aclrtMemExportToShareableHandle",
        lambda rt, _me, handle, _type: mappings.export(rt, handle),
        params=(_HANDLE, Param("handle_type", "i"), _FLAGS),
        checks=(
            not_null("handle", rule="h2"),
            _refuse("handle_type is not 0", "handle_type", bool),
            _refuse("flags is neither 0 nor 1", "flags", lambda flags: flags > 1, _INVALID),
            _LIVE,
        ),
        outs=("shareable",),
        failed=(0,),
        says="A number by which memory is shared, within this process only.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.mem_set_pid_to_shareable_handle",
        "aclrtMemSetPidToShareableHandle",
        lambda rt, _me, shareable, _pids: mappings.set_pids(rt, shareable),
        params=(
            _SHAREABLE,
            Param("pids", "O", Ref.ANY, reads=list_of_pids, annotation="list[int]"),
        ),
        checks=(Check("h2", _WRONG, "pids is empty", ("pids",), lambda _me, value: not value),),
        errors=(_INVALID,),
        says="Let other processes import memory; they are other machines here, so that nothing comes of it.",
        source=_SOURCE,
    ),
    Row(
        "acl.rt.mem_import_from_shareable_handle",
        "aclrtMemImportFromShareableHandle",
        lambda rt, _me, shareable, _device: mappings.import_shareable(rt, shareable),
        params=(_SHAREABLE, Param("device_id", "i")),
        checks=(
            _refuse(
                "device_id is below 0", "device_id", lambda it: it < 0, codes.ACL_ERROR_RT_INVALID_DEVICEID
            ),
            Check(
                "h2",
                codes.ACL_ERROR_RT_INVALID_DEVICEID,
                "device_id is not a device of this machine",
                ("device_id",),
                lambda me, value: cast("int", value) >= len(me.rt.devices),
            ),
            has_context("h2"),
        ),
        outs=("handle",),
        failed=(0,),
        errors=(_INVALID,),
        says="One more handle of memory that this process has exported; other processes are other machines.",
        source=_SOURCE,
    ),
)
