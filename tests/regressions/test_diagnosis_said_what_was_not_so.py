"""Texts about failed calls that were not so: a thread whose context was destroyed "never set a context"; a stream
without a subscription was to be unsubscribed "there, first"; the GIL was blamed where the caller waited for itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

import acl_api as acl
from simulator.base.trace import Noted

rt: Any = import_module("acl_api.rt")
BLOCK = 1
HERE = "test_diagnosis_said_what_was_not_so.py:"


@pytest.fixture
def session() -> Iterator[acl.Session]:
    with acl.Session(devices=1, gil=True) as session:
        acl.init()
        acl.rt.set_device(0)
        yield session


def message() -> str:
    text = acl.get_recent_err_msg()
    assert text is not None
    return str(text)


@pytest.mark.usefixtures("session")
def test_a_thread_whose_context_it_has_destroyed_did_set_one():
    context, _ = rt.create_context(0)
    assert rt.destroy_context(context) == 0
    assert rt.create_stream() == (0, 107002)
    text = message()
    assert f"the context of thread main, context-0.1 (device 0, made at {HERE}" in text
    assert f"was destroyed at {HERE}" in text
    assert rt.set_context(context) == 107000
    assert "context-0.1: made at" in message()
    assert rt.destroy_context(context) == 107002
    assert "context-0.1: made at" in message()


@pytest.mark.usefixtures("session")
def test_a_primary_context_is_not_destroyed_and_the_thread_has_one():
    context, _ = rt.get_context()
    assert rt.destroy_context(context) == 107002
    assert message().endswith(
        "is a primary context, which is destroyed by acl.rt.reset_device only. Call acl.rt.reset_device once for "
        "each set_device; destroy what create_context has made."
    )


@pytest.mark.usefixtures("session")
def test_what_to_do_about_an_unsubscription_depends_on_what_is_subscribed():
    stream, _ = rt.create_stream()
    assert rt.unsubscribe_report(1, stream) == 107011
    assert message().endswith("Unsubscribe a stream once; to destroy it does that, too.")
    rt.subscribe_report(77, stream)
    assert rt.unsubscribe_report(1, stream) == 107012
    assert message().endswith("Pass the id of the thread that was subscribed: 77.")
    assert rt.subscribe_report(1, stream) == 107011
    assert message().endswith("unsubscribe it there, with that thread's id, first.")


@pytest.mark.usefixtures("session")
def test_an_event_that_was_never_recorded_is_named():
    stream, _ = rt.create_stream()
    event, _ = rt.create_event()
    assert rt.stream_wait_event(stream, event) == 107000
    assert f"event event (made at {HERE}" in message()
    assert rt.event_elapsed_time(event, event) == (0.0, 507000)
    assert "was never recorded. Record it, and wait for the record" in message()


@pytest.mark.usefixtures("session")
def test_a_size_that_wraps_is_told_as_the_runtime_sees_it():
    assert rt.malloc(-1, 0) == (0, 100000)  # cannot be rounded up
    assert rt.malloc(-1000, 0) == (0, 207001)
    assert "18,446,744,073,709,550,616 bytes were asked for" in message()


@pytest.mark.parametrize("itself", [True, False], ids=["the caller's own callback", "another thread's"])
def test_the_gil_is_blamed_only_where_another_thread_needs_it(session: acl.Session, *, itself: bool):
    stream, _ = rt.create_stream()
    other = session.host.thread("other")
    rt.subscribe_report(session.host.current().ident if itself else other.ident, stream)
    rt.launch_callback(lambda _: None, None, BLOCK, stream)
    assert rt.synchronize_device_with_timeout(10) == 507046
    assert session.trace is not None
    assert [note.finding for note in session.trace.of(Noted)] == ([] if itself else ["gil-kept"])
