"""Rule h2: addresses set aside, memory without addresses, mappings, and what is shared by number or key."""

from __future__ import annotations

import gc

import pytest

from acl_api import util
from simulator.base.trace import Noted
from simulator.check.memory import check_memory
from tests.conformance.calls_on_memory import (
    HUGE,
    addresses,
    device_memory,
    key,
    mapped,
    physical,
    prop,
    shareable,
)
from tests.conformance.efgh import D2H, H2D, peek, pinned_memory, rt, without_context
from tests.conformance.machine import EVERY

HBM = 1
SHARING = ("Ascend910", "Ascend910B", "Ascend910_93", "Ascend950", "Ascend310P")
REPAIRING = ("Ascend910B", "Ascend910_93", "Ascend950")


def notes(m):
    return [note.finding for note in m.records(Noted)]


def taken():
    free, total, code = rt.get_mem_info(HBM)
    assert code == 0
    return total - free


# -- mapped memory is memory


def test_h2_mapped_memory_is_filled_copied_and_looked_at(machine):
    m = machine()
    address, host, stream = mapped(), pinned_memory(64), m.stream()
    assert rt.memset(address, 64, 7, 64) == 0
    assert util.ptr_to_bytes(address, 4) == b"\7" * 4
    assert rt.memcpy_async(host, 64, address, 64, D2H, stream) == 0
    assert rt.synchronize_stream(stream) == 0
    assert peek(host, 64) == b"\7" * 64
    data = bytes(range(64))
    assert rt.memcpy(address + 128, 64, util.bytes_to_ptr(data), 64, H2D) == 0
    assert util.ptr_to_bytes(address + 128, 64) == data
    attributes, code = rt.pointer_get_attributes(address)
    assert (code, attributes["location"], attributes["page_size"]) == (0, {"id": 0, "type": 1}, HUGE)


def test_h2_a_copy_goes_over_what_is_mapped_one_behind_the_other(machine):
    """As allocators with segments that grow do it."""
    m = machine()
    address = addresses()
    for part in range(2):
        assert rt.map_mem(address + part * HUGE, HUGE, 0, physical(), 0) == 0
    stream = m.stream()
    assert rt.memset_async(address, 2 * HUGE, 5, 2 * HUGE, stream) == 0
    assert rt.synchronize_stream(stream) == 0
    assert peek(address + HUGE - 2, 4) == b"\5" * 4
    assert rt.memset(address, 2 * HUGE + 1, 5, 2 * HUGE + 1) == 107000
    assert rt.unmap_mem(address + HUGE) == 0
    assert rt.memset(address, 2 * HUGE, 5, 2 * HUGE) == 107000
    assert notes(m) == ["bad-address", "bad-address"]
    assert not check_memory(m.session.trace)[1:]


def test_h2_two_mappings_show_the_same_bytes(machine):
    m = machine()
    here, there, handle = addresses(), addresses(), physical()
    for address in (here, there):
        assert rt.map_mem(address, HUGE, 0, handle, 0) == 0
    assert rt.memset(here, 64, 9, 64) == 0
    assert util.ptr_to_bytes(there, 64) == b"\x09" * 64
    one, other = m.stream(), m.stream()
    assert rt.memset_async(here, 64, 1, 64, one) == 0
    assert rt.memset_async(there, 64, 2, 64, other) == 0
    assert rt.synchronize_device() == 0
    assert [finding.id for finding in check_memory(m.session.trace)] == ["race"]


def test_h2_bytes_stay_when_memory_moves_to_other_addresses(machine):
    machine()
    handle, first, second = physical(), addresses(), addresses()
    assert rt.map_mem(first, HUGE, 0, handle, 0) == 0
    assert rt.memset(first, 64, 3, 64) == 0
    assert rt.unmap_mem(first) == 0
    assert rt.map_mem(second + HUGE, HUGE, 0, handle, 0) == 0
    assert util.ptr_to_bytes(second + HUGE, 64) == b"\3" * 64
    assert rt.map_mem(first, HUGE, 0, physical(), 0) == 0
    assert util.ptr_to_bytes(first, 1) != b"\3"


