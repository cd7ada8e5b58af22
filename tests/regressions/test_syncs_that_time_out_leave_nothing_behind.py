"""Polling with synchronize_stream_with_timeout kept every expired wait until the stream got that far: a loop of
such calls became slower with each round.
"""

from __future__ import annotations

import acl_api as acl


def test_expired_waits_are_dropped() -> None:
    with acl.Session() as session:
        acl.rt.set_device(0)
        stream, _ = acl.rt.create_stream()
        acl.rt.subscribe_report(1, stream)
        acl.rt.launch_callback(print, None, 1, stream)
        for _ in range(200):
            assert acl.rt.synchronize_stream_with_timeout(stream, 1) == 507046
        (device, *_) = session.runtime.devices
        waits = [len(each.settle_waits) for context in device.contexts for each in context.streams]
        assert max(waits) < 50
