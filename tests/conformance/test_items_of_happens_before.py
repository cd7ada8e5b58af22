"""Section I: what the check of memory says of programs, judged on what came before what (conformance 118 to 129)."""

from __future__ import annotations

import ctypes

import pytest

import acl_api as acl
from acl_api import util
from simulator.check.memory import check_memory
from simulator.core.models import ModelSpec
from simulator.core.tensors import TensorSpec
from tests.conformance.efgh import (
    D2D,
    D2H,
    H2D,
    device_memory,
    label,
    mdl,
    new_event,
    old_event,
    pinned_memory,
    poke,
    rt,
)
from tests.conformance.machine import BLOCK, NO_BLOCK

SIZE = 64


def copy(target, source, way, stream, size=SIZE):
    assert rt.memcpy_async(target, size, source, size, way, stream) == 0


def fill(buffer, stream, size=SIZE):
    assert rt.memset_async(buffer, size, 7, size, stream) == 0


def filled(size=SIZE):
    """Device memory that the program has written."""
    buffer = device_memory(size)
    assert rt.memset(buffer, size, 0, size) == 0
    return buffer


def order(before, after):
    """Let the stream *after* wait for what *before* has to do so far."""
    event = new_event()
    assert rt.record_event(event, before) == 0
    assert rt.stream_wait_event(after, event) == 0


def found(m):
    """The findings about memory so far, each after everything queued has run."""
    rt.synchronize_device()  # may tell of a task that failed: that of a buffer freed too early
    return check_memory(m.session.trace)


def kinds(m):
    return [finding.id for finding in found(m)]


def test_item_118_two_reads_from_two_streams_do_not_race(machine):
    m = machine()
    source = filled()
    for stream in (m.stream(), m.stream()):
        copy(device_memory(), source, D2D, stream)
    assert kinds(m) == []


@pytest.mark.parametrize("synchronised", [False, True])
def test_item_119_a_read_and_a_write_from_two_streams_race_unless_an_event_orders_them(machine, synchronised):
    m = machine()
    first, second, buffer = m.stream(), m.stream(), filled()
    copy(device_memory(), buffer, D2D, first)
    if synchronised:
        order(first, second)
    fill(buffer, second)
    assert kinds(m) == ([] if synchronised else ["race"])


def test_item_119_an_event_recorded_before_the_read_orders_nothing(machine):
    m = machine()
    first, second, buffer = m.stream(), m.stream(), filled()
    order(first, second)
    copy(device_memory(), buffer, D2D, first)
    fill(buffer, second)
    assert kinds(m) == ["race"]


def test_item_119_an_event_recorded_again_orders_what_was_before_the_record_that_the_wait_bound_to(machine):
    m = machine()
    first, second, buffer, event = m.stream(), m.stream(), filled(), new_event()
    assert rt.record_event(event, first) == 0
    assert rt.stream_wait_event(second, event) == 0
    copy(device_memory(), buffer, D2D, first)
    assert rt.record_event(event, first) == 0
    fill(buffer, second)
    assert kinds(m) == ["race"]


def test_item_119_an_order_through_a_third_stream_counts(machine):
    m = machine()
    first, between, second, buffer = m.stream(), m.stream(), m.stream(), filled()
    copy(device_memory(), buffer, D2D, first)
    order(first, between)
    order(between, second)
    fill(buffer, second)
    assert kinds(m) == []


def test_item_120_every_later_read_is_checked_against_the_last_write(machine):
    m = machine()
    first, second, buffer = m.stream(), m.stream(), filled()
    fill(buffer, first)
    order(first, second)
    copy(device_memory(), buffer, D2D, second)
    order(second, first)
    fill(buffer, first)
    copy(device_memory(), buffer, D2D, second)
    assert kinds(m) == ["race"]


