"""Rules h2 to h6: functions that only C has."""

from __future__ import annotations

import ctypes
import struct

import numpy as np
import pytest

from simulator.base.trace import Noted, TaskRan
from tests.conformance.efgh import c, device_memory, hold, peek, pinned_memory, poke, rt, without_context
from tests.conformance.machine import EVERY

SIZE = 64
INSIDE = 6
BATCHES = ("Ascend910B", "Ascend910_93", "Ascend950")


def notes(m):
    return [note.finding for note in m.records(Noted)]


# -- free behind a sync


@pytest.mark.parametrize(
    ("free", "make"), [("aclrtFreeWithDevSync", device_memory), ("aclrtFreeHostWithDevSync", pinned_memory)]
)
def test_h2_free_waits_for_the_device(machine, free, make):
    m = machine()
    stream, buffer = m.stream(), make(SIZE)
    assert rt.memset_async(buffer, SIZE, 1, SIZE, stream) == 0
    assert getattr(c, free)(buffer) == 0
    assert [record.kind for record in m.records(TaskRan)] == ["set"]
    assert getattr(c, free)(buffer) == 107000
    assert getattr(c, free)(None) == 100000
    assert without_context(m, lambda: getattr(c, free)(buffer)) == 107002
    assert notes(m) == ["bad-free"]


def test_h2_nothing_is_freed_when_the_device_failed(machine):
    m = machine()
    stream, buffer, gone = m.stream(), device_memory(), device_memory()
    assert rt.memset_async(gone, SIZE, 1, SIZE, stream) == 0
    assert rt.free(gone) == 0
    assert c.aclrtFreeWithDevSync(buffer) == 107000
    assert c.aclrtFreeWithDevSync(buffer) == 0


# -- fills of words


def test_h6_words_of_32_bits(machine):
    m = machine()
    stream, buffer = m.stream(), device_memory()
    assert c.aclrtMemsetD32(buffer, SIZE, 0x01020304, 4) == 0
    assert peek(buffer, 20) == b"\4\3\2\1" * 4 + b"\xcd" * 4
    release = hold(stream)
    assert c.aclrtMemsetD32Async(buffer, SIZE, 7, 16, stream) == 0
    assert peek(buffer, 4) == b"\4\3\2\1"
    release()
    assert rt.synchronize_stream(stream) == 0
    assert peek(buffer, SIZE) == struct.pack("<I", 7) * 16
    assert c.aclrtMemsetD32(None, SIZE, 1, 0) == 0
    assert c.aclrtMemsetD32(buffer + 2, SIZE, 1, 1) == 100000
    assert c.aclrtMemsetD32(buffer, 7, 1, 2) == 100000
    assert c.aclrtMemsetD32(4096, SIZE, 1, 1) == 100000
    assert c.aclrtMemsetD32(buffer, 1 << 20, 1, 17) == 107000
    assert c.aclrtMemsetD32Async(buffer, 1 << 20, 1, 17, stream) == 107000


# -- batches


class Batch:
    """The arrays of a batch, as C has them."""

    def __init__(self, copies, *, rooms=None, indexes=(0,), reserved=0):
        dsts, srcs, sizes = (list(each) for each in zip(*copies, strict=True))
        self.arrays = [np.array(numbers, np.uint64) for numbers in (dsts, rooms or sizes, srcs, sizes)]
        self.attrs = np.zeros(32 * len(indexes), np.uint8)
        self.attrs[16] = reserved
        self.indexes = np.array(indexes, np.uint64)

    @property
    def args(self):
        arrays = [int(array.ctypes.data) for array in self.arrays]
        ends = int(self.attrs.ctypes.data), int(self.indexes.ctypes.data), len(self.indexes)
        return (*arrays, len(self.arrays[0]), *ends)


