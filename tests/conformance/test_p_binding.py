"""What the Python binding does beyond the C calls (docs/pyacl.md), where no other test shows it."""

from __future__ import annotations

import ctypes
from importlib import import_module
from typing import Any

import pytest

from acl_api.bind import by_name
from acl_api.table import ROWS
from tests.conformance.efgh import (
    PROGRESS,
    SYNC,
    TIME_LINE,
    device_memory,
    hold,
    new_event,
    old_event,
    pinned_memory,
)
from tests.conformance.machine import MS, mdl, rt
from tests.together import each_row

acl: Any = import_module("acl_api")
util: Any = import_module("acl_api.util")

MAKERS = {
    "create_stream": rt.create_stream,
    "create_event": rt.create_event,
    "create_context": lambda: rt.create_context(0),
    "malloc": lambda: rt.malloc(64, 0),
    "malloc_host": lambda: rt.malloc_host(64),
    "create_desc": mdl.create_desc,
    "create_dataset": mdl.create_dataset,
    "create_data_buffer": lambda: by_name("acl.create_data_buffer")(0, 0),
    "create_tensor_desc": lambda: by_name("acl.create_tensor_desc")(0, [1], 2),
}


@pytest.mark.parametrize("make", MAKERS)
def test_p7_what_is_made_is_a_plain_int(machine, make):
    machine()
    made = MAKERS[make]()
    assert type(made[0] if isinstance(made, tuple) else made) is int


def test_p9_memory_is_real_and_pointers_can_be_calculated_with(machine):
    machine()
    host, device = pinned_memory(64), device_memory(64)
    ctypes.memmove(host, b"0123456789", 10)
    assert rt.memcpy(device + 8, 56, host + 2, 8, 1) == 0
    assert util.ptr_to_bytes(device + 8, 8) == b"23456789"


NOTHING = {
    "acl.destroy_tensor_desc": lambda: (by_name("acl.create_tensor_desc")(0, [1], 2),),
    "acl.set_tensor_desc_name": lambda: (by_name("acl.create_tensor_desc")(0, [1], 2), "name"),
    "acl.app_log": lambda: (0, "text"),
}


@pytest.mark.parametrize("name", NOTHING)
def test_p13_some_functions_return_none(machine, name):
    machine()
    assert by_name(name)(*NOTHING[name]()) is None


@pytest.mark.parametrize(
    "row", [row for row in ROWS.values() if row.outs == ("None",)], ids=lambda row: row.name
)
def test_p13_such_a_function_returns_none_when_it_fails_too(row):
    assert (row.bare, row.failed) == (True, (None,))


@pytest.mark.parametrize(
    ("call", "length"),
    [
        (acl.get_version, 4),
        (lambda: rt.get_mem_info(0), 3),
        (rt.device_get_stream_priority_range, 3),
        (lambda: rt.get_primary_ctx_state(0), 3),
        (lambda: mdl.query_size("nothing.om"), 3),
    ],
    ids=["get_version", "get_mem_info", "priority_range", "primary_ctx_state", "query_size"],
)
def test_p14_some_tuples_are_longer_whether_the_call_succeeds_or_not(machine, call, length):
    machine()
    assert len(call()) == length


def test_p17_complete_is_0_or_1_by_function(machine):
    m = machine()
    stream, event = m.stream(), old_event()
    let_go = hold(stream)
    assert rt.record_event(event, stream) == 0

    def asked() -> tuple[int, ...]:
        questions = (rt.stream_query, rt.query_event, rt.query_event_status, rt.query_event_wait_status)
        return tuple(ask(stream if ask is rt.stream_query else event)[0] for ask in questions)

    assert rt.stream_wait_event(stream, event) == 0
    assert asked() == (1, 1, 0, 1)
    let_go()
    assert rt.synchronize_stream(stream) == 0
    assert asked() == (0, 0, 1, 0)
    assert rt.get_run_mode() == (1, 0)


PYTHON_AND_C = {
    "acl.rt.set_context": "aclrtSetCurrentContext",
    "acl.rt.get_context": "aclrtGetCurrentContext",
    "acl.rt.stream_query": "aclrtStreamQuery",
    "acl.rt.stream_get_id": "aclrtStreamGetId",
    "acl.rt.event_elapsed_time": "aclrtEventElapsedTime",
    "acl.rt.get_primary_ctx_state": "aclrtGetPrimaryCtxState",
    "acl.get_version": "aclrtGetVersion",
}


def test_p42_some_names_and_orders_differ_from_c():
    assert {name: ROWS[name].c_name for name in PYTHON_AND_C} == PYTHON_AND_C
    order = {
        name: [param.name for param in ROWS[f"acl.rt.{name}"].params]
        for name in ("record_event", "stream_wait_event", "event_elapsed_time")
    }
    assert order == {
        "record_event": ["event", "stream"],
        "stream_wait_event": ["stream", "event"],
        "event_elapsed_time": ["start", "end"],
    }


@pytest.mark.parametrize("flag", [SYNC, PROGRESS, TIME_LINE, SYNC | TIME_LINE])
def test_p43_events_of_the_new_kind_have_calls_that_refuse_them(machine, flag):
    m = machine()
    stream, event = m.stream(), new_event(flag)
    assert rt.query_event_status(event) == (1, 0)
    assert rt.reset_event(event, stream) == rt.query_event(event)[1] == 207000
    assert rt.query_event_wait_status(event)[1] == 207000
    assert rt.stream_wait_event(stream, event) == (0 if flag & SYNC else 207000)


def test_p44_the_old_way_is_create_record_wait_reset(machine):
    m = machine()
    first, second = m.stream(), m.stream()
    event, code = rt.create_event()
    assert code == 0
    for _ in range(3):
        assert m.model()(first) == rt.record_event(event, first) == rt.stream_wait_event(second, event) == 0
        assert rt.reset_event(event, second) == 0
        assert rt.synchronize_stream(second) == 0
    assert rt.destroy_event(event) == 0


def test_p45_each_stream_leaves_one_less(machine):
    m = machine(streams=10)
    left = [rt.get_stream_available_num()[0]]
    for _ in range(3):
        m.stream()
        left.append(rt.get_stream_available_num()[0])
    assert left == [9, 8, 7, 6]  # the default stream counts


OLD_CODES = range(100033, 100037)


@pytest.mark.shows("0.4")
@each_row(ROWS.values())
def test_p50_no_function_returns_the_codes_of_old(row):
    assert not set(row.codes) & set(OLD_CODES)


def test_p50_what_used_to_give_them_gives_those_of_the_runtime(machine):
    m = machine()
    stream, me = m.stream(), m.session.host.current().ident
    assert rt.unsubscribe_report(me, stream) == 107011
    assert rt.process_report(1) == 107012
    assert [rt.subscribe_report(me, stream) for _ in range(2)] == [0, 107011]
    assert rt.process_report(1) == 507012
    m.sleep(MS)
