"""Rule h5: reductions, cache operations, copies by descriptors and through a buffer of the runtime's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from simulator.base.trace import Noted, TaskRan
from simulator.check.memory import check_memory
from tests.conformance.efgh import D2D, device_memory, hold, peek, pinned_memory, poke, rt, without_context
from tests.conformance.machine import EVERY, NULL

SUM, MAX, MIN, EQUAL = 10, 11, 12, 13
BUFFERED, INSIDE = 5, 6
WHOLE: list[tuple[int, type[Any]]] = [
    (2, np.int8), (3, np.int32), (4, np.uint8), (6, np.int16), (7, np.uint16), (8, np.uint32),
]  # fmt: skip
BFLOAT16, INT4 = 27, 29
SUM_ONLY = ("Ascend910", "Ascend310P")
CACHED = ("Ascend910B", "Ascend910_93", "Ascend950")
DESCRIBED = (*CACHED, "Ascend310B")
WORKS = {SUM: np.add, MAX: np.maximum, MIN: np.minimum}


def holding(data):
    """Device memory that holds the bytes."""
    pointer = device_memory(len(data))
    poke(pointer, data)
    return pointer


def reduced(before, added, kind, element):
    stream, _ = rt.create_stream()
    dst, src = holding(before), holding(added)
    assert rt.reduce_async(dst, src, len(before), kind, element, stream, 0) == 0
    assert rt.synchronize_stream(stream) == 0
    return peek(dst, len(before))


# -- reductions


@pytest.mark.parametrize("kind", WORKS)
@pytest.mark.parametrize(("element", "dtype"), WHOLE)
def test_h5_whole_numbers_are_reduced_and_sums_wrap_around(machine, kind, element, dtype):
    machine()
    limits = np.iinfo(dtype)
    before = np.array([limits.min, limits.max, 1, 5], dtype)
    added = np.array([1, 1, limits.max, 7], dtype)
    result = np.frombuffer(reduced(before.tobytes(), added.tobytes(), kind, element), dtype)
    assert result.tolist() == WORKS[kind](before, added).tolist()


@pytest.mark.parametrize(("element", "dtype"), [(0, np.float32), (1, np.float16)])
def test_h5_floats_are_reduced(machine, element, dtype):
    machine()
    before, added = np.array([1.5, -2, np.inf], dtype), np.array([0.25, 7, -1], dtype)
    for kind, work in WORKS.items():
        result = np.frombuffer(reduced(before.tobytes(), added.tobytes(), kind, element), dtype)
        assert result.tolist() == work(before, added).tolist()


def test_h5_bfloat16_is_rounded_to_the_nearest(machine):
    machine()
    one, a_256th, three = b"\x80\x3f", b"\x80\x3b", b"\x40\x40"
    assert reduced(one, a_256th, SUM, BFLOAT16) == one  # a tie, which goes to the even neighbour
    assert reduced(one, three, SUM, BFLOAT16) == b"\x80\x40"
    assert reduced(one, three, MAX, BFLOAT16) == three
    assert reduced(one, three, MIN, BFLOAT16) == one


def test_h5_four_bits_at_a_time(machine):
    machine()
    assert reduced(b"\x7f", b"\x11", SUM, INT4) == b"\x80"  # 7 + 1 is -8, -1 + 1 is 0
    assert reduced(b"\x7f", b"\x11", MAX, INT4) == b"\x71"
    assert reduced(b"\x7f", b"\x11", MIN, INT4) == b"\x1f"


def test_h5_a_comparison_leaves_ones_and_what_is_no_whole_element_stays(machine):
    machine()
    before, added = np.array([5, 6], np.int16).tobytes() + b"x", np.array([5, 7], np.int16).tobytes() + b"y"
    assert reduced(before, added, EQUAL, 6) == np.array([1, 0], np.int16).tobytes() + b"x"


@pytest.mark.parametrize("soc", EVERY)
def test_h5_what_a_product_reduces(machine, soc):
    machine(soc)
    stream, dst, src = rt.create_stream()[0], device_memory(), device_memory()
    codes = {kind: rt.reduce_async(dst, src, 64, kind, 2, stream, 0) for kind in (SUM, MAX, EQUAL)}
    if soc in SUM_ONLY:
        assert codes == {SUM: 0, MAX: 107000, EQUAL: 107000}
    else:
        assert codes == {SUM: 0, MAX: 0, EQUAL: 207000 if soc == "Ascend310" else 0}
    assert rt.reduce_async(dst + 2, src, 8, SUM, 0, stream, 0) == (107000 if soc == "Ascend950" else 0)


@pytest.mark.parametrize("soc", ["Ascend910", "Ascend910B"])
def test_h5_a_reduction_without_a_context(machine, soc):
    """Where only sums are known, the context is looked at before the stream's handle."""
    m = machine(soc)
    dst = device_memory()
    code = without_context(m, lambda: rt.reduce_async(dst, dst, 64, SUM, 2, 12345, 0))
    assert code == (107002 if soc in SUM_ONLY else 107017)