@pytest.mark.parametrize("soc", EVERY)
def test_h4_batches_of_copies(machine, soc):
    m = machine(soc)
    stream, device, host, own = (
        m.stream(),
        device_memory(),
        pinned_memory(),
        ctypes.create_string_buffer(b"o" * 8, 8),
    )
    poke(host, b"h" * 8)
    batch = Batch(
        [(device, host, 8), (device + 8, ctypes.addressof(own), 8), (device, host, 0)], indexes=(0, 2)
    )
    expected = 0 if soc in BATCHES else 207000
    assert c.aclrtMemcpyBatchV2(*batch.args) == expected
    assert c.aclrtMemcpyBatchAsyncV2(*batch.args, stream) == expected
    assert rt.synchronize_stream(stream) == 0
    if expected == 0:
        assert peek(device, 16) == b"h" * 8 + b"o" * 8
        assert (
            len([record for record in m.records(TaskRan) if record.kind == "copy"]) == 1
        )  # the other waited


def test_h4_what_a_batch_cannot_be(machine):
    m = machine()
    device, host = device_memory(), pinned_memory()
    assert c.aclrtMemcpyBatchV2(*Batch([(device, device + 8, 8)]).args) == 107000
    assert c.aclrtMemcpyBatchV2(*Batch([(device, host, 8)], rooms=[7]).args) == 100000
    assert c.aclrtMemcpyBatchV2(*Batch([(device, host, 8)], reserved=1).args) == 100000
    assert c.aclrtMemcpyBatchV2(*Batch([(device, host, 8)], indexes=(1,)).args) == 107000
    assert c.aclrtMemcpyBatchV2(*Batch([(device, host, 8)], indexes=(0, 1)).args) == 107000
    assert c.aclrtMemcpyBatchV2(*Batch([(0, 0, 0)]).args) == 0
    batch = Batch([(device, host, 8)])
    for at in range(7):
        args = [None if place == at else value for place, value in enumerate(batch.args)]
        if at != 4:
            assert c.aclrtMemcpyBatchV2(*args) == 100000
    assert without_context(m, lambda: c.aclrtMemcpyBatchV2(*batch.args)) == 107002
    assert c.aclrtMemcpyBatchAsyncV2(*batch.args, 12345) == 107017


# -- addresses that stand in device memory


def test_h5_a_copy_between_addresses_that_stand_in_device_memory(machine):
    m = machine()
    stream, target, origin, heads = m.stream(), device_memory(), device_memory(), device_memory()
    poke(origin, bytes(range(SIZE)))
    poke(heads, struct.pack("<QQ", 0, 0))
    release = hold(stream)
    assert c.aclrtMemcpyAsyncWithOffset(heads, SIZE, 8, heads + 8, 16, 4, INSIDE, stream) == 0
    poke(heads, struct.pack("<QQ", target, origin))
    release()
    assert rt.synchronize_stream(stream) == 0
    assert peek(target + 8, 16) == bytes(range(4, 20))
    assert c.aclrtMemcpyAsyncWithOffset(heads, SIZE, 8, heads, 16, 4, 3, stream) == 107000
    assert c.aclrtMemcpyAsyncWithOffset(heads, SIZE, 8, heads, 0, 4, 3, stream) == 0
    assert c.aclrtMemcpyAsyncWithOffset(pinned_memory(), SIZE, 8, heads, 16, 4, INSIDE, stream) == 107000
    poke(heads, struct.pack("<QQ", 1, 2))
    assert c.aclrtMemcpyAsyncWithOffset(heads, SIZE, 8, heads + 8, 16, 4, INSIDE, stream) == 0
    assert rt.synchronize_stream(stream) == 107000


def test_h1_ranges_and_other_devices(machine):
    machine()
    buffer = device_memory(100)
    assert c.aclrtMemGetAddressRange(buffer + 5) == (buffer, 128, 0)
    assert c.aclrtMemGetAddressRange(4096) == (0, 0, 107000)
    assert c.aclrtMemP2PMap(buffer, 100, 1, 0) == 0
    assert c.aclrtMemP2PMap(buffer, 100, 9, 0) == 107001
    assert c.aclrtMemP2PMap(buffer, 100, 1, 1) == 100000