@pytest.mark.parametrize("waited_for", [9, 10])
def test_item_122_a_writer_must_wait_for_every_reader(machine, waited_for):
    m = machine()
    buffer, readers, writer = filled(), [m.stream() for _ in range(10)], m.stream()
    for reader in readers:
        copy(device_memory(), buffer, D2D, reader)
    for reader in readers[:waited_for]:
        order(reader, writer)
    fill(buffer, writer)
    found_here = found(m)
    assert len(found_here) == 10 - waited_for
    assert all(label(m, readers[9]) in finding.sentence for finding in found_here)


def test_item_123_ten_buffers_raced_by_one_task_are_ten_findings(machine):
    m = machine()
    shape = TensorSpec((SIZE,), "uint8")
    m.session.declare_model(ModelSpec("wide", 1000, inputs=(shape,) * 10, checked=True))
    model, code = mdl.load_from_file("wide.om")
    assert code == 0
    inputs, outputs = mdl.create_dataset(), mdl.create_dataset()
    first, second = m.stream(), m.stream()
    for _ in range(10):
        buffer = filled()
        mdl.add_dataset_buffer(inputs, acl.create_data_buffer(buffer, SIZE))
        fill(buffer, first)
    assert mdl.execute_async(model, inputs, outputs, second) == 0
    assert kinds(m) == ["race"] * 10


@pytest.mark.parametrize("sync", [None, "stream", "device", "event", "query"])
def test_item_126_the_host_reads_a_result_after_a_sync_or_races_with_its_copy(machine, sync):
    m = machine()
    stream, source, result = m.stream(), filled(), pinned_memory()
    copy(result, source, D2H, stream)
    if sync == "stream":
        assert rt.synchronize_stream(stream) == 0
    elif sync == "device":
        assert rt.synchronize_device() == 0
    elif sync == "event":
        event = new_event()
        assert rt.record_event(event, stream) == 0
        assert rt.synchronize_event(event) == 0
    elif sync == "query":
        while rt.stream_query(stream) != (0, 0):
            pass
    assert rt.memcpy(pinned_memory(), SIZE, result, SIZE, 0) == 0
    assert kinds(m) == ([] if sync else ["race"])


@pytest.mark.filterwarnings("ignore:.*will be deprecated")
@pytest.mark.parametrize("synchronised", [False, True])
def test_item_126_a_view_of_a_result_that_is_still_to_come_is_a_warning(machine, synchronised):
    m = machine()
    stream, source, result = m.stream(), filled(), pinned_memory()
    copy(result, source, D2H, stream)
    if synchronised:
        assert rt.synchronize_stream(stream) == 0
    util.ptr_to_numpy(result, (SIZE,), 1)
    findings = [(finding.id, finding.severity) for finding in found(m)]
    assert findings == ([] if synchronised else [("view-before-sync", "warning")])


def test_item_126_a_sync_of_another_stream_is_no_sync(machine):
    m = machine()
    stream, other, source, result = m.stream(), m.stream(), filled(), pinned_memory()
    copy(result, source, D2H, stream)
    assert rt.synchronize_stream(other) == 0
    assert rt.memcpy(pinned_memory(), SIZE, result, SIZE, 0) == 0
    (race,) = found(m)
    assert race.severity == "error"
    assert "test_items_of_happens_before.py" in race.lines[0]
    assert (
        f"acl.rt.synchronize_stream({label(m, stream)}) before test_items_of_happens_before.py:" in race.fix
    )


@pytest.mark.parametrize("block", [NO_BLOCK, BLOCK])
def test_item_128_a_callback_behind_the_copy_reads_its_result(machine, block):
    m = machine()
    stream, source, result = m.stream(), filled(), pinned_memory()
    m.reporter(stream)
    copy(result, source, D2H, stream)
    read = []

    def reads(_):
        read.append(util.ptr_to_bytes(result, SIZE))

    assert rt.launch_callback(reads, None, block, stream) == 0
    m.sleep(1_000_000)
    assert read == [bytes(SIZE)]
    assert kinds(m) == []