# -- what is not mapped


def test_h2_addresses_where_nothing_is_mapped(machine):
    m = machine()
    address = addresses()
    assert rt.memset(address, 64, 1, 64) == 107000
    with pytest.raises(ValueError, match="convert c pointer to bytes failed"):
        util.ptr_to_bytes(address, 4)
    assert rt.memcpy_async(device_memory(), 64, address, 64, H2D, m.stream()) == 107000
    assert notes(m) == ["bad-address"] * 3


def test_h2_use_after_unmap_is_an_error_and_a_finding(machine):
    m = machine()
    address = mapped()
    assert rt.memset(address, 64, 1, 64) == 0
    assert rt.unmap_mem(address) == 0
    assert rt.memset(address, 64, 1, 64) == 107000
    assert [finding.id for finding in check_memory(m.session.trace)] == ["use-after-free"]
    assert rt.unmap_mem(address) == 107000
    assert notes(m) == ["bad-address", "bad-mapping"]


def test_h2_unmapped_while_a_task_wants_it(machine):
    m = machine()
    address, stream = mapped(), m.stream()
    assert rt.memset_async(address, 64, 1, 64, stream) == 0
    assert rt.unmap_mem(address) == 0
    assert rt.synchronize_stream(stream) == 107000
    assert [finding.id for finding in check_memory(m.session.trace)] == ["freed-while-pending"]


def test_h2_a_view_outlives_its_mapping(machine):
    machine()
    address = mapped()
    with pytest.warns(Warning, match="deprecated"):
        view = util.ptr_to_numpy(address, (64,), 2)
    view[:] = 8
    assert rt.unmap_mem(address) == 0
    assert view[0] == 0  # the addresses are there, the bytes are gone
    assert rt.release_mem_address(address) == 0
    gc.collect()
    view[0] = 1


# -- life cycles


def test_h2_memory_goes_when_it_is_neither_held_nor_mapped(machine):
    m = machine()
    address, handle = addresses(), physical()
    assert taken() == HUGE
    assert rt.map_mem(address, HUGE, 0, handle, 0) == 0
    assert rt.free_physical(handle) == 0
    assert rt.memset(address, 64, 1, 64) == 0
    assert taken() == HUGE
    assert rt.unmap_mem(address) == 0
    assert taken() == 0
    assert rt.free_physical(handle) == 107000
    assert rt.map_mem(address, HUGE, 0, handle, 0) == 107000
    assert notes(m) == ["stale-handle"] * 2


def test_h2_addresses_are_given_back_without_mappings_only(machine):
    m = machine()
    address = mapped()
    assert rt.release_mem_address(address) == 107000
    assert rt.free(address) == 107000
    assert rt.unmap_mem(address) == 0
    assert rt.release_mem_address(address) == 0
    assert rt.release_mem_address(address) == 107000
    assert rt.memset(address, 64, 1, 64) == 107000
    assert notes(m) == ["bad-mapping", "bad-free", "bad-mapping", "bad-address"]


