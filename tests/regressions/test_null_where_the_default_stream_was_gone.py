"""unsubscribe_report(NULL) with the default stream destroyed was an AttributeError, and so were null texts from C."""

from __future__ import annotations

import pytest

from acl_api.table import ROWS
from acl_api.table.row import Ref
from tests.conformance.machine import NULL, Machine, c, mdl, rt


def test_unsubscribing_null_without_a_default_stream_is_a_code():
    m = Machine("Ascend910B")
    with m.session:
        m.open()
        default, _ = rt.ctx_get_current_default_stream()
        assert rt.destroy_stream(default) == 0
        assert rt.unsubscribe_report(1, NULL) == rt.subscribe_report(1, NULL) == 507000


TEXTS = [row for row in ROWS.values() if row.in_c and any(param.unit == "s" for param in row.params)]


def argument(param, desc):
    """A null text; something of the right type where there is another one."""
    if param.unit == "s":
        return None
    if param.refers is Ref.FUNCTION:
        return print
    if param.annotation.startswith("list"):
        return []
    return desc if param.unit == "k" else 0


@pytest.mark.parametrize("row", TEXTS, ids=lambda row: row.name)
def test_a_null_text_from_c_is_an_answer_and_no_exception(row):
    """The property: whatever takes a text takes a null pointer in its place."""
    m = Machine("Ascend910B")
    with m.session:
        m.open()
        desc = mdl.create_desc()
        arguments = [argument(param, desc) for param in row.params]
        result = getattr(c, row.c_name)(*arguments)
        code = result[-1] if isinstance(result, tuple) else result
        assert code is None or code in {0, *row.codes}
