"""Rules h1 to h7: memory, on real bytes."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

from simulator.base.trace import Noted
from simulator.engine.hosts.thread import ThreadState
from tests.conformance.efgh import (
    D2D,
    D2H,
    DEFAULT,
    FORGED,
    H2D,
    H2H,
    MS,
    NULL,
    SECOND,
    device_memory,
    hold,
    other_context,
    peek,
    pinned_memory,
    poke,
    rt,
    stream_in,
    without_context,
)
from tests.conformance.machine import EVERY, ONE_OF_EACH

FAULT = 507015
UNMAPPED = 0x10
TOP = 2**64 - 1
DATA = bytes(range(64))


def pageable(data=bytes(64)):
    """An array of the program's own, and its address."""
    array = np.frombuffer(data, dtype=np.uint8).copy()
    return array, array.ctypes.data


# -- allocating


def test_h1_codes_of_malloc_in_order(machine):
    m = machine()
    assert rt.malloc(0, 0) == (0, 100000)
    assert without_context(m, lambda: rt.malloc(0, 0)) == (0, 100000)
    assert without_context(m, lambda: rt.malloc(1, 0)) == (0, 107002)
    assert rt.malloc(1, 12345)[1] == 0  # an unknown policy is the default one


@pytest.mark.parametrize("size", [2**63, 2**64 - 65, 65 << 30])
def test_h1_more_than_the_device_has(machine, size):
    machine()
    assert rt.malloc(size, 0) == (0, 207001)


@pytest.mark.parametrize("size", [-1, 2**64 - 64])
def test_h1_a_size_that_wraps_around_when_it_is_rounded_is_a_bad_parameter(machine, size):
    m = machine()
    assert rt.malloc(size, 0) == (0, 100000)
    assert rt.malloc_cached(size, 0) == (0, 100000)
    assert without_context(m, lambda: rt.malloc(size, 0)) == (0, 100000)
    assert rt.malloc_align32(-1, 0) == (0, 100000)
    assert rt.malloc_align32(2**64 - 33, 0) == (0, 207001)


@pytest.mark.parametrize("soc", EVERY)
@pytest.mark.parametrize(("size", "rounded"), [(1, 32), (32, 32), (33, 64)])
def test_h1_sizes_are_rounded_to_32_and_padded_except_on_950(machine, soc, size, rounded):
    m = machine(soc)
    pointer, _ = rt.malloc(size, 0)
    padding = 0 if soc == "Ascend950" else 32
    device = m.session.runtime.devices[0]
    assert device.memory_used == rounded + padding
    assert rt.free(pointer) == 0
    assert device.memory_used == 0


def test_h1_addresses_are_aligned_and_fresh_memory_is_not_zeros(machine):
    machine()
    pointers = [device_memory(size) for size in (1, 100, 4096, 1 << 20)]
    assert all(pointer % 64 == 0 for pointer in pointers)
    assert all(peek(pointer, 1) != b"\0" for pointer in pointers)
    assert len({pointer >> 6 for pointer in pointers}) == 4


def test_h1_32_gigabytes_cost_nothing_until_they_are_touched(machine):
    machine()
    size = 32 << 30
    pointer = device_memory(size)
    near = pinned_memory()
    poke(near, DATA)
    last = pointer + size - 64
    assert rt.memcpy(last, 64, near, 64, H2D) == 0
    assert peek(last, 64) == DATA
    assert rt.malloc(32 << 30, 0) == (0, 207001)  # the padding of two does not fit 64 GiB
    assert rt.free(pointer) == 0


def test_h2_free_is_immediate_needs_no_context_and_knows_its_pointers(machine):
    m = machine()
    pointer = device_memory()
    hold(m.stream())
    assert rt.free(NULL) == 100000
    assert rt.free(pointer + 32) == 107000
    assert without_context(m, lambda: rt.free(pointer)) == 0
    assert m.now == 0
    assert rt.free(pointer) == 107000
    assert rt.free(FORGED) == 107000
    assert rt.free(pinned_memory()) == 107000
    assert m.findings() == ["bad-free"] * 4


def test_h3_pinned_memory_is_host_memory_and_has_its_own_free(machine):
    m = machine()
    assert without_context(m, lambda: rt.malloc_host(0)) == (0, 100000)
    assert without_context(m, lambda: rt.malloc_host(1)) == (0, 107002)
    assert rt.malloc_host(TOP) == (0, 207001)
    pointer = pinned_memory(100)
    assert pointer % 64 == 0
    ctypes.memset(pointer, 7, 100)
    assert peek(pointer, 100) == b"\7" * 100
    assert rt.free_host(NULL) == 100000
    assert rt.free(pointer) == 107000
    assert rt.free_host(pointer) == 0
    assert rt.free_host(pointer) == 107000
    assert m.findings() == ["bad-free"] * 2


