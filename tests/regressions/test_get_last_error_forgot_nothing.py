"""The code that get_last_error returns counted as the failure of that call, and so was remembered again."""

from __future__ import annotations

from tests.conformance.machine import Machine, rt


def test_get_last_error_forgets_what_it_returned():
    m = Machine("Ascend910B", device=False)
    with m.session:
        assert rt.create_stream() == (0, 107002)
        assert rt.get_last_error(0) == 107002
        assert rt.get_last_error(0) == 0
        assert rt.peek_at_last_error(0) == 0
