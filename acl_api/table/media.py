"""Rows: the allocator of acl.media; its memory is ordinary device memory."""

from __future__ import annotations

from acl_api import codes
from acl_api.table.checks import has_context, not_null
from acl_api.table.row import Param, Ref, Row, Status
from simulator.core.memory import Place
from simulator.core.operations import allocations

_SOURCE = "rules h1, h2; the vendor's pages of acldvppMalloc and acldvppFree"

ROWS = (
    Row(
        "acl.media.dvpp_malloc",
        "acldvppMalloc",
        allocations.malloc,
        params=(Param("size", "k"),),
        checks=(not_null("size", rule="h1"), has_context("h1")),
        outs=("dev_ptr",),
        failed=(0,),
        errors=(codes.ACL_ERROR_RT_MEMORY_ALLOCATION,),
        status=Status.PARTIAL,
        says="Reserve device memory for pictures; there is no DVPP, so any device memory would do.",
        source=_SOURCE,
    ),
    Row(
        "acl.media.dvpp_free",
        "acldvppFree",
        lambda rt, _me, ptr: allocations.free(rt, ptr, Place.DEVICE),
        params=(Param("dev_ptr", "k", Ref.MEMORY),),
        checks=(not_null("dev_ptr", rule="h2"),),
        errors=(codes.ACL_ERROR_RT_PARAM_INVALID,),
        says="Free memory of dvpp_malloc at once.",
        source=_SOURCE,
    ),
)