# -- copying now


def test_h4_codes_of_memcpy_in_order(machine):
    m = machine()
    far, near = device_memory(), pinned_memory()
    assert rt.memcpy(NULL, 0, NULL, 0, 99) == 0
    assert rt.memcpy(NULL, 0, near, 64, 99) == 100000
    assert rt.memcpy(far, 0, NULL, 64, 99) == 100000
    assert rt.memcpy(far, 0, near, 64, 99) == 100000
    assert rt.memcpy(far, 0, near, 64, -1) == 100000
    assert rt.memcpy(far, 0, near, 64, H2D) == 107000
    assert rt.memcpy(far, 63, near, 64, H2D) == 107000
    assert without_context(m, lambda: rt.memcpy(far, 63, near, 64, H2D)) == 107000
    assert without_context(m, lambda: rt.memcpy(far, 64, far, 64, D2D)) == 0
    assert without_context(m, lambda: rt.memcpy(far, 64, near, 64, H2D)) == 107002


@pytest.mark.parametrize("kind", range(6))
def test_h4_h7_the_addresses_decide_the_direction_whatever_the_kind_says(machine, kind):
    machine()
    far, near = device_memory(), pinned_memory()
    poke(near, DATA)
    assert rt.memcpy(far, 64, near, 64, kind) == 0
    assert peek(far, 64) == DATA
    assert {rt.memcpy(far, 64, near, 64, wrong) for wrong in (6, 7, 8)} == {100000}


MAKERS = {"device": device_memory, "pinned": pinned_memory}


@pytest.mark.parametrize("source", ["device", "pinned", "numpy", "bytes"])
@pytest.mark.parametrize("destination", ["device", "pinned", "numpy"])
def test_h4_bytes_arrive_in_every_direction(machine, source, destination):
    machine()
    array, array_address = pageable()
    kept = bytes(bytearray(DATA))
    addresses = {
        "numpy": array_address,
        "bytes": ctypes.cast(ctypes.c_char_p(kept), ctypes.c_void_p).value,
    }
    start = MAKERS[source]() if source in MAKERS else addresses[source]
    end = MAKERS[destination]() if destination in MAKERS else pageable()
    kept_array, end = end if isinstance(end, tuple) else (array, end)
    if source != "bytes":
        poke(start, DATA)
    assert rt.memcpy(end, 64, start, 64, DEFAULT) == 0
    assert peek(end, 64) == DATA
    assert len(kept_array) == 64


def test_h4_pointers_into_a_range_work_up_to_its_end(machine):
    m = machine()
    far, near = device_memory(128), pinned_memory(64)
    poke(near, DATA)
    assert rt.memcpy(far + 64, 64, near, 64, H2D) == 0
    assert peek(far + 64, 64) == DATA
    assert rt.memcpy(near, 64, far + 65, 64, D2H) == 107000
    assert rt.memcpy(far + 96, 64, near, 64, H2D) == 107000
    assert peek(near, 64) == DATA
    assert m.findings() == ["bad-address"] * 2


def freed():
    pointer = device_memory()
    assert rt.free(pointer) == 0
    return pointer


BAD = [
    pytest.param(lambda: UNMAPPED, 64, id="unmapped"),
    pytest.param(lambda: TOP - 3, 64, id="wraps"),
    pytest.param(lambda: 2**63, 64, id="not an address"),
    pytest.param(freed, 64, id="freed"),
    pytest.param(lambda: freed() + 32, 8, id="inside freed"),
    pytest.param(device_memory, 2**62, id="too long"),
    pytest.param(device_memory, TOP, id="longest"),
    pytest.param(lambda: pinned_memory() + 60, 8, id="ends too late"),
]


@pytest.mark.parametrize(("make", "size"), BAD)
def test_h4_h6_a_bad_address_is_a_code_and_a_finding_never_a_crash(machine, make, size):
    m = machine()
    bad, good = make(), device_memory()
    assert rt.memcpy(good, TOP, bad, size, DEFAULT) == 107000
    assert rt.memcpy(bad, TOP, good, size, DEFAULT) == 107000
    assert rt.memset(bad, TOP, 0, size) == 107000
    assert m.findings() == ["bad-address"] * 3
    assert m.now < SECOND  # nothing is copied for years before the end is looked at


def test_h4_an_array_that_is_much_too_short_is_not_overrun(machine):
    m = machine()
    (_, source), (target, destination) = pageable(), pageable(DATA)
    assert rt.memcpy(destination, TOP, source, 2**46, H2H) == 107000
    assert rt.memset(destination, TOP, 1, 2**46) == 107000
    assert bytes(target) == DATA
    assert m.findings() == ["bad-address"] * 2


