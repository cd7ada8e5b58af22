"""Conformance cases about errors and reference counts (docs/conformance.md, G), on every host."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest

from tests.conformance.efgh import default_event
from tests.conformance.machine import BLOCK, ONE_OF_EACH, rt

acl: Any = import_module("acl_api")
FAMILIES = pytest.mark.parametrize("soc", ONE_OF_EACH)


@FAMILIES
def test_item_101_an_asynchronous_call_says_that_it_is_queued_and_a_later_one_how_it_went(here, soc):
    m = here(soc)
    stream = m.stream()
    assert m.model(fails_with=507015)(stream) == 0
    assert rt.synchronize_stream(stream) == 507015
    assert rt.get_last_error(0) == 507015


@FAMILIES
def test_item_102_of_two_failures_the_later_one_may_cover_the_earlier(here, soc):
    m = here(soc)
    stream = m.stream()
    assert m.model(fails_with=507015)(stream) == m.model(fails_with=507018)(stream) == 0
    assert rt.synchronize_stream(stream) == 507018
    assert rt.synchronize_stream(stream) == 0


@FAMILIES
def test_item_104_a_callback_behind_a_failure_still_runs(here, soc):
    m = here(soc)
    stream, ran = m.stream(), list[object]()
    m.reporter(stream)
    assert m.model(fails_with=507015)(stream) == 0
    assert rt.launch_callback(ran.append, 1, BLOCK, stream) == 0
    assert rt.synchronize_stream(stream) == 507015
    assert ran == [1]


@FAMILIES
def test_item_106_waiting_for_an_event_reports_no_failure_and_the_stream_reports_it_once(here, soc):
    m = here(soc)
    stream, event = m.stream(), default_event()
    assert m.model(fails_with=507015)(stream) == rt.record_event(event, stream) == 0
    assert rt.synchronize_event(event) == 0
    assert [rt.synchronize_stream(stream) for _ in range(2)] == [507015, 0]


def test_item_107_of_two_threads_that_reset_a_device_by_force_the_second_gets_an_error(here):
    m = here()
    assert rt.set_device(0) == 0
    codes = [m.run_in_thread(lambda: rt.reset_device_force(0)) for _ in range(2)]
    assert codes == [0, 507007]
    assert [rt.set_device(0), rt.set_device(0)] == [0, 0]
    assert [rt.reset_device(0) for _ in range(3)] == [0, 0, 507007]


def test_item_108_initialising_twice_is_an_error_that_counts(here):
    here()
    assert [acl.init(), acl.init()] == [0, 100002]
    assert acl.finalize_reference() == (1, 0)
    assert acl.finalize_reference() == (0, 0)
    assert acl.finalize_reference() == (0, 100037)
    assert acl.init() == 0
    assert [acl.finalize(), acl.finalize()] == [0, 100037]
