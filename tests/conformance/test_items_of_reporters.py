"""Conformance cases about report threads and subscriptions (docs/conformance.md, B), on every host."""

from __future__ import annotations

import threading
from importlib import import_module
from typing import Any

import pytest

from tests.conformance.efgh import other_context, stream_in
from tests.conformance.machine import BLOCK, MS, NO_BLOCK, NULL, ONE_OF_EACH, c, rt

util: Any = import_module("acl_api.util")
FAMILIES = pytest.mark.parametrize("soc", ONE_OF_EACH)


def nothing(_data):
    """A callback that does nothing."""


def ident(m) -> int:
    return int(m.session.host.current().ident)


@FAMILIES
def test_item_17_a_stream_that_nobody_subscribed_takes_no_callback_and_queues_nothing(here, soc):
    m = here(soc)
    stream = m.stream()
    assert rt.launch_callback(nothing, None, BLOCK, stream) == 107015
    assert rt.stream_query(stream) == (0, 0)


@FAMILIES
def test_items_18_19_a_stream_has_one_thread_and_a_thread_may_have_several_streams(here, soc):
    m = here(soc)
    first, second = m.stream(), m.stream()
    assert rt.subscribe_report(ident(m), first) == 0
    assert rt.subscribe_report(ident(m), second) == 0
    assert rt.subscribe_report(ident(m), first) == 107011
    assert rt.subscribe_report(12345, first) == 107011


@FAMILIES
def test_item_21_unsubscribing_wants_the_stream_and_its_thread(here, soc):
    m = here(soc)
    stream = m.stream()
    assert rt.unsubscribe_report(ident(m), stream) == 107011
    assert rt.subscribe_report(ident(m), stream) == 0
    assert rt.unsubscribe_report(12345, stream) == 107012
    assert rt.unsubscribe_report(ident(m), stream) == 0


@FAMILIES
def test_item_22_one_thread_more_than_there_are_groups_fails(here, soc):
    m = here(soc, callback_groups=3)
    codes = [rt.subscribe_report(number, m.stream()) for number in (1, 2, 3, 4)]
    assert codes == [0, 0, 0, 507000]
    assert rt.subscribe_report(1, m.stream()) == 0  # a thread that has a group needs no more


@FAMILIES
def test_items_23_24_25_codes_of_process_report(here, soc):
    m = here(soc)
    began = m.now
    assert rt.process_report(60_000) == 107012
    assert m.took(began, 0)
    assert m.now - began < 60_000 * MS
    assert [rt.process_report(timeout) for timeout in (0, -2)] == [100000, 100000]
    assert rt.subscribe_report(ident(m), m.stream()) == 0
    began = m.now
    assert rt.process_report(30) == 507012
    assert m.took(began, 30 * MS)


@FAMILIES
def test_item_26_without_a_timeout_process_report_waits_until_something_comes(here, soc):
    m = here(soc)
    stream, ran = m.stream(), list[object]()
    reporter = m.reporter(stream)
    m.sleep(60_000 * MS)
    assert reporter.codes == []
    assert rt.launch_callback(ran.append, 1, BLOCK, stream) == 0
    assert rt.synchronize_stream(stream) == 0
    assert ran == [1]


def test_item_28_a_thread_of_threading_runs_callbacks_under_its_own_ident(machine):
    """On the free host; under the baton threads of `threading` belong to `aclsim exec`, whose tests have them too."""
    m = machine("Ascend910B", host="free")
    stream, ran_on, stop = m.stream(), [], threading.Event()

    def loop():
        while not stop.is_set():
            rt.process_report(100)

    thread = threading.Thread(target=loop)
    thread.start()
    assert rt.subscribe_report(thread.ident, stream) == 0
    assert rt.launch_callback(lambda _: ran_on.append(threading.get_ident()), None, BLOCK, stream) == 0
    assert rt.synchronize_stream(stream) == 0
    stop.set()
    thread.join()
    assert ran_on == [thread.ident]


