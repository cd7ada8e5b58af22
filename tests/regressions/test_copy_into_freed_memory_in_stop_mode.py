"""A copy whose memory was freed before it ran stored a code but was no failed task: nothing stopped."""

from __future__ import annotations

from simulator.base.trace import StreamFailed
from simulator.check.ordering import check_ordering
from tests.conformance.machine import Machine, rt


def test_it_is_a_failed_task_and_stops_the_context():
    m = Machine("Ascend910B")
    with m.session:
        m.open()
        stream, other = m.stream(), m.stream()
        assert rt.set_stream_failure_mode(stream, 1) == 0
        far, _ = rt.malloc(64, 0)
        near, _ = rt.malloc_host(64)
        assert rt.memcpy_async(far, 64, near, 64, 1, stream) == 0
        assert rt.memset_async(near, 64, 0, 64, stream) == 0
        assert rt.free(far) == 0
        assert rt.synchronize_stream(stream) == 107000
        assert rt.synchronize_stream(other) == 107000
        assert m.dropped() == ["set"]
        assert [failure.code for failure in m.records(StreamFailed)] == [107000]
    assert m.session.trace is not None
    assert check_ordering(m.session.trace) == ()
