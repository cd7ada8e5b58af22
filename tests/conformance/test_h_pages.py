"""Rules h1 to h3: pages, policies, configurations, kinds of memory, and memory of the program's own, per product."""

from __future__ import annotations

import ctypes
from typing import Any

import pytest

from simulator.base.profile import load_profile
from simulator.base.trace import Noted
from tests.conformance.efgh import NULL, device_memory, pinned_memory, rt, without_context
from tests.conformance.machine import EVERY

GIB, MIB = 1 << 30, 1 << 20
DDR, HBM, HBM_GIANT = 0, 1, 10
HUGE_ONLY, NORMAL_ONLY, HUGE_ONLY_P2P, GIANT, GIANT_P2P = 1, 2, 4, 6, 7
HIGH_BAND_WIDTH = 0x1000
OWN = ctypes.create_string_buffer(4096)
HERE = ctypes.addressof(OWN)
HAVE_GIANT = ("Ascend910B", "Ascend910_93", "Ascend950")
HAVE_HBM = ("Ascend910", *HAVE_GIANT)
REGISTER = ("Ascend910", *HAVE_GIANT)


def config(attr: int, value: dict[str, Any]) -> dict[str, Any]:
    return {"numAttrs": 1, "attrs": [{"attr": attr, "value": value}]}


def taken(soc="Ascend910B"):
    kind = HBM if soc in HAVE_HBM else DDR
    free, total, code = rt.get_mem_info(kind)
    assert code == 0
    return total - free


# -- policies


@pytest.mark.parametrize("policy", [0, NORMAL_ONLY, 3, 5, 99, -1])
def test_h1_policies_that_may_take_normal_pages_count_the_size_and_the_padding(machine, policy):
    machine()
    assert rt.malloc(100, policy)[1] == 0
    assert taken() == 128 + 32


@pytest.mark.parametrize("policy", [HUGE_ONLY, HUGE_ONLY_P2P])
def test_h1_huge_pages_only_are_taken_whole(machine, policy):
    machine()
    pointer, _ = rt.malloc(2 * MIB, policy)
    assert taken() == 4 * MIB  # the padding does not fit the first page
    assert rt.free(pointer) == 0
    assert taken() == 0
    assert rt.malloc_align32(2 * MIB, policy)[1] == 0
    assert taken() == 2 * MIB


@pytest.mark.parametrize("soc", EVERY)
@pytest.mark.parametrize("policy", [GIANT, GIANT_P2P])
def test_h1_pages_of_1_gib_have_no_padding_and_are_not_everywhere(machine, soc, policy):
    m = machine(soc)
    assert without_context(m, lambda: rt.malloc(GIB, policy)) == (0, 107002)
    pointer, code = rt.malloc(GIB, policy)
    if soc not in HAVE_GIANT:
        assert (pointer, code) == (0, 207000)
        return
    assert (code, taken(soc)) == (0, GIB)
    assert rt.pointer_get_attributes(pointer)[0]["page_size"] == GIB


def test_h1_cached_memory_knows_fewer_policies(machine):
    machine("Ascend310P")
    assert rt.malloc_cached(64, GIANT) == (0, 207000)
    assert rt.malloc_cached(64, GIANT_P2P)[1] == 0  # the default, without padding
    assert taken("Ascend310P") == 64


@pytest.mark.parametrize("soc", EVERY)
def test_h1_memory_runs_out_at_the_products_limit_padding_counted(machine, soc):
    m = machine(soc)
    total = load_profile(soc).engines.memory_bytes
    padding = load_profile(soc).runtime.malloc_padding_bytes
    assert padding == (0 if soc == "Ascend950" else 32)
    last = 1 << 20
    pointer, code = rt.malloc(total - last - padding, 0)
    assert code == 0
    assert taken(soc) == total - last
    assert rt.malloc(last - padding + 1, 0) == (0, 207001)
    assert rt.malloc(last - padding, 0)[1] == 0
    assert rt.malloc(1, 0) == (0, 207001)
    assert rt.free(pointer) == 0
    assert rt.malloc(1, 0)[1] == 0
    assert m.findings() == []


