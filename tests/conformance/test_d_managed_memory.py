"""Rule d8: streams copy and fill managed memory by host functions."""

from __future__ import annotations

from simulator.base.trace import CallbackStarted, TaskRan
from tests.conformance.efgh import c, device_memory, hold, peek, rt, without_context

SIZE = 64


def managed_memory():
    address, code = c.aclrtMemAllocManaged(SIZE, 1)
    assert code == 0
    return address


def test_d8_copies_and_fills_of_managed_memory_are_host_functions(machine):
    m = machine()
    stream, shared, device = m.stream(), managed_memory(), device_memory()
    assert rt.memset(device, SIZE, 3, SIZE) == 0
    release = hold(stream)
    assert rt.memset_async(shared, SIZE, 5, SIZE, stream) == 0
    assert rt.memcpy_async(shared + 8, 8, device, 8, 4, stream) == 0
    assert peek(shared, 1) != b"\5"
    release()
    assert rt.synchronize_stream(stream) == 0
    assert peek(shared, 20) == b"\5" * 8 + b"\3" * 8 + b"\5" * 4
    kinds = [record.kind for record in m.records(TaskRan)]
    assert "copy" not in kinds
    assert "set" not in kinds
    started = m.records(CallbackStarted)
    assert {(record.name, record.thread) for record in started} == {
        ("managed_memory", "callback thread of primary-0")
    }


def test_d8_a_stream_that_the_user_subscribed_takes_no_managed_memory(machine):
    m = machine()
    stream, shared = m.stream(), managed_memory()
    m.reporter(stream)
    assert rt.memset_async(shared, SIZE, 5, SIZE, stream) == 107011
    assert rt.memcpy_async(shared, 8, device_memory(), 8, 4, stream) == 107011


def test_d8_managed_memory_is_reached_from_both_sides(machine):
    m = machine()
    shared = managed_memory()
    assert rt.memset(shared, SIZE, 5, SIZE) == 0
    assert rt.pointer_get_attributes(shared)[0]["location"]["type"] == 3
    assert rt.free(shared) == 0
    assert rt.free(shared) == 107000
    assert c.aclrtMemAllocManaged(SIZE, 2) == (0, 100000)
    assert c.aclrtMemAllocManaged(0, 1) == (0, 107000)
    assert without_context(m, lambda: c.aclrtMemAllocManaged(SIZE, 1)) == (0, 107002)
