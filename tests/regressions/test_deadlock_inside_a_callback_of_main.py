"""A deadlock inside a callback that main itself ran was taken for an exception of the callback and swallowed.

The run was over, yet main went on with the rest of the batch and then raised SystemError, not DeadlockError.
"""

from __future__ import annotations

import pytest

from acl_api.errors import DeadlockError
from tests.conformance.machine import BLOCK, MS, NO_BLOCK, ONE_OF_EACH, Machine, rt


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_a_deadlock_inside_a_callback_of_the_main_thread_is_raised_as_a_deadlock(soc):
    m = Machine(soc)
    with m.session:
        m.open()
        stream, other = m.stream(), m.stream()
        for each in (stream, other):
            assert rt.subscribe_report(m.session.host.current().ident, each) == 0
        got: list[object] = []
        assert rt.launch_callback(lambda _: rt.synchronize_stream(stream), None, BLOCK, stream) == 0
        m.sleep(1 * MS)
        assert rt.launch_callback(got.append, "later", NO_BLOCK, other) == 0
        m.sleep(1 * MS)
        with pytest.raises(DeadlockError, match="main, inside callback <lambda>"):
            rt.process_report(-1)
        assert got == []