def test_h1_large_memory_stands_on_huge_pages_and_small_memory_does_not(machine):
    machine()

    def page(pointer):
        return rt.pointer_get_attributes(pointer)[0]["page_size"]

    assert page(device_memory(4 * MIB) + MIB) == 2 * MIB
    assert page(device_memory(64)) == 4096
    assert page(rt.malloc(4 * MIB, NORMAL_ONLY)[0]) == 4096
    assert page(rt.malloc(64, HUGE_ONLY)[0]) == 2 * MIB
    assert page(pinned_memory()) == 4096


# -- configurations


@pytest.mark.parametrize("allocate", [rt.malloc_with_cfg, rt.malloc_for_task_scheduler])
def test_h1_configured_memory_has_no_padding_and_takes_the_current_device_only(machine, allocate):
    m = machine()
    assert allocate(0, 0, config(9, {"moduleId": 1})) == (0, 100000)
    assert without_context(m, lambda: allocate(64, 0, config(9, {"moduleId": 1}))) == (0, 107002)
    assert allocate(64, 0, config(9, {"moduleId": 1})) == (0, 107000)
    assert allocate(64, 0, config(3, {"rsv": [1]})) == (0, 107000)
    assert allocate(64, 0, config(2, {"deviceId": 1})) == (0, 107000)
    assert taken() == 0
    plain: dict[str, Any] = {}
    for given in (plain, config(0, {"rsv": []}), config(1, {"moduleId": 5}), config(2, {"deviceId": 0})):
        assert allocate(33, HIGH_BAND_WIDTH, given)[1] == 0
    assert taken() == 4 * 64
    assert allocate(1, HIGH_BAND_WIDTH | HUGE_ONLY, {})[1] == 0
    assert taken() == 4 * 64 + 2 * MIB


def test_h3_configured_host_memory_takes_a_module_or_the_flag_of_one_address_space(machine):
    m = machine()
    assert rt.malloc_host_with_cfg(0, config(9, {"moduleId": 1})) == (0, 100000)
    assert without_context(m, lambda: rt.malloc_host_with_cfg(64, config(9, {"moduleId": 1}))) == (0, 107000)
    assert rt.malloc_host_with_cfg(64, config(2, {"deviceId": 0})) == (0, 107000)
    assert without_context(m, lambda: rt.malloc_host_with_cfg(64, {})) == (0, 107002)
    plain: dict[str, Any] = {}
    for given in (plain, config(1, {"moduleId": 5}), config(3, {"rsv": [1]})):
        pointer, code = rt.malloc_host_with_cfg(64, given)
        assert code == 0
        assert rt.free_host(pointer) == 0


# -- kinds of memory


@pytest.mark.parametrize("soc", EVERY)
def test_h1_questions_about_memory_are_answered_by_kind(machine, soc):
    m = machine(soc)
    total = load_profile(soc).engines.memory_bytes
    hbm = soc in HAVE_HBM
    assert without_context(m, lambda: rt.get_mem_info(12)) == (0, 0, 107016)
    assert without_context(m, lambda: rt.get_mem_info(HBM)) == (0, 0, 107002)
    device_memory(64)
    charged = 64 + load_profile(soc).runtime.malloc_padding_bytes
    for kind in range(12):
        found = rt.get_mem_info(kind)
        if kind in (10, 11) and soc not in HAVE_GIANT:
            assert found == (0, 0, 207000)
        elif kind in (10, 11):
            assert found == (total - GIB, total, 0)
        elif kind in (DDR, 2, 3, 6, 7) and hbm:
            assert found == (0, 0, 0)
        else:
            assert found == (total - charged, total, 0)


# -- the cache


@pytest.mark.parametrize("call", [rt.mem_flush, rt.mem_invalidate])
def test_h2_functions_on_the_cache_check_their_arguments_and_the_context(machine, call):
    m = machine()
    pointer, _ = rt.malloc_cached(64, 0)
    assert without_context(m, lambda: call(NULL, 0)) == 100000
    assert without_context(m, lambda: call(pointer, 0)) == 100000
    assert without_context(m, lambda: call(pointer, 64)) == 107002
    assert call(pointer, 64) == 0


