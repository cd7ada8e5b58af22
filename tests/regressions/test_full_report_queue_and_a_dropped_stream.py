"""A place that came free in a full report queue went to a dropped stream and then to nobody (rule b8b)."""

from __future__ import annotations

import pytest

from tests.conformance.machine import MS, NO_BLOCK, ONE_OF_EACH, Machine, rt


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_a_place_in_the_report_queue_goes_past_streams_that_were_destroyed(soc):
    m = Machine(soc, callback_cq_depth=1)
    with m.session:
        m.open()
        full, dropped, patient = m.stream(), m.stream(), m.stream()
        reporter = m.reporter(full, dropped, patient, started=False)
        got: list[object] = []
        for stream, name in ((full, "full"), (dropped, "dropped"), (patient, "patient")):
            assert rt.launch_callback(got.append, name, NO_BLOCK, stream) == 0
            m.sleep(1 * MS)
        assert rt.destroy_stream_force(dropped) == 0
        m.session.host.start(reporter.thread, reporter.loop)
        assert rt.synchronize_stream(patient) == 0
        m.sleep(1 * MS)
        assert got == ["full", "patient"]
