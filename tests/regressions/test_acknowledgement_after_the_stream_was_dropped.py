"""Without STARS, a callback that outlived the tasks of its stream released whatever was at the head then."""

from __future__ import annotations

from acl_api.bind import by_name
from simulator.base.trace import CallbackEnded
from tests.conformance.machine import BLOCK, MS, Machine, rt


def test_a_late_acknowledgement_does_not_release_another_task():
    m = Machine("Ascend910")
    with m.session:
        m.open()
        stream = m.stream()
        reporter = m.reporter(stream)
        assert rt.launch_callback(lambda _: m.sleep(10 * MS), None, BLOCK, stream) == 0
        m.sleep(5 * MS)
        assert by_name("acl.finalize")() == 0  # drops the tasks while the function runs
        run = m.model(latency=50 * MS)
        began = m.now
        assert run(stream) == 0
        m.join(reporter.thread)
        assert len(m.records(CallbackEnded)) == 1
        assert rt.synchronize_stream(stream) == 0
        assert m.now - began >= 50 * MS
