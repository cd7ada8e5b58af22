"""THE TABLE: every function of the surface that is modelled, declared once, by family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from acl_api.table import (
    aborts,
    about,
    aipp,
    aipp_info,
    allocator,
    attributes,
    buffer,
    bundle,
    callback,
    context,
    copy,
    dataset,
    desc,
    device,
    dims,
    dump,
    event,
    event_flags,
    facts,
    failures,
    groups,
    init,
    kernel,
    launch,
    machine,
    media,
    memory,
    model,
    model_config,
    model_more,
    notify,
    overflow,
    params,
    prof,
    prof_op,
    prof_stamp,
    register,
    resources,
    sharing,
    states,
    stream,
    tensor,
    tensor_set,
    timeouts,
    transfer,
    twins,
    util,
    value,
    virtual,
)
from acl_api.table.row import Row

ROWS: Final[Mapping[str, Row]] = {
    row.name: row
    for family in (
        *(init, about, device, machine, context, stream, event, notify, value, callback, memory, copy, media),
        *(aborts, attributes, event_flags, facts, failures, groups, overflow, params, resources, states),
        *(timeouts, register, transfer, virtual, sharing, kernel, launch, allocator, twins),
        *(buffer, model, model_config, model_more, bundle, dump, dataset, desc, dims, aipp, aipp_info),
        *(tensor, tensor_set, prof, prof_op, prof_stamp, util),
    )
    for row in family.ROWS
}
"""Rows by pyACL name; functions that pyACL lacks are under their C name."""

BY_OP: Final[Mapping[str, Row]] = {row.op: row for row in ROWS.values()}
"""The same by the short name that traces and scenario steps use."""