def test_h5_a_reduction_has_its_turn_and_is_a_writer(machine):
    m = machine()
    stream, other = m.stream(), m.stream()
    dst, src = holding(b"\1" * 64), holding(b"\2" * 64)
    for buffer in (dst, src):
        assert rt.memset(buffer, 64, 1, 64) == 0
    release = hold(stream)
    assert rt.reduce_async(dst, src, 64, SUM, 2, stream, 0) == 0
    assert peek(dst, 64) == b"\1" * 64
    release()
    assert rt.memset_async(src, 64, 9, 64, other) == 0
    assert rt.synchronize_device() == 0
    assert [record.name for record in m.records(TaskRan) if record.kind == "reduce"] == [
        "sum of 64 bytes as int8"
    ]
    assert [finding.id for finding in check_memory(m.session.trace)] == ["race"]


def test_h5_a_reduction_of_what_the_device_does_not_reach(machine):
    m = machine()
    stream, dst = m.stream(), device_memory()
    assert rt.reduce_async(dst, 4096, 64, SUM, 2, stream, 0) == 107000
    assert rt.free(dst) == 0
    assert rt.reduce_async(dst, dst, 64, SUM, 2, stream, 0) == 107000
    assert {note.finding for note in m.records(Noted)} == {"bad-address"}


# -- cache operations


@pytest.mark.parametrize("soc", EVERY)
def test_h5_cache_operations(machine, soc):
    m = machine(soc)
    stream, buffer = m.stream(), device_memory()
    expected = 0 if soc in CACHED else 207000
    assert [rt.cmo_async(buffer, 64, what, stream) for what in range(4)] == [expected] * 4
    assert rt.cmo_async(buffer, 64, 4, stream) == 207000
    assert rt.synchronize_stream(stream) == 0
    assert len([record for record in m.records(TaskRan) if record.kind == "cache"]) == (
        4 if expected == 0 else 0
    )


# -- copies by descriptors


def described(dst, src, count=64):
    size, code = rt.get_memcpy_desc_size(INSIDE)
    assert code == 0
    desc = device_memory(size)
    assert rt.set_memcpy_desc(desc, INSIDE, src, dst, count, 0) == (desc, 0)
    return desc


@pytest.mark.parametrize("soc", EVERY)
def test_h5_descriptors_of_copies(machine, soc):
    m = machine(soc)
    size, code = rt.get_memcpy_desc_size(INSIDE)
    if soc not in DESCRIBED:
        assert (size, code) == (0, 207000)
        return
    assert size == (64 if soc == "Ascend950" else 32)
    stream, dst, src = m.stream(), holding(b"a" * 64), holding(b"b" * 64)
    desc = described(dst, src)
    assert rt.memcpy_async_with_desc(desc, INSIDE, stream) == 0
    assert rt.synchronize_stream(stream) == 0
    assert peek(dst, 64) == b"b" * 64


