"""Two threads that waited behind a synchronize_device to destroy one stream both did: a broken invariant."""

from __future__ import annotations

from functools import partial
from itertools import product

import pytest

from tests.conformance.machine import MS, NULL, Machine, rt

CALLS = (rt.destroy_stream, rt.destroy_stream_force)


@pytest.mark.parametrize(("first", "second"), tuple(product(CALLS, CALLS)))
def test_the_second_one_finds_a_stale_handle(first, second):
    m = Machine("Ascend910B")
    with m.session:
        m.open()
        victim = m.stream()
        context, _ = rt.get_context()
        m.model(MS)(NULL)
        codes = []

        def destroy(call):
            rt.set_context(context)
            codes.append(call(victim))

        workers = [m.start(partial(destroy, call)) for call in (first, second)]
        assert rt.synchronize_device() == 0
        m.join(*workers)
        assert codes == [0, 107017]