def test_item_128_the_launching_thread_does_not_know_what_a_callback_waited_for(machine):
    m = machine()
    stream, source, result = m.stream(), filled(), pinned_memory()
    m.reporter(stream)
    copy(result, source, D2H, stream)
    assert rt.launch_callback(lambda _: None, None, BLOCK, stream) == 0
    assert rt.memcpy(pinned_memory(), SIZE, result, SIZE, 0) == 0
    assert kinds(m) == ["race"]


@pytest.mark.parametrize("block", [NO_BLOCK, BLOCK])
def test_item_128_only_a_blocking_callback_keeps_later_tasks_off_its_buffer(machine, block):
    m = machine()
    stream, source, result = m.stream(), filled(), pinned_memory()
    m.reporter(stream)
    copy(result, source, D2H, stream)

    def reads(_):
        m.sleep(50_000)
        util.ptr_to_bytes(result, SIZE)

    assert rt.launch_callback(reads, None, block, stream) == 0
    copy(result, source, D2H, stream)
    m.sleep(1_000_000)
    findings = found(m)
    assert [finding.id for finding in findings] == ([] if block else ["race"])
    assert all("launched with block 1" in finding.fix for finding in findings)


def test_item_129_an_asynchronous_copy_is_ordered_by_the_wait_only(machine):
    m = machine()
    stream, source, target = m.stream(), pinned_memory(), device_memory()
    assert rt.memset(source, SIZE, 1, SIZE) == 0
    copy(target, source, H2D, stream)
    assert rt.memset(source, SIZE, 2, SIZE) == 0
    (race,) = found(m)
    assert race.id == "race"
    assert rt.memset(source, SIZE, 3, SIZE) == 0
    assert kinds(m) == ["race"]


def test_a_pageable_copy_waits_for_its_stream_by_itself(machine):
    m = machine()
    stream, buffer, outside = m.stream(), device_memory(), (ctypes.c_ubyte * SIZE)()
    fill(buffer, stream)
    assert rt.memcpy_async(ctypes.addressof(outside), SIZE, buffer, SIZE, D2H, stream) == 0
    assert rt.memset(buffer, SIZE, 2, SIZE) == 0
    assert kinds(m) == []


def test_ranges_that_do_not_meet_do_not_race(machine):
    m = machine()
    first, second, buffer = m.stream(), m.stream(), device_memory(2 * SIZE)
    fill(buffer, first)
    fill(buffer + SIZE, second)
    assert kinds(m) == []


