"""THE TABLE: every function of the surface that is modelled, declared once, by family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from acl_api.table import (
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
    machine,
    media,
    memory,
    model,
    notify,
    stream,
    tensor,
    util,
    value,
)
from acl_api.table.row import Row

ROWS: Final[Mapping[str, Row]] = {
    row.name: row
    for family in (
        *(init, device, machine, context, stream, event, notify, value, callback, memory, copy, media),
        *(buffer, model, dataset, desc, dims, tensor, util),
    )
    for row in family.ROWS
}
"""Rows by pyACL name; functions that pyACL lacks are under their C name."""

BY_OP: Final[Mapping[str, Row]] = {row.op: row for row in ROWS.values()}
"""The same by the short name that traces and scenario steps use."""