def test_h4_memcpy_waits_for_no_stream(machine):
    m = machine()
    stream, far, near = m.stream(), device_memory(), pinned_memory()
    poke(near, DATA)
    hold(stream)
    assert rt.memset_async(near, 64, 0, 64, stream) == 0
    assert rt.memcpy(far, 64, near, 64, H2D) == 0
    assert peek(far, 64) == DATA
    assert rt.stream_query(stream) == (1, 0)


# -- copying on a stream


@pytest.mark.shows("p49")
def test_h5_codes_of_memcpy_async_in_order(machine):
    m = machine()
    stream, far, near = m.stream(), device_memory(), pinned_memory()
    foreign = stream_in(other_context())
    assert rt.memcpy_async(NULL, 0, NULL, 0, 99, FORGED) == 0
    assert rt.memcpy_async(NULL, 0, near, 64, 99, FORGED) == 100000
    assert rt.memcpy_async(far, 0, NULL, 64, 99, FORGED) == 100000
    assert rt.memcpy_async(far, 0, near, 64, 99, FORGED) == 100000
    assert rt.memcpy_async(far, 0, near, 64, H2D, FORGED) == 107017
    assert rt.memcpy_async(far, 63, near, 64, H2D, foreign) == 107000
    assert without_context(m, lambda: rt.memcpy_async(far, 64, near, 64, H2D, stream)) == 107002
    assert rt.memcpy_async(near, 64, near, 64, H2H, foreign) == 107003
    assert rt.memcpy_async(near, 64, near, 64, H2H, stream) == 207000
    assert rt.memcpy_async(far, 64, far, 64, H2D, stream) == 0
    assert m.ran() == []


def test_h5_pinned_and_device_memory_is_copied_by_the_stream_and_lands_at_the_end(machine):
    m = machine()
    stream, far, near = m.stream(), device_memory(), pinned_memory()
    poke(near, DATA)
    fresh = peek(far, 64)
    release = hold(stream)
    assert rt.memcpy_async(far, 64, near, 64, H2D, stream) == 0
    m.sleep(SECOND)
    assert peek(far, 64) == fresh
    poke(near, DATA[::-1])  # too early: the copy has not read it yet
    release()
    assert rt.synchronize_stream(stream) == 0
    assert peek(far, 64) == DATA[::-1]


@pytest.mark.parametrize("kind", [H2H, H2D, D2H, D2D, DEFAULT])
def test_h5_a_wrong_kind_is_corrected_for_pinned_and_device_memory(machine, kind):
    m = machine()
    stream, far, near = m.stream(), device_memory(), pinned_memory()
    poke(near, DATA)
    assert rt.memcpy_async(far, 64, near, 64, kind, stream) == 0
    assert rt.synchronize_stream(stream) == 0
    assert peek(far, 64) == DATA
    assert m.ran() == ["copy"]


@pytest.mark.parametrize("kind", [H2H, D2H, D2D])
def test_h5_pageable_memory_wants_a_kind_that_fits(machine, kind):
    m = machine()
    stream, far = m.stream(), device_memory()
    _array, address = pageable(DATA)
    assert rt.memcpy_async(far, 64, address, 64, kind, stream) == 107000
    wrong = {D2H: H2D}.get(kind, kind)
    assert rt.memcpy_async(address, 64, far, 64, wrong, stream) == 107000


@pytest.mark.shows("p49")
@pytest.mark.parametrize("soc", ONE_OF_EACH)
@pytest.mark.parametrize("kind", ["fitting", DEFAULT])
def test_h5_pageable_memory_waits_for_the_whole_stream_and_is_copied_when_the_call_returns(
    machine, soc, kind
):
    m = machine(soc)
    stream, far = m.stream(), device_memory()
    array, address = pageable(DATA)
    m.model(SECOND)(stream)
    assert rt.memcpy_async(far, 64, address, 64, H2D if kind == "fitting" else kind, stream) == 0
    assert m.now >= SECOND
    assert peek(far, 64) == DATA
    array[:] = 0
    assert rt.memcpy_async(address, 64, far, 64, D2H if kind == "fitting" else kind, stream) == 0
    assert bytes(array) == DATA
    assert m.ran() == ["execute"]  # the copies were no tasks


