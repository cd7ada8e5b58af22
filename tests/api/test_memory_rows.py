"""Allocators, copies of rows, registered memory, data buffers, and what asks about memory and devices."""

from __future__ import annotations

import ctypes
from importlib import import_module
from typing import Any

import numpy as np
import pytest

import acl_api as acl
from simulator.base.trace import Blocked, Noted
from simulator.core.models import ModelSpec

rt: Any = import_module("acl_api.rt")
mdl: Any = import_module("acl_api.mdl")
media: Any = import_module("acl_api.media")
util: Any = import_module("acl_api.util")
top: Any = acl

H2H, H2D, D2H, D2D = range(4)
GIB = 1 << 30
FORGED = 0xDEAD_BEEF


@pytest.fixture(autouse=True)
def session():
    with acl.Session(devices=2) as session:
        assert rt.set_device(0) == 0
        yield session


def address(data: np.ndarray[Any, Any]) -> int:
    return int(data.ctypes.data)


def pinned(size: int) -> int:
    ptr, code = rt.malloc_host(size)
    assert code == 0
    return int(ptr)


def device(size: int) -> int:
    ptr, code = rt.malloc(size, 0)
    assert code == 0
    return int(ptr)


# -- how much there is


def test_memory_info_counts_what_the_current_device_has_given_out():
    assert rt.get_mem_info(1) == (64 * GIB, 64 * GIB, 0)
    ptr = device(1000)  # rounded to 32s, plus 32 (rule h1)
    assert rt.get_mem_info(1) == (64 * GIB - 1024 - 32, 64 * GIB, 0)
    assert rt.set_device(1) == 0
    assert rt.get_mem_info(1)[0] == 64 * GIB
    assert rt.set_device(0) == 0
    assert rt.free(ptr) == 0
    assert rt.get_mem_info(5)[0] == 64 * GIB


@pytest.mark.parametrize("attribute", [-1, 12, 18])
def test_memory_info_of_an_unknown_kind_is_refused(attribute):
    assert rt.get_mem_info(attribute) == (0, 0, 107016)


def test_memory_info_needs_a_context():
    seen: list[object] = []
    thread, _ = util.start_thread(lambda: seen.append(rt.get_mem_info(1)), None)
    assert util.stop_thread(thread) == 0
    assert seen == [(0, 0, 107002)]


@pytest.mark.parametrize(
    ("allocate", "taken"),
    [
        (lambda: rt.malloc_align32(64, 0), 64),
        (lambda: rt.malloc_cached(64, 0), 96),
        (lambda: rt.malloc_with_cfg(64, 0, {}), 64),
        (lambda: media.dvpp_malloc(64), 96),
    ],
    ids=["align32", "cached", "with_cfg", "dvpp"],
)
def test_every_allocator_of_device_memory_gives_memory_that_free_takes_back(allocate, taken):
    ptr, code = allocate()
    assert code == 0
    assert 64 * GIB - rt.get_mem_info(1)[0] == taken
    assert rt.memset(ptr, 64, 5, 64) == 0
    assert rt.free(ptr) == 0
    assert rt.get_mem_info(1)[0] == 64 * GIB


@pytest.mark.parametrize(
    "allocate",
    [
        lambda: rt.malloc_align32(0, 0),
        lambda: rt.malloc_cached(0, 0),
        lambda: rt.malloc_with_cfg(0, 0, {}),
        lambda: rt.malloc_host_with_cfg(0, {}),
        lambda: media.dvpp_malloc(0),
    ],
    ids=["align32", "cached", "with_cfg", "host_with_cfg", "dvpp"],
)
def test_no_allocator_gives_nothing(allocate):
    assert allocate() == (0, 100000)


def test_memory_of_the_media_module_is_freed_there_or_here():
    ptr, _ = media.dvpp_malloc(64)
    assert media.dvpp_free(ptr) == 0
    assert media.dvpp_free(ptr) == 107000
    assert media.dvpp_free(0) == 100000


def test_pinned_memory_with_a_configuration_is_pinned_memory():
    ptr, code = rt.malloc_host_with_cfg(64, {})
    assert code == 0
    assert rt.free_host(ptr) == 0


def test_the_cache_calls_only_check_their_arguments():
    ptr = device(64)
    assert (rt.mem_flush(ptr, 64), rt.mem_invalidate(ptr, 64)) == (0, 0)
    assert (rt.mem_flush(0, 64), rt.mem_invalidate(ptr, 0)) == (100000, 100000)


# -- where an address lies


def test_an_address_tells_where_it_lies():
    assert rt.set_device(1) == 0
    on_device, host, own = device(64), pinned(64), np.zeros(64, np.uint8)

    def location(ptr: int) -> object:
        attributes, code = rt.pointer_get_attributes(ptr)
        assert code == 0
        return attributes["location"]

    assert location(on_device + 63) == {"id": 1, "type": 1}
    assert location(host) == {"id": 0, "type": 0}
    assert location(address(own)) == {"id": 0, "type": 2}
    empty = {"location": {"id": 0, "type": 0}, "page_size": 0, "rsv": [0, 0, 0, 0]}
    assert rt.pointer_get_attributes(0) == (empty, 100000)


def test_registered_memory_is_copied_asynchronously_and_pageable_memory_is_not(session):
    own, stream = np.arange(64, dtype=np.uint8), rt.create_stream()[0]
    target = device(64)
    number, _ = load(session)
    assert mdl.execute_async(number, mdl.create_dataset(), mdl.create_dataset(), stream) == 0
    assert rt.host_register(address(own), own.nbytes, 0) == (address(own), 0)
    assert rt.memcpy_async(target, 64, address(own), 64, H2D, stream) == 0
    assert session.trace.of(Blocked) == []
    assert rt.stream_query(stream) == (1, 0)
    assert rt.host_unregister(address(own)) == 0
    assert rt.memcpy_async(target, 64, address(own), 64, H2D, stream) == 0
    assert session.trace.of(Blocked)[0].op == "memcpy_async"
    assert util.ptr_to_bytes(target, 64) == own.tobytes()