@FAMILIES
def test_item_29_so_does_a_thread_of_start_thread_which_can_then_be_joined(here, soc):
    m = here(soc)
    stream, ran, going = m.stream(), list[object](), [True]

    def loop(streams):
        rt.set_device(0)
        while going:
            rt.process_report(100)
        assert streams == [stream]

    thread, code = util.start_thread(loop, [stream])
    assert code == 0
    assert rt.subscribe_report(thread, stream) == 0
    assert rt.launch_callback(ran.append, 1, BLOCK, stream) == 0
    assert rt.synchronize_stream(stream) == 0
    assert rt.unsubscribe_report(thread, stream) == 0
    going.clear()
    assert util.stop_thread(thread) == 0
    assert ran == [1]


@FAMILIES
def test_item_30_what_is_launched_before_the_thread_comes_is_delivered_then(here, soc):
    m = here(soc)
    stream, ran = m.stream(), list[object]()
    reporter = m.reporter(stream, started=False)
    for number in range(5):
        assert rt.launch_callback(ran.append, number, NO_BLOCK, stream) == 0
    m.sleep(100 * MS)
    assert ran == []
    m.session.host.start(reporter.thread, reporter.loop)
    m.sleep(100 * MS)
    assert ran == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("soc", ["Ascend910B", "Ascend950"])
def test_item_31_unsubscribing_under_a_blocking_callback_waits_for_it_if_that_is_not_taken_for_a_deadlock(
    here, soc
):
    """By rule b14 the wait holds a lock that the end of the callback needs: what then happens is not known."""
    m = here(soc, options=("unsubscribing=waits",))
    stream, returned = m.stream(), []
    reporter = m.reporter(stream)

    def slow(_data):
        m.sleep(10 * MS)
        returned.append(True)

    assert rt.launch_callback(slow, None, BLOCK, stream) == 0
    assert rt.unsubscribe_report(reporter.thread.ident, stream) == 0
    assert returned == [True]


@FAMILIES
def test_item_32_after_unsubscribing_a_launch_is_refused_again(here, soc):
    m = here(soc)
    stream = m.stream()
    reporter = m.reporter(stream)
    assert rt.launch_callback(nothing, None, BLOCK, stream) == 0
    assert rt.synchronize_stream(stream) == 0
    assert rt.unsubscribe_report(reporter.thread.ident, stream) == 0
    assert rt.launch_callback(nothing, None, BLOCK, stream) == 107015


@FAMILIES
def test_item_34_null_is_the_default_stream_and_needs_a_context(here, soc):
    m = here(soc)
    reporter, ran = m.reporter(NULL), list[object]()
    default, _ = rt.ctx_get_current_default_stream()
    assert rt.subscribe_report(12345, default) == 107011
    assert rt.launch_callback(ran.append, 1, BLOCK, NULL) == 0
    assert rt.synchronize_stream(default) == 0
    assert ran == [1]
    assert rt.unsubscribe_report(reporter.thread.ident, NULL) == 0

    def calls():
        return (
            rt.subscribe_report(1, NULL),
            rt.launch_callback(nothing, None, BLOCK, NULL),
            rt.unsubscribe_report(1, NULL),
        )

    assert m.run_in_thread(calls) == (107002, 107002, 107002)


@FAMILIES
def test_item_35_a_stream_of_another_context_is_refused(here, soc):
    here(soc)
    stream = stream_in(other_context())
    assert rt.launch_callback(nothing, None, BLOCK, stream) == 107003


@FAMILIES
def test_item_36_bad_block_types_and_null_functions(here, soc):
    m = here(soc)
    stream = m.stream()
    m.reporter(stream)
    assert [rt.launch_callback(nothing, None, block, stream) for block in (-1, 2)] == [100000, 100000]
    assert c.aclrtLaunchCallback(None, None, BLOCK, stream) == 107000