# -- pointers


def test_h2_an_address_that_was_freed_has_no_attributes(machine):
    m = machine()
    pointer = device_memory()
    assert rt.free(pointer) == 0
    attributes, code = rt.pointer_get_attributes(pointer)
    assert code == 107000
    assert attributes == {"location": {"id": 0, "type": 0}, "page_size": 0, "rsv": [0] * 4}
    attributes["rsv"].append(1)
    assert rt.pointer_get_attributes(NULL)[0]["rsv"] == [0] * 4  # a fresh one every time
    assert [note.finding for note in m.records(Noted)] == ["bad-address"]


# -- memory of the program's own


@pytest.mark.parametrize("soc", EVERY)
def test_h5_registering_in_order(machine, soc):
    m = machine(soc)
    assert rt.host_register(NULL, 0, 1) == (0, 100000)
    assert rt.host_register(HERE, 64, 1) == (0, 207000)
    assert without_context(m, lambda: rt.host_register(HERE, 64, 1)) == (0, 207000)
    assert without_context(m, lambda: rt.host_register(HERE, 64, 0)) == (0, 107002)
    assert rt.host_register_v2(NULL, 0, 0) == 100000
    assert rt.host_register_v2(HERE, 64, 0) == 107000
    assert rt.host_register_v2(HERE, 64, 1) == 107000
    assert without_context(m, lambda: rt.host_register_v2(HERE, 64, 2)) == 107002
    assert rt.host_unregister(NULL) == 100000
    assert without_context(m, lambda: rt.host_unregister(HERE)) == 107002
    there = soc in REGISTER
    assert rt.host_unregister(HERE) == (507911 if there else 207000)
    assert rt.host_register_v2(HERE, 64, 2) == (0 if there else 207000)


def test_h5_a_range_is_registered_once(machine):
    machine()
    assert rt.host_register(HERE, 64, 0) == (HERE, 0)
    for start, size in ((HERE, 64), (HERE + 63, 1), (HERE + 8, 8)):
        assert rt.host_register(start, size, 0) == (0, 507910)
        assert rt.host_register_v2(start, size, 2) == 507910
    assert rt.host_register_v2(HERE + 64, 64, 2) == 0
    assert rt.host_unregister(HERE + 8) == 507911
    assert rt.host_unregister(HERE) == rt.host_unregister(HERE + 64) == 0
    assert rt.host_register(HERE, 128, 0) == (HERE, 0)


def test_h5_only_mapped_memory_has_an_address_for_the_device(machine):
    m = machine()
    assert rt.host_get_device_pointer(NULL, 1) == (0, 100000)
    assert rt.host_get_device_pointer(HERE, 1) == (0, 100000)
    assert without_context(m, lambda: rt.host_get_device_pointer(HERE, 0)) == (0, 107002)
    assert rt.host_get_device_pointer(HERE, 0) == (0, 107000)
    assert rt.host_register_v2(HERE, 64, 0x1000_0000) == 0  # pinned, and not mapped
    assert rt.host_get_device_pointer(HERE, 0) == (0, 107000)
    assert rt.host_register_v2(HERE + 64, 64, 0x1000_0002) == 0
    assert rt.host_get_device_pointer(HERE + 65, 0) == (HERE + 65, 0)
    assert rt.host_get_device_pointer(HERE + 128, 0) == (0, 107000)
    with pytest.raises(TypeError, match=r"^acl\.rt\.host_get_device_pointer parse failed(\n|$)"):
        rt.host_get_device_pointer(1.5, 0)


def test_h5_registered_memory_is_copied_by_the_stream(machine):
    m = machine()
    stream, far = m.stream(), device_memory()
    assert rt.host_register_v2(HERE, 64, 0x1000_0000) == 0
    assert rt.memcpy_async(far, 64, HERE, 64, 1, stream) == 0
    assert m.ran() == []
    assert rt.synchronize_stream(stream) == 0
    assert m.ran() == ["copy"]
