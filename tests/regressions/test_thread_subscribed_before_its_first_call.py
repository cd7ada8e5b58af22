"""On the free host a thread that was subscribed before its first call was two threads: "unknown thread 1" in the
subscription, its own name in the callbacks. Guarantee O5 was reported as broken, and chains did not know who polls.
"""

from __future__ import annotations

import threading

import acl_api as acl
from simulator.base.subscription_records import Subscribed
from simulator.base.trace import CallbackStarted, ThreadEnded, ThreadStarted
from simulator.check.ordering import check_ordering

BLOCK = 1


def test_a_thread_that_has_not_called_yet_is_subscribed_under_its_own_name():
    go, stop = threading.Event(), threading.Event()

    def poll():
        go.wait()
        while not stop.is_set():
            acl.rt.process_report(1)

    with acl.Session(host="free") as session:
        acl.init()
        acl.rt.set_device(0)
        stream, _ = acl.rt.create_stream()
        reporter = threading.Thread(target=poll, name="reporter")
        reporter.start()
        acl.rt.subscribe_report(reporter.ident or 0, stream)
        go.set()
        acl.rt.launch_callback(lambda _: None, None, BLOCK, stream)
        assert acl.rt.synchronize_stream(stream) == 0
        stop.set()
        reporter.join()

    trace = session.trace
    assert trace is not None
    named = [record.thread for record in trace if isinstance(record, Subscribed | CallbackStarted)]
    assert named == ["reporter", "reporter"]
    assert [record.thread for record in trace if isinstance(record, ThreadStarted)] == ["reporter"]
    assert check_ordering(trace) == ()


def test_a_thread_that_ends_without_a_call_gives_its_id_back():
    with acl.Session(host="free") as session:
        acl.init()
        acl.rt.set_device(0)
        for _ in range(3):  # systems use the ids of ended threads again
            go = threading.Event()
            silent = threading.Thread(target=go.wait, name="silent")
            silent.start()
            stream, _ = acl.rt.create_stream()
            acl.rt.subscribe_report(silent.ident or 0, stream)
            acl.rt.unsubscribe_report(silent.ident or 0, stream)
            go.set()
            silent.join()
        last = threading.Thread(target=acl.rt.set_device, args=(0,), name="last")
        last.start()
        last.join()

    trace = session.trace
    assert trace is not None
    started = [record.thread for record in trace if isinstance(record, ThreadStarted)]
    assert started == ["silent", "silent-2", "silent-3", "last"]
    ended = [record.thread for record in trace if isinstance(record, ThreadEnded)]
    assert ended[:3] == ["silent", "silent-2", "silent-3"]
