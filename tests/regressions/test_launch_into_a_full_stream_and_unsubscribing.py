"""A launch that waited for room while its stream was unsubscribed returned 0 and silently queued nothing.

The accepted callback now ends as a lost report, or runs if its thread still polls.
"""

from __future__ import annotations

import pytest

from simulator.base.trace import ReportLost, Submitted
from tests.conformance.machine import MS, NO_BLOCK, ONE_OF_EACH, Machine, rt


@pytest.mark.parametrize("soc", ONE_OF_EACH)
@pytest.mark.parametrize("keeps_another", [False, True])
def test_a_callback_accepted_by_a_full_stream_runs_or_is_recorded_as_lost(soc, keeps_another):
    m = Machine(soc, queue_depth=2)
    with m.session:
        m.open()
        stream, other = m.stream(), m.stream()
        reporter = m.reporter(stream, *[other] * keeps_another)
        run = m.model(latency=5 * MS)
        assert [run(stream), run(stream)] == [0, 0]
        codes: list[int] = []
        unsubscriber = m.start(lambda: codes.append(rt.unsubscribe_report(reporter.thread.ident, stream)))
        assert rt.launch_callback(codes.append, 1, NO_BLOCK, stream) == 0
        m.join(unsubscriber)
        assert rt.synchronize_stream(stream) == 0
        m.sleep(1 * MS)
        assert all(launched.first <= launched.last for launched in m.records(Submitted))
        assert codes == ([0, 1] if keeps_another else [0])
        assert len(m.records(ReportLost)) == (0 if keeps_another else 1)
