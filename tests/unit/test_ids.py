"""Handles: never reused, only looked up, and known as stale or forged afterwards."""

from __future__ import annotations

import pytest

from simulator.base.ids import HandleTable


def test_a_handle_looks_like_an_address_and_finds_its_object():
    handles = HandleTable()
    thing = object()
    handle = handles.add(thing)
    assert handle > 1 << 32
    assert handle % 64 == 0
    assert handles.live[handle] is thing


def test_no_two_objects_ever_have_the_same_handle():
    handles = HandleTable()
    seen = set()
    for _ in range(100):
        handle = handles.add(object())
        seen.add(handle)
        handles.remove(handle)
    assert len(seen) == handles.issued == 100


def test_a_removed_handle_is_stale_and_was_issued():
    handles = HandleTable()
    handle = handles.add("thing")
    handles.remove(handle)
    assert handle not in handles.live
    assert handles.was_issued(handle)


@pytest.mark.parametrize("offset", [-0x100, 0x100, 1, -1, 0x80, 2**64])
def test_other_numbers_were_never_issued(offset):
    handles = HandleTable()
    handle = handles.add("thing")
    assert not handles.was_issued(handle + offset)


@pytest.mark.parametrize("number", [0, 1, -1, 2**64 - 1])
def test_null_and_other_small_or_huge_numbers_were_never_issued(number):
    handles = HandleTable()
    handles.add("thing")
    assert not handles.was_issued(number)


def test_two_runs_give_the_same_handles():
    first, second = HandleTable(), HandleTable()
    assert [first.add(number) for number in range(5)] == [second.add(number) for number in range(5)]


def test_it_says_how_many_are_live():
    handles = HandleTable()
    handles.remove(handles.add("gone"))
    handles.add("there")
    assert repr(handles) == "<handles 1 live of 2>"
