"""THE TABLE: every function of the surface that is modelled, declared once, by family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from acl_api.table import (
    about,
    aipp,
    aipp_info,
    allocator,
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
    init,
    kernel,
    launch,
    machine,
    media,
    memory,
    model,
    model_config,
    model_more,
    prof,
    prof_op,
    prof_stamp,
    register,
    sharing,
    stream,
    tensor,
    tensor_set,
    transfer,
    twins,
    util,
    virtual,
)
from acl_api.table.row import Row

ROWS: Final[Mapping[str, Row]] = {
    row.name: row
    for family in (
        *(init, about, device, machine, context, stream, event, callback, memory, copy, media, register),
        *(transfer, virtual, sharing, kernel, launch, allocator, twins),
        *(buffer, model, model_config, model_more, bundle, dump, dataset, desc, dims, aipp, aipp_info),
        *(tensor, tensor_set, prof, prof_op, prof_stamp, util),
    )
    for row in family.ROWS
}
"""Rows by pyACL name; functions that pyACL lacks are under their C name."""

BY_OP: Final[Mapping[str, Row]] = {row.op: row for row in ROWS.values()}
"""The same by the short name that traces and scenario steps use."""