def test_ranges_that_meet_race_where_they_meet(machine):
    m = machine()
    first, second, buffer = m.stream(), m.stream(), device_memory(2 * SIZE)
    fill(buffer, first)
    fill(buffer + SIZE // 2, second)
    (race,) = found(m)
    assert f"bytes {SIZE // 2} to {SIZE} of buffer" in race.sentence


@pytest.mark.parametrize("release", ["free", "destroy_stream"])
def test_h2_freed_with_a_copy_pending(machine, release):
    m = machine()
    stream, source, target = m.stream(), pinned_memory(), device_memory()
    assert rt.memset(source, SIZE, 1, SIZE) == 0
    copy(target, source, H2D, stream)
    if release == "destroy_stream":  # which waits for its tasks
        assert rt.destroy_stream(stream) == 0
    assert rt.free_host(source) == 0
    findings = found(m)
    assert [finding.id for finding in findings] == (["freed-while-pending"] if release == "free" else [])
    assert all("synchronize_stream" in finding.fix for finding in findings)


def test_h2_used_after_it_was_freed(machine):
    m = machine()
    buffer = filled()
    assert rt.free(buffer) == 0
    assert rt.memset(buffer, SIZE, 1, SIZE) != 0
    (stale,) = found(m)
    assert stale.id == "use-after-free"
    assert len(stale.lines) == 3  # the use, the free, the birth


def test_h1_bytes_that_nobody_wrote(machine):
    m = machine()
    stream, buffer, result = m.stream(), device_memory(), pinned_memory()
    fill(buffer, stream, SIZE // 2)
    copy(result, buffer, D2H, stream)
    (blank,) = found(m)
    assert (blank.id, blank.severity) == ("uninitialised-read", "warning")
    assert f"bytes {SIZE // 2} to {SIZE} of buffer" in blank.sentence


@pytest.mark.parametrize("filled_by", ["nobody", "the program itself", "a call"])
@pytest.mark.parametrize("queued", [False, True])
def test_h3_pinned_memory_that_nobody_filled(machine, filled_by, queued):
    m = machine()
    stream, source, target = m.stream(), pinned_memory(), device_memory()
    if filled_by == "the program itself":  # which nobody sees, but the bytes tell
        poke(source, bytes(SIZE))
    elif filled_by == "a call":
        assert rt.memset(source, SIZE, 0xCD, SIZE) == 0
    if queued:
        copy(target, source, H2D, stream)
    else:
        assert rt.memcpy(target, SIZE, source, SIZE, H2D) == 0
    assert kinds(m) == (["uninitialised-read"] if filled_by == "nobody" else [])


def test_a_read_that_races_with_the_first_write_is_told_as_a_race_only(machine):
    m = machine()
    first, second, buffer, result = m.stream(), m.stream(), device_memory(), pinned_memory()
    copy(result, buffer, D2H, first)
    fill(buffer, second)
    assert kinds(m) == ["race"]


@pytest.mark.parametrize("width", [SIZE // 2, SIZE // 2 + 1])
def test_h5_rows_that_lie_between_one_another_do_not_race(machine, width):
    m = machine()
    pitch, rows = SIZE, 4
    source, target = pinned_memory(rows * pitch), device_memory(rows * pitch)
    assert rt.memset(source, rows * pitch, 1, rows * pitch) == 0
    for column in (0, SIZE // 2):
        part = (target + column, pitch, source, pitch, min(width, pitch - column), rows)
        assert rt.memcpy2d_async(*part, H2D, m.stream()) == 0
    assert kinds(m) == (["race"] if width > SIZE // 2 else [])


@pytest.mark.parametrize("synchronised", [False, True])
def test_h5_registered_memory_of_the_programs_own_is_watched(machine, synchronised):
    m = machine()
    stream, buffer, outside = m.stream(), filled(), (ctypes.c_ubyte * SIZE)()
    address = ctypes.addressof(outside)
    assert rt.host_register(address, SIZE, 0)[1] == 0
    copy(address, buffer, D2H, stream)
    if synchronised:
        assert rt.synchronize_stream(stream) == 0
    assert rt.host_unregister(address) == 0
    assert kinds(m) == ([] if synchronised else ["freed-while-pending"])


def test_e_tearing_a_device_down_waits_for_its_tasks(machine):
    m = machine()
    stream, source, target = m.stream(), pinned_memory(), device_memory()
    assert rt.memset(source, SIZE, 1, SIZE) == 0
    copy(target, source, H2D, stream)
    assert rt.reset_device(0) == 0
    assert rt.free_host(source) == 0
    assert check_memory(m.session.trace) == ()


@pytest.mark.parametrize("query", ["query_event", "query_event_status"])
def test_f9_an_event_that_is_found_complete_orders_what_it_captured(machine, query):
    m = machine()
    stream, source, result = m.stream(), filled(), pinned_memory()
    event = old_event() if query == "query_event" else new_event()
    copy(result, source, D2H, stream)
    assert rt.record_event(event, stream) == 0
    complete = {"query_event": 0, "query_event_status": 1}[query]
    while getattr(rt, query)(event) != (complete, 0):
        pass
    util.ptr_to_bytes(result, SIZE)
    fill(source, stream)
    assert kinds(m) == []
