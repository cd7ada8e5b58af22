"""Allocators that programs register for streams."""

from __future__ import annotations

from simulator.base.trace import Noted
from tests.conformance.efgh import NULL, c, rt


def notes(m):
    return [note.finding for note in m.records(Noted)]


def test_allocators_are_kept_for_streams(machine):
    m = machine()
    stream, desc = m.stream(), rt.allocator_create_desc()
    take, give, where = object(), object(), object()
    assert rt.allocator_register(stream, desc) == 100000
    assert rt.allocator_set_obj_to_desc(desc, 5) == 0
    assert rt.allocator_set_alloc_func_to_desc(desc, take) == 0
    assert rt.allocator_set_free_func_to_desc(desc, give) == 0
    assert rt.allocator_register(stream, desc) == 100000
    assert rt.allocator_set_get_addr_from_block_func_to_desc(desc, where) == 0
    assert rt.allocator_register(NULL, desc) == 100000
    assert rt.allocator_register(stream, desc) == 0
    assert rt.allocator_set_alloc_advise_func_to_desc(desc, print) == 0  # too late: a copy was kept
    assert rt.allocator_destroy_desc(desc) == 0
    assert c.aclrtAllocatorGetByStream(stream) == (desc, 5, take, give, 0, where, 0)
    assert rt.allocator_unregister(stream) == 0
    assert rt.allocator_unregister(stream) == 0
    assert c.aclrtAllocatorGetByStream(stream) == (0, 0, 0, 0, 0, 0, 100000)
    assert rt.allocator_destroy_desc(desc) == 100000
    assert rt.allocator_set_obj_to_desc(desc, 5) == 100000
    assert notes(m) == ["stale-handle"] * 2
