"""A copy of 2**62 bytes took its time before anybody looked at the ends, and overran an array on its way."""

from __future__ import annotations

import numpy as np
import pytest

from tests.conformance.machine import MS, Machine, rt

TOP = 2**64 - 1


@pytest.mark.parametrize("size", [2**40, 2**62, TOP])
def test_it_is_refused_before_any_byte_or_time_is_spent(size):
    m = Machine("Ascend910B")
    with m.session:
        m.open()
        far, _ = rt.malloc(64, 0)
        source, target = np.zeros(64, np.uint8), np.full(64, 7, np.uint8)
        for end, start in (
            (target.ctypes.data, source.ctypes.data),
            (far, far + 8),
            (far, source.ctypes.data),
        ):
            assert rt.memcpy(end, TOP, start, size, 4) == 107000
        assert rt.memset(target.ctypes.data, TOP, 0, size) == 107000
        assert m.now < MS
        assert (target == 7).all()
