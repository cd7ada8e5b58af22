"""Values in memory that tasks write and wait for; what checks make of the orders of values and notifies."""

from __future__ import annotations

from functools import partial

import pytest

from acl_api.errors import DeadlockError
from simulator.check.leaks import find_leaks
from simulator.check.memory import check_memory
from simulator.check.misuse import find_misuse
from tests.conformance.efgh import (
    FORGED,
    H2D,
    MS,
    NULL,
    c,
    device_memory,
    label,
    other_context,
    pinned_memory,
    rt,
    stream_in,
    without_context,
)

OLD = ("Ascend310", "Ascend310P", "Ascend310B", "Ascend910")


def notify() -> int:
    handle, code = rt.create_notify(0)
    assert code == 0
    return int(handle)


# -- values


@pytest.mark.parametrize(
    ("flag", "value", "wrong", "right"),
    [
        (0, 5, 4, 5),
        (0, 5, 0, 9),
        (0, 2, (1 << 64) - 1, 2),  # the difference counts as signed
        (1, 5, 6, 5),
        (2, 0b110, 0b1001, 0b0100),
        (3, (1 << 64) - 2, 1, 0),
    ],
)
def test_a_wait_for_a_value_compares_as_its_flag_says(machine, flag, value, wrong, right):
    m = machine()
    giver, waiter, word = m.stream(), m.stream(), device_memory()
    assert rt.value_write(word, wrong, 0, giver) == 0
    assert rt.synchronize_stream(giver) == 0
    assert rt.value_wait(word, value, flag, waiter) == 0
    assert rt.synchronize_stream_with_timeout(waiter, 1) == 507046
    assert rt.value_write(word, right, 0, giver) == 0
    assert rt.synchronize_stream(waiter) == 0
    assert rt.value_wait(word, value, flag, waiter) == 0  # no wait clears anything
    assert rt.synchronize_stream(waiter) == 0


def test_every_way_of_writing_memory_lets_a_wait_for_a_value_pass(machine):
    m = machine()
    waiter, giver, word, host = m.stream(), m.stream(), device_memory(), pinned_memory()
    rt.memset(host, 64, 7, 64)
    writes = {
        1: lambda: rt.memset(word, 64, 1, 64),
        7: lambda: rt.memcpy(word, 64, host, 64, H2D),
        2: lambda: rt.memset_async(word, 64, 2, 64, giver),
        3: lambda: rt.value_write(word, 0x0303030303030303, 0, giver),
    }
    for byte, write in writes.items():
        assert rt.value_wait(word, int.from_bytes(bytes([byte] * 8), "little"), 1, waiter) == 0
        assert rt.synchronize_stream_with_timeout(waiter, 1) == 507046
        assert write() == 0
        assert rt.synchronize_stream(waiter) == 0, byte


def test_checks_of_values_in_their_order(machine):
    m = machine()
    stream, word, host = m.stream(), device_memory(8), pinned_memory()
    for call, most in ((rt.value_write, 0), (rt.value_wait, 3)):
        assert call(word, 1 << 63, most, stream) == 0  # a wait that is over at once, too
        assert call(NULL, 1, most + 1, FORGED) == 100000
        assert call(host, 1, most + 1, FORGED) == 107017
        assert call(host, 1, most + 1, stream) == 107000
        assert call(host, 1, most, stream) == 107000
        assert call(word + (1 << 20), 1, most, stream) == 107000
        assert without_context(m, partial(call, word, 1, most, stream)) == 107002
        assert call(word, 1, most, stream_in(other_context())) == 107003


@pytest.mark.parametrize("soc", OLD)
def test_older_products_have_no_tasks_for_values(machine, soc):
    m = machine(soc)
    word = device_memory()
    assert rt.value_write(word, 1, 0, FORGED) == 207000
    assert rt.value_wait(word, 1, 0, FORGED) == 207000
    assert m.ran() == []


def test_a_value_that_nobody_writes_is_explained(machine):
    m = machine()
    first, second, word, other = m.stream(), m.stream(), device_memory(), device_memory()
    rt.memset(word, 64, 0, 64)
    assert rt.value_wait(word, 1, 0, first) == 0
    assert rt.value_write(word, 1, 0, first) == 0
    assert rt.value_wait(other, 1, 1, second) == 0
    with pytest.raises(DeadlockError) as hang:
        rt.synchronize_stream(first)
    text = str(hang.value)
    assert "waits for a value at least 1 in #1" in text
    assert f"Task 2 of stream {label(m, first)} writes to that place" in text
    assert "stands behind the wait" in text


# -- what others make of them


def copies_behind(order):
    """Two streams that write one buffer, with *order* between them."""

    def play(m):
        first, second, target, source = m.stream(), m.stream(), device_memory(), pinned_memory()
        rt.memset(source, 64, 1, 64)
        flag, word = notify(), device_memory()
        rt.memset(word, 64, 0, 64)
        rt.memcpy_async(target, 64, source, 64, H2D, first)
        order(first, second, flag, word)
        rt.memcpy_async(target, 64, source, 64, H2D, second)
        assert rt.synchronize_device() == 0
        return [found.id for found in check_memory(m.session.trace) if found.id.startswith("race")]

    return play


def by_notify(first, second, flag, _word):
    rt.record_notify(flag, first)
    rt.wait_and_reset_notify(flag, second, 0)


def by_value(first, second, _flag, word):
    rt.value_write(word, 1, 0, first)
    rt.value_wait(word, 1, 0, second)


@pytest.mark.parametrize("order", [by_notify, by_value])
def test_a_notify_and_a_value_put_the_work_of_streams_in_order(machine, order):
    assert copies_behind(order)(machine()) == []


def test_without_them_the_same_work_races(machine):
    assert copies_behind(lambda *_: None)(machine()) != []


def test_a_notify_that_goes_under_a_wait_and_one_that_stays_are_told(machine):
    m = machine()
    waiter = m.stream()
    assert rt.wait_and_reset_notify(flag := notify(), waiter, 0) == 0
    m.sleep(MS)
    assert rt.destroy_notify(flag) == 0
    found = [
        each for each in find_misuse(m.session.trace, closed=False) if each.id == "event-destroyed-in-use"
    ]
    assert [f"stream {label(m, waiter)} waits" in each.sentence for each in found] == [True]
    assert notify()
    assert c.aclFinalize() == 0
    assert "notify-leaked" in [each.id for each in find_leaks(m.session.trace)]
