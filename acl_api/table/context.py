"""Rows: contexts (rules g9-g12)."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from acl_api import codes
from acl_api.table.checks import device_in_range, has_context, live_handle, not_null
from acl_api.table.row import Check, Kind, Param, Ref, Row
from simulator.base.errors import Fault
from simulator.core.contexts import Context
from simulator.core.operations import devices

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime

_CONTEXT = (Param("context", "k", Ref.CONTEXT),)


def _live(rule: str, code: int, option: str = "") -> Check:
    """Look a context up; here a destroyed one does not give 107017 (rules g10, g11)."""
    lookup = live_handle("context", Context).lookup
    return Check(rule, code, "context is destroyed or no context", ("context",), lookup=lookup, option=option)


def _set(_rt: Runtime, me: Caller, context: Context) -> None:
    me.context = context


def _default_stream(_rt: Runtime, me: Caller) -> object:
    stream = cast("Context", me.context).default_stream
    return Fault.INTERNAL if stream is None else (stream.handle,)


ROWS = (
    Row(
        "acl.rt.create_context",
        "aclrtCreateContext",
        devices.create_context,
        params=(Param("device_id", "i"),),
        checks=(device_in_range(rule="g9"),),
        outs=("context",),
        failed=(0,),
        errors=(codes.ACL_ERROR_RT_NO_STREAM_RESOURCE,),
        says="Create a context with a default stream of its own and make it current in this thread.",
        source="rule g9",
    ),
    Row(
        "acl.rt.destroy_context",
        "aclrtDestroyContext",
        devices.destroy_context,
        params=_CONTEXT,
        checks=(
            not_null("context", rule="g10"),
            _live("g10", codes.ACL_ERROR_RT_CONTEXT_NULL, "destroyed_context"),
            Check(
                "g10",
                codes.ACL_ERROR_RT_CONTEXT_NULL,
                "a primary context is destroyed by reset_device only",
                ("context",),
                lambda _me, context: cast("Context", context).primary,
            ),
        ),
        errors=(codes.ACL_ERROR_RT_CONTEXT_RELEASE_ERROR,),
        kind=Kind.BLOCKING,
        says="Wait for the tasks of its streams, then destroy them and the context.",
        source="rule g10 (the code for a destroyed context is UNVERIFIED)",
    ),
    Row(
        "acl.rt.set_context",
        "aclrtSetCurrentContext",
        _set,
        params=_CONTEXT,
        checks=(not_null("context", rule="g11"), _live("g11", codes.ACL_ERROR_RT_PARAM_INVALID)),
        says="Make a context current in this thread.",
        source="rule g11",
    ),
    Row(
        "acl.rt.get_context",
        "aclrtGetCurrentContext",
        lambda _rt, me: (me.context.handle,),
        checks=(has_context("g11"),),
        outs=("context",),
        failed=(0,),
        says="The current context of this thread.",
        source="rule g11",
    ),
    Row(
        "acl.rt.ctx_get_current_default_stream",
        "aclrtCtxGetCurrentDefaultStream",
        _default_stream,
        checks=(has_context("g12"),),
        outs=("stream",),
        failed=(0,),
        errors=(codes.ACL_ERROR_RT_INTERNAL_ERROR,),
        says="The handle of the current context's default stream.",
        source="pyACL rt",
    ),
)
