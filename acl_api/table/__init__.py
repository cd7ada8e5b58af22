"""THE TABLE: every function of the surface that is modelled, declared once, by family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from acl_api.table import (
    aborts,
    attributes,
    buffer,
    callback,
    context,
    copy,
    dataset,
    desc,
    device,
    dims,
    event,
    event_flags,
    facts,
    failures,
    groups,
    init,
    machine,
    media,
    memory,
    model,
    notify,
    overflow,
    params,
    resources,
    states,
    stream,
    tensor,
    timeouts,
    util,
    value,
)
from acl_api.table.row import Row

ROWS: Final[Mapping[str, Row]] = {
    row.name: row
    for family in (
        *(init, device, machine, context, stream, event, notify, value, callback, memory, copy, media),
        *(
            aborts,
            attributes,
            event_flags,
            facts,
            failures,
            groups,
            overflow,
            params,
            resources,
            states,
            timeouts,
        ),
        *(buffer, model, dataset, desc, dims, tensor, util),
    )
    for row in family.ROWS
}
"""Rows by pyACL name; functions that pyACL lacks are under their C name."""

BY_OP: Final[Mapping[str, Row]] = {row.op: row for row in ROWS.values()}
"""The same by the short name that traces and scenario steps use."""