def test_h5_pageable_memory_behind_a_failure_gets_its_code_and_no_bytes(machine):
    m = machine()
    stream, far = m.stream(), device_memory()
    _array, address = pageable(DATA)
    fresh = peek(far, 64)
    m.model(MS, fails_with=FAULT)(stream)
    assert rt.memcpy_async(far, 64, address, 64, H2D, stream) == FAULT
    assert peek(far, 64) == fresh
    assert rt.memcpy_async(far, 64, address, 64, H2D, stream) == 0
    assert rt.synchronize_stream(stream) == 0


def test_h5_pageable_memory_waits_without_limit(machine):
    m = machine()
    stream, far = m.stream(), device_memory()
    array, address = pageable(DATA)
    context, _ = rt.get_context()
    release = hold(stream)

    def copy():
        rt.set_context(context)
        assert rt.memcpy_async(far, 64, address, 64, H2D, stream) == 0

    worker = m.start(copy)
    m.sleep(600 * SECOND)
    assert worker.state is ThreadState.BLOCKED
    release()
    m.join(worker)
    assert peek(far, 64) == bytes(array)


@pytest.mark.parametrize(("make", "size"), BAD)
def test_h5_h6_a_bad_address_is_refused_when_the_work_is_queued(machine, make, size):
    m = machine()
    stream, bad, good = m.stream(), make(), device_memory()
    assert rt.memcpy_async(good, TOP, bad, size, H2D, stream) == 107000
    assert rt.memcpy_async(bad, TOP, good, size, D2H, stream) == 107000
    assert rt.memset_async(bad, TOP, 0, size, stream) == 107000
    assert m.findings() == ["bad-address"] * 3
    assert rt.synchronize_stream(stream) == 0


def test_h5_memory_freed_under_a_queued_copy_is_a_failure_at_the_next_sync(machine):
    m = machine()
    stream, far, near = m.stream(), device_memory(), pinned_memory()
    release = hold(stream)
    assert rt.memcpy_async(far, 64, near, 64, H2D, stream) == 0
    assert rt.free(far) == 0
    release()
    assert rt.synchronize_stream(stream) == 107000
    assert rt.synchronize_stream(stream) == 0
    assert [(note.finding, note.rule) for note in m.records(Noted)] == [("bad-address", "h4")]


# -- filling


def test_h6_codes_of_memset_in_order(machine):
    m = machine()
    far = device_memory()
    assert rt.memset(NULL, 0, 0, 0) == 0
    assert rt.memset(NULL, 0, 0, 64) == 100000
    assert rt.memset(far, 63, 0, 64) == 107000
    assert without_context(m, lambda: rt.memset(far, 63, 0, 64)) == 107000
    assert without_context(m, lambda: rt.memset(far, 64, 0, 64)) == 107002
    assert rt.memset(far, 64, 0x1FF, 64) == 0
    assert peek(far, 64) == b"\xff" * 64


def test_h6_codes_of_memset_async_in_order(machine):
    m = machine()
    stream, far = m.stream(), device_memory()
    foreign = stream_in(other_context())
    assert rt.memset_async(NULL, 0, 0, 0, FORGED) == 0
    assert rt.memset_async(NULL, 0, 0, 64, FORGED) == 100000
    assert rt.memset_async(far, 0, 0, 64, FORGED) == 107017
    assert rt.memset_async(far, 0, 0, 64, foreign) == 107000
    assert without_context(m, lambda: rt.memset_async(far, 64, 0, 64, stream)) == 107002
    assert rt.memset_async(far, 64, 0, 64, foreign) == 107003


def test_h6_a_fill_on_a_stream_lands_at_its_end(machine):
    m = machine()
    stream, far = m.stream(), device_memory()
    fresh = peek(far, 64)
    release = hold(stream)
    assert rt.memset_async(far, 64, -1, 32, stream) == 0
    assert peek(far, 64) == fresh
    release()
    assert rt.synchronize_stream(stream) == 0
    assert peek(far, 64) == b"\xff" * 32 + fresh[32:]


def test_h6_filling_the_programs_own_memory_works_both_ways(machine):
    m = machine()
    stream = m.stream()
    array, address = pageable(DATA)
    assert rt.memset(address, 64, 3, 32) == 0
    assert bytes(array) == b"\3" * 32 + DATA[32:]
    m.model(SECOND)(stream)
    assert rt.memset_async(address, 64, 4, 64, stream) == 0
    assert m.now >= SECOND
    assert bytes(array) == b"\4" * 64


def test_h7_kinds_of_copies_run_from_0_to_5(machine):
    m = machine()
    stream, far, near = m.stream(), device_memory(), pinned_memory()
    codes = {kind: rt.memcpy_async(far, 64, near, 64, kind, stream) for kind in range(-1, 9)}
    assert codes == {-1: 100000, **dict.fromkeys(range(6), 0), **dict.fromkeys((6, 7, 8), 100000)}
