"""After the default stream was destroyed by its handle, NULL still meant the dead one: work vanished.

Rule a6: without a default stream NULL gives 507000.
"""

from __future__ import annotations

from tests.conformance.machine import NULL, Machine, c, rt


def test_null_gives_507000_once_the_default_stream_is_gone():
    m = Machine("Ascend910B")
    with m.session:
        m.open()
        default, _ = rt.ctx_get_current_default_stream()
        event, _ = rt.create_event()
        assert rt.destroy_stream(default) == 0
        assert rt.record_event(event, NULL) == 507000
        assert rt.subscribe_report(1, NULL) == 507000
        assert c.aclrtLaunchHostFunc(NULL, print, None) == 507000
        assert rt.ctx_get_current_default_stream() == (0, 507000)
        assert rt.reset_device(0) == 0
