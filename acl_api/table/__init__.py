"""THE TABLE: every function of the surface that is modelled, declared once, by family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from acl_api.table import (
    allocator,
    buffer,
    callback,
    context,
    copy,
    dataset,
    desc,
    device,
    dims,
    event,
    init,
    kernel,
    launch,
    machine,
    media,
    memory,
    model,
    register,
    sharing,
    stream,
    tensor,
    transfer,
    twins,
    util,
    virtual,
)
from acl_api.table.row import Row

ROWS: Final[Mapping[str, Row]] = {
    row.name: row
    for family in (
        *(init, device, machine, context, stream, event, callback, memory, copy, media, register, transfer),
        *(virtual, sharing, kernel, launch, allocator, twins),
        *(buffer, model, dataset, desc, dims, tensor, util),
    )
    for row in family.ROWS
}
"""Rows by pyACL name; functions that pyACL lacks are under their C name."""

BY_OP: Final[Mapping[str, Row]] = {row.op: row for row in ROWS.values()}
"""The same by the short name that traces and scenario steps use."""
