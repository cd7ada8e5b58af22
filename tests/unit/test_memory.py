"""Memory: real bytes behind integer addresses, found by address, safe where a wrong one would crash."""

from __future__ import annotations

import ctypes

import pytest

from simulator.core.memory import Memory, Place, Region

TOP = 2**64


def allocate(memory: Memory, size: int = 64, place: Place = Place.DEVICE) -> Region:
    region = memory.allocate(size, size, place, 0 if place is Place.DEVICE else None)
    assert region is not None
    return region


def outside(data: bytes = bytes(64)) -> ctypes.Array[ctypes.c_char]:
    return ctypes.create_string_buffer(data, len(data))


def read(address: int, size: int) -> bytes:
    return ctypes.string_at(address, size)


# -- ranges


def test_a_range_is_writable_memory_of_the_process():
    region = allocate(Memory())
    ctypes.memmove(region.address, b"hello", 5)
    assert read(region.address, 5) == b"hello"


def test_fresh_memory_is_poisoned_and_the_far_end_of_a_huge_range_is_not_touched():
    region = allocate(Memory(), 1 << 35)
    assert read(region.address, 4) == b"\xcd" * 4
    assert read(region.address + (1 << 20) - 1, 2) == b"\xcd\0"
    assert read(region.address + (1 << 35) - 4, 4) == bytes(4)


@pytest.mark.parametrize("size", [1 << 62, 1 << 63, TOP - 1])
def test_what_the_host_cannot_reserve_is_none_and_no_exception(size):
    assert Memory().allocate(size, 0, Place.PINNED, None) is None


def test_an_address_is_found_from_the_first_to_the_last_byte():
    memory = Memory()
    regions = [allocate(memory, 64 + 32 * number) for number in range(20)]
    for region in regions:
        last = region.address + region.size - 1
        assert memory.find(region.address) is memory.find(last) is region
        assert memory.find(region.address - 1) is not region
        assert memory.find(last + 1) is not region
    assert memory.find(0) is None
    assert memory.find(TOP - 1) is None


def test_what_is_not_ours_is_the_programs_own():
    memory = Memory()
    array = outside()
    device, pinned = allocate(memory), allocate(memory, place=Place.PINNED)
    addresses = (device.address, pinned.address, ctypes.addressof(array), 0x10)
    places = [Place.DEVICE, Place.PINNED, Place.PAGEABLE, Place.PAGEABLE]
    assert [memory.place_of(address) for address in addresses] == places


def test_names_of_ranges_count_and_hold_no_address():
    memory = Memory()
    assert [repr(allocate(memory)), repr(allocate(memory, 8, Place.PINNED))] == [
        "<device memory #1 of 64 bytes>",
        "<pinned host memory #2 of 8 bytes>",
    ]
    assert repr(memory) == "<memory 2 ranges>"


# -- freeing


def test_a_freed_range_is_remembered_and_its_addresses_are_not_given_out_again():
    memory = Memory()
    region = allocate(memory, 4096)
    memory.free(region)
    assert memory.find(region.address) is None
    assert memory.find_freed(region.address + 4095) is region
    assert memory.find_freed(region.address + 4096) is None
    assert all(allocate(memory, 4096).address != region.address for _ in range(50))


def test_reading_a_freed_range_does_not_crash_and_finds_nothing_of_the_old():
    memory = Memory()
    region = allocate(memory, 4096)
    ctypes.memset(region.address, 7, 4096)
    memory.free(region)
    assert read(region.address, 4096) == bytes(4096)


def test_the_oldest_of_very_many_freed_ranges_is_forgotten():
    memory = Memory()
    regions = [allocate(memory, 32) for _ in range(1010)]
    for region in regions:
        memory.free(region)
    assert [memory.find_freed(region.address) is None for region in regions] == [True] * 10 + [False] * 1000


# -- what fits


@pytest.mark.parametrize(
    ("offset", "size", "fits"),
    [(0, 64, True), (63, 1, True), (0, 65, False), (63, 2, False), (0, TOP, False), (1, TOP - 1, False)],
)
def test_a_copy_must_end_inside_the_range_it_begins_in(offset, size, fits):
    memory = Memory()
    assert memory.fits(allocate(memory).address + offset, size) is fits


def test_of_the_programs_own_memory_only_absurd_lengths_are_refused():
    memory = Memory()
    address = ctypes.addressof(array := outside())
    assert memory.fits(address, len(array))
    assert not memory.fits(address, 1 << 46)
    assert not memory.fits(address, TOP)
    assert not memory.fits(TOP - 4, 8)


def test_freed_memory_fits_nothing():
    memory = Memory()
    region = allocate(memory)
    memory.free(region)
    assert not memory.fits(region.address, 1)


# -- copying and filling


@pytest.mark.parametrize("size", [1, 64, 4096, (1 << 24) + 5])
def test_bytes_are_copied_between_ours_and_the_programs_own(size):
    memory = Memory()
    first, second = allocate(memory, size), allocate(memory, size)
    source, target = outside(b"\x5a" * size), outside(bytes(size))
    assert memory.copy(first.address, ctypes.addressof(source), size)
    assert memory.copy(second.address, first.address, size)
    assert memory.copy(ctypes.addressof(target), second.address, size)
    assert target.raw == source.raw


@pytest.mark.parametrize("address", [0x10, TOP - 4096, 1 << 62])
def test_a_copy_from_or_to_an_unmapped_address_says_so(address):
    memory = Memory()
    region = allocate(memory)
    assert not memory.copy(region.address, address, 8)
    assert not memory.copy(address, region.address, 8)
    assert not memory.fill(address, 1, 8)
    assert read(region.address, 8) == b"\xcd" * 8


@pytest.mark.parametrize("value", [0, 7, 255, 0x1FF, -1])
@pytest.mark.parametrize("size", [1, 64, (1 << 24) + 5])
def test_filling_takes_the_low_byte_of_the_value(value, size):
    memory = Memory()
    region, array = allocate(memory, size), outside(bytes(size))
    assert memory.fill(region.address, value, size)
    assert memory.fill(ctypes.addressof(array), value, size)
    assert read(region.address, size) == array.raw == bytes([value & 0xFF]) * size