def test_h5_a_descriptor_is_read_when_the_task_has_its_turn(machine):
    m = machine()
    stream, dst, src = m.stream(), holding(b"a" * 64), holding(b"b" * 64)
    desc = described(dst, src)
    release = hold(stream)
    assert rt.memcpy_async_with_desc(desc, INSIDE, stream) == 0
    assert rt.set_memcpy_desc(desc, INSIDE, src, dst, 8, 0)[1] == 0
    release()
    assert rt.synchronize_stream(stream) == 0
    assert peek(dst, 64) == b"b" * 8 + b"a" * 56


def test_h5_a_descriptor_that_changes_under_a_copy_is_a_race(machine):
    m = machine()
    stream, dst, src = m.stream(), device_memory(), device_memory()
    assert rt.memset(src, 64, 1, 64) == 0
    desc = described(dst, src)
    assert rt.memcpy_async_with_desc(desc, INSIDE, stream) == 0
    assert rt.synchronize_stream(stream) == 0
    assert not check_memory(m.session.trace)
    assert rt.memcpy_async_with_desc(desc, INSIDE, stream) == 0
    assert rt.set_memcpy_desc(desc, INSIDE, src, dst, 8, 0)[1] == 0
    assert rt.synchronize_stream(stream) == 0
    assert [finding.id for finding in check_memory(m.session.trace)] == ["race"]


def test_h5_a_descriptor_that_nobody_wrote(machine):
    m = machine()
    stream = m.stream()
    assert rt.memcpy_async_with_desc(device_memory(), INSIDE, stream) == 0
    assert rt.synchronize_stream(stream) == 107000
    assert [note.finding for note in m.records(Noted)] == ["bad-descriptor"]


def test_h5_what_a_descriptor_cannot_describe(machine):
    machine()
    dst, src, host = device_memory(), device_memory(), pinned_memory()
    desc = device_memory()
    assert rt.set_memcpy_desc(host, INSIDE, src, dst, 64, 0) == (host, 107000)
    assert rt.set_memcpy_desc(desc, INSIDE, host, dst, 64, 0) == (desc, 107000)
    assert rt.set_memcpy_desc(desc + 8, INSIDE, src, dst, 16, 0) == (desc + 8, 107000)
    assert rt.memcpy_async_with_desc(host, INSIDE, rt.create_stream()[0]) == 107000
    assert rt.memcpy_async_with_desc(desc, INSIDE, NULL) == 100000


# -- copies whose source is read at the call


def test_h5_a_copy_through_a_buffer_reads_its_source_at_once(machine):
    m = machine()
    stream, dst, src = m.stream(), device_memory(), pinned_memory()
    poke(src, b"a" * 64)
    release = hold(stream)
    assert rt.memcpy_async(dst, 64, src, 64, BUFFERED, stream) == 0
    poke(src, b"b" * 64)
    release()
    assert rt.synchronize_stream(stream) == 0
    assert peek(dst, 64) == b"a" * 64
    assert rt.memcpy_async(src, 64, dst, 64, BUFFERED, stream) == 107000


def test_h5_pageable_memory_through_a_buffer_waits_for_nothing(machine):
    m = machine()
    stream, dst, data = m.stream(), device_memory(), np.arange(16, dtype=np.int32)
    release = hold(stream)
    assert rt.memcpy_async(dst, 64, data.ctypes.data, 64, BUFFERED, stream) == 0
    release()
    assert rt.synchronize_stream(stream) == 0
    assert peek(dst, 64) == data.tobytes()


def test_h5_a_conditional_copy_is_an_asynchronous_one(machine):
    m = machine()
    stream, dst, src = m.stream(), device_memory(), holding(b"c" * 64)
    release = hold(stream)
    assert rt.memcpy_async_with_condition(dst, 64, src, 64, D2D, stream) == 0
    assert peek(dst, 1) != b"c"
    release()
    assert rt.synchronize_stream(stream) == 0
    assert peek(dst, 64) == b"c" * 64
