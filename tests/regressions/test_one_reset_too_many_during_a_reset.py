"""A reset_device that came while the last one still waited found a reference left: 0 (rule g6)."""

from __future__ import annotations

from tests.conformance.machine import MS, NULL, Machine, rt


def test_the_second_reset_is_refused_at_once():
    m = Machine("Ascend910B")
    with m.session:
        m.open()
        m.model(100 * MS)(NULL)
        codes = []
        first = m.start(lambda: codes.append(rt.reset_device(0)))
        m.sleep(MS)
        assert rt.reset_device(0) == 507007
        assert rt.reset_device_force(0) == 507007
        m.join(first)
        assert codes == [0]