def test_h2_what_cannot_be_mapped(machine):
    m = machine()
    address, handle = addresses(), physical()
    assert rt.map_mem(address, HUGE // 2, 0, handle, 0) == 107000
    assert rt.map_mem(address, HUGE, 4096, handle, 0) == 107000
    assert rt.map_mem(address + HUGE + 4096, HUGE, 0, handle, 0) == 107000
    assert rt.map_mem(device_memory(), HUGE, 0, handle, 0) == 107000
    assert rt.map_mem(address, HUGE, 0, handle, 0) == 0
    assert rt.map_mem(address + 4096, HUGE, 0, handle, 0) == 107000
    assert set(notes(m)) == {"bad-mapping"}


def test_h1_memory_without_addresses_counts(machine):
    m = machine()
    total = m.session.profile.engines.memory_bytes
    assert rt.malloc_physical(total + HUGE, prop(), 0) == (0, 207001)
    assert rt.malloc_physical(HUGE, prop(location={"id": 1, "type": 1}), 0)[1] == 0
    assert rt.malloc_physical(HUGE, prop(location={"id": 0, "type": 0}), 0)[1] == 0
    assert taken() == 0
    assert rt.malloc_physical(HUGE, prop(location={"id": 9, "type": 1}), 0) == (0, 107001)
    assert without_context(m, lambda: rt.malloc_physical(HUGE, prop(location={"id": 0, "type": 4}), 0)) == (
        0,
        107002,
    )


@pytest.mark.parametrize("soc", EVERY)
def test_h1_pages_of_memory_without_addresses(machine, soc):
    machine(soc)
    assert rt.mem_get_allocation_granularity(prop(), 0) == (HUGE, 0)
    assert rt.mem_get_allocation_granularity(prop(memAttr=10), 1) == (1 << 30, 0)
    assert rt.mem_get_allocation_granularity(prop(location={"id": 0, "type": 0}), 0) == (4096, 0)
    giant = rt.malloc_physical(1 << 30, prop(memAttr=10), 0)[1]
    assert giant == (0 if soc in ("Ascend910B", "Ascend910_93", "Ascend950") else 207000)


# -- shared


def test_h2_a_shared_handle_holds_the_memory(machine):
    m = machine()
    number = shareable()
    handle, code = rt.mem_import_from_shareable_handle(number, 0)
    assert code == 0
    assert rt.mem_set_pid_to_shareable_handle(number, [1, 2]) == 0
    assert rt.map_mem(addresses(), HUGE, 0, handle, 0) == 0
    assert rt.mem_import_from_shareable_handle(number + 7, 0) == (0, 107000)
    assert notes(m) == ["bad-mapping"]
    with pytest.raises(ValueError, match="get values from PyList failed"):
        rt.mem_set_pid_to_shareable_handle(number, ["1"])


@pytest.mark.parametrize("soc", EVERY)
def test_h2_memory_shared_by_a_key(machine, soc):
    m = machine(soc)
    address = device_memory()
    found, code = rt.ipc_mem_get_export_key(address, 64, 65, 1)
    if soc not in SHARING:
        assert (found, code) == ("", 207000)
        assert rt.ipc_mem_close("k") == 207000
        return
    assert (code, len(found)) == (0, 64)
    assert rt.ipc_mem_set_import_pid(found, [1]) == 0
    assert rt.ipc_mem_import_by_key(found, 0) == (address, 0)
    assert [rt.ipc_mem_close(found) for _ in range(3)] == [0, 0, 107000]
    assert rt.ipc_mem_import_by_key(found, 0) == (0, 107000)
    assert set(notes(m)) == {"bad-key"}


def test_h2_a_key_of_memory_that_is_gone_or_not_the_devices(machine):
    machine()
    assert rt.ipc_mem_get_export_key(pinned_memory(), 64, 65, 0) == ("", 107000)
    assert rt.ipc_mem_get_export_key(device_memory(), 1 << 20, 65, 0) == ("", 107000)
    assert rt.ipc_mem_get_export_key(device_memory(), 64, 64, 0) == ("", 107000)
    with pytest.raises(ValueError, match="key len should be less than 1024"):
        rt.ipc_mem_get_export_key(device_memory(), 64, 1024, 0)
    address = device_memory()
    found, _ = rt.ipc_mem_get_export_key(address, 64, 65, 0)
    assert rt.free(address) == 0
    assert rt.ipc_mem_import_by_key(found, 0) == (0, 107000)
    assert key() != found


@pytest.mark.parametrize("soc", EVERY)
def test_h2_errors_of_memory_there_are_none(machine, soc):
    m = machine(soc)
    expected = 0 if soc in REPAIRING else 207000
    assert rt.get_mem_uce_info(0, 8) == ([], expected)
    assert rt.mem_uce_repair(0, [{"addr": 4096, "len": 64}]) == expected
    assert rt.mem_uce_repair(0, [{}] * 21) == 100000
    for room in (0, 1 << 30):
        with pytest.raises(TypeError, match="memory memset failed!"):
            rt.get_mem_uce_info(0, room)
    if expected == 0:
        assert rt.get_mem_uce_info(9, 8) == ([], 107001)
        assert without_context(m, lambda: rt.get_mem_uce_info(0, 8)) == ([], 107002)
