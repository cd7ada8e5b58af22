"""process_report found a report, let another thread go first, lost the report, and returned 0 all the same.

Rule c4: success means that something was handled; rule b16: after the last stream is gone it gives 107012.
"""

from __future__ import annotations

import pytest

from tests.conformance.machine import MS, NO_BLOCK, ONE_OF_EACH, Machine, rt


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_process_report_whose_reports_were_lost_under_it_gives_107012_and_not_0(soc):
    m = Machine(soc)
    with m.session:
        m.open()
        stream = m.stream()
        codes: list[int] = []
        assert rt.subscribe_report(m.session.host.current().ident, stream) == 0
        assert rt.launch_callback(codes.append, 0, NO_BLOCK, stream) == 0
        m.sleep(1 * MS)
        me = m.session.host.current().ident
        unsubscriber = m.start(lambda: codes.append(rt.unsubscribe_report(me, stream)))
        assert rt.process_report(-1) == 107012
        m.join(unsubscriber)
        assert codes == [0]
        assert m.called_back() == []
