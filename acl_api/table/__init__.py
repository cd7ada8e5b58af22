"""THE TABLE: every function of the surface that is modelled, declared once, by family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from acl_api.table import callback, context, device, event, init, memory, model, stream
from acl_api.table.row import Row

ROWS: Final[Mapping[str, Row]] = {
    row.name: row
    for family in (init, device, context, stream, event, callback, memory, model)
    for row in family.ROWS
}
"""Rows by pyACL name; functions that pyACL lacks are under their C name."""

BY_OP: Final[Mapping[str, Row]] = {row.op: row for row in ROWS.values()}
"""The same by the short name that traces and scenario steps use."""
