"""On 950, unsubscribing while a blocking launch waited for room let its stream go on without the callback."""

from __future__ import annotations

from dataclasses import replace

import acl_api as acl
from simulator.base.profile import load_profile
from simulator.base.trace import ReportLost
from simulator.check.ordering import check_ordering

_TIMED_OUT = 507046


def test_the_stream_of_a_callback_that_is_lost_stays_blocked():
    profile = load_profile("Ascend950")
    profile = replace(profile, limits=replace(profile.limits, queue_depth=2))
    codes: list[int] = []
    with acl.Session(soc=profile) as session:
        session.declare_model(acl.ModelSpec("net", 1_000_000))
        host = session.host

        def main() -> None:
            acl.rt.set_device(0)
            stream, _ = acl.rt.create_stream()
            model, _ = acl.mdl.load_from_file("net.om")
            nothing = acl.mdl.create_dataset()
            acl.rt.subscribe_report(host.current().ident, stream)

            def unsubscribe() -> None:
                acl.rt.set_device(0)
                acl.rt.unsubscribe_report(host.threads[0].ident, stream)

            host.start(host.thread("other"), unsubscribe)
            for _ in range(2):
                acl.mdl.execute_async(model, nothing, nothing, stream)
            codes.append(acl.rt.launch_callback(print, None, 1, stream))
            codes.append(acl.rt.synchronize_stream_with_timeout(stream, 10))

        host.start(host.thread("main"), main)
        host.run()
    assert session.trace is not None
    assert codes == [0, _TIMED_OUT]
    assert [lost.name for lost in session.trace.of(ReportLost)] == ["print"]
    assert check_ordering(session.trace) == ()