def load(session) -> tuple[int, int]:
    session.declare_model(ModelSpec("net", latency_ns=1_000_000))
    number, code = mdl.load_from_file("net.om")
    return int(number), int(code)


def test_what_cannot_be_registered_is_refused(session):
    own = np.zeros(64, np.uint8)
    assert rt.host_register(0, 64, 0) == (0, 100000)
    assert rt.host_register(address(own), 0, 0) == (0, 100000)
    assert rt.host_register(address(own), 64, 1) == (0, 207000)
    assert rt.host_register(device(64), 64, 0) == (0, 107000)
    assert rt.host_register(0x1000, 64, 0) == (0, 107000)
    assert rt.host_unregister(address(own)) == 507911
    assert {note.finding for note in session.trace.of(Noted)} == {"bad-address"}


# -- rows that lie a pitch apart


@pytest.mark.parametrize("way", ["now", "queued", "queued pageable"])
def test_rows_are_copied_to_the_device_and_back_and_what_lies_between_stays(way):
    stream, _ = rt.create_stream()

    def copy(*args: int) -> int:
        if way == "now":
            return int(rt.memcpy2d(*args))
        code = int(rt.memcpy2d_async(*args, stream))
        return code or int(rt.synchronize_stream(stream))

    source, back = pinned(40), pinned(40)
    pageable = np.full(40, 9, np.uint8)
    target = device(64)
    data = bytes(range(40))
    ctypes.memmove(source, data, 40)
    ctypes.memset(back, 9, 40)
    if way == "queued pageable":
        back = address(pageable)
    # Four rows of six bytes: ten apart in the source, sixteen apart on the device.
    assert copy(target, 16, source, 10, 6, 4, H2D) == 0
    assert copy(back, 10, target, 16, 6, 4, D2H) == 0
    got = np.frombuffer(util.ptr_to_bytes(back, 40), np.uint8).reshape(4, 10)
    assert np.array_equal(got[:, :6], np.arange(40, dtype=np.uint8).reshape(4, 10)[:, :6])
    assert (got[:, 6:] == 9).all()


def test_rows_need_no_room_behind_the_last_one():
    source, target = pinned(16 + 4), device(64)
    assert rt.memcpy2d(target, 16, source, 16, 4, 2, H2D) == 0
    assert rt.memcpy2d(target, 32, source, 16, 4, 3, H2D) == 107000


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"width": 0}, 0),
        ({"height": 0}, 0),
        ({"dst": 0}, 100000),
        ({"src": 0}, 100000),
        ({"dpitch": 5}, 100000),
        ({"spitch": 5}, 100000),
        ({"kind": H2H}, 100000),
        ({"kind": 5}, 100000),
    ],
)
def test_copies_of_rows_check_their_arguments(change, code):
    stream, _ = rt.create_stream()
    right = {"dst": device(64), "dpitch": 16, "src": pinned(64), "spitch": 16, "width": 6, "height": 4}
    arguments = (right | {"kind": H2D} | change).values()
    assert rt.memcpy2d(*arguments) == code
    assert rt.memcpy2d_async(*arguments, stream) == code


def test_rows_travel_between_host_and_device_only_unless_queued():
    stream, _ = rt.create_stream()
    one, other, host = device(64), device(64), pinned(64)
    assert rt.memcpy2d(one, 16, other, 16, 6, 4, D2D) == 207000
    assert rt.memcpy2d(one, 16, other, 16, 6, 4, H2D) == 107000, "the addresses decide"
    assert rt.memcpy2d_async(one, 16, other, 16, 6, 4, D2D, stream) == 0
    assert rt.memcpy2d_async(host, 16, host, 16, 6, 4, H2D, stream) == 107000
    assert rt.memcpy2d_async(one, 16, other, 16, 6, 4, D2D, FORGED) == 107017


# -- data buffers


def test_a_data_buffer_gives_its_address_and_size_back_and_may_be_pointed_elsewhere():
    ptr = device(64)
    buffer = top.create_data_buffer(ptr, 64)
    assert (top.get_data_buffer_addr(buffer), top.get_data_buffer_size(buffer)) == (ptr, 64)
    assert top.update_data_buffer(buffer, ptr + 32, 16) == 0
    assert (top.get_data_buffer_addr(buffer), top.get_data_buffer_size_v2(buffer)) == (ptr + 32, 16)
    assert top.destroy_data_buffer(buffer) == 0
    assert top.get_data_buffer_addr(buffer) == 0
    assert top.update_data_buffer(buffer, ptr, 1) == 100000
    assert top.destroy_data_buffer(buffer) == 100000


# -- devices


def test_devices_reach_each_other_and_have_one_number_in_every_numbering():
    assert rt.device_can_access_peer(0, 1) == (1, 0)
    assert rt.device_can_access_peer(0, 0) == (0, 100000)
    assert rt.device_can_access_peer(0, 2) == (0, 107001)
    assert (rt.device_enable_peer_access(1, 0), rt.device_disable_peer_access(1)) == (0, 0)
    assert rt.device_enable_peer_access(5, 0) == 107001
    assert rt.get_phy_dev_id_by_logic_dev_id(1) == (1, 0)
    assert rt.get_logic_dev_id_by_phy_dev_id(2) == (0, 107001)
    assert rt.get_user_dev_id_by_logic_dev_id(0) == rt.get_logic_dev_id_by_user_dev_id(0) == (0, 0)
