"""Durations, sizes and rates: exact both ways, and clear when a text cannot be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.base import units
from simulator.base.errors import UserError

NATURALS = st.integers(min_value=0, max_value=10**24)


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("0s", 0),
        ("1ns", 1),
        ("3us", 3_000),
        ("2.8ms", 2_800_000),
        ("2.800 ms", 2_800_000),
        (" 90s ", 90_000_000_000),
        ("0.5min", 30_000_000_000),
        ("1h", 3_600_000_000_000),
        ("1.000000001s", 1_000_000_001),
    ],
)
def test_a_duration_is_read_to_the_nanosecond(text: str, ns: int) -> None:
    assert units.parse_duration(text) == ns


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("3", "has no unit: add one of"),
        (4, "has no unit: write text"),
        (2.5, "has no unit"),
        (None, "has no unit"),
        ("-3us", "is negative"),
        ("3 fortnights", "unknown unit 'fortnights'"),
        ("3US", "case matters"),
        ("0.1ns", "not a whole number of nanoseconds"),
        ("1.5.2us", "not a number with a unit"),
        (".5s", "not a number with a unit"),
        ("1e3us", "not a number with a unit"),
        ("", "not a number with a unit"),
        ("inf s", "not a number with a unit"),
        ("٣us", "not a number with a unit"),
        ("9" * 5_000 + "s", "not a number with a unit"),
    ],
)
def test_what_is_not_an_exact_duration_is_refused_with_the_way_to_mend_it(text: object, says: str) -> None:
    with pytest.raises(units.UnitError) as refused:
        units.parse_duration(text)
    assert says in str(refused.value)
    assert len(str(refused.value)) < 200


def test_a_unit_error_is_both_the_users_mistake_and_a_value_error() -> None:
    assert issubclass(units.UnitError, UserError)
    assert issubclass(units.UnitError, ValueError)


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "0s"),
        (1, "1ns"),
        (400_000, "400us"),
        (2_800_000, "2.8ms"),
        (100_000_000, "100ms"),
        (1_500_000_000, "1.5s"),
        (90_000_000_000, "90s"),
        (120_000_000_000, "2min"),
        (3_600_000_000_000, "1h"),
        (5_400_000_000_000, "1.5h"),
    ],
)
def test_a_duration_is_written_in_its_shortest_form(ns: int, text: str) -> None:
    assert units.format_duration(ns) == text


@given(NATURALS)
def test_a_written_duration_is_read_back_unchanged(ns: int) -> None:
    assert units.parse_duration(units.format_duration(ns)) == ns


@given(NATURALS)
def test_a_duration_is_never_longer_than_its_nanoseconds_and_a_point(ns: int) -> None:
    assert len(units.format_duration(ns)) <= len(f"{ns}ns") + 1


@given(st.integers(1, 999 * 10**9))
def test_a_duration_below_a_thousand_seconds_has_at_most_three_digits_before_the_point(ns: int) -> None:
    whole = units.format_duration(ns).partition(".")[0]
    assert sum(character.isdigit() for character in whole) <= 3


@given(NATURALS, st.sampled_from(["ns", "us", "ms", "s", "min", "h"]))
def test_durations_in_one_unit_add_up(amount: int, unit: str) -> None:
    one = units.parse_duration(f"1{unit}")
    assert units.parse_duration(f"{amount}{unit}") == amount * one


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0B", 0),
        ("512B", 512),
        ("64MiB", 64 << 20),
        ("1.5 GiB", 3 << 29),
        ("24GB", 24_000_000_000),
        ("1kB", 1_000),
    ],
)
def test_a_size_is_read_to_the_byte(text: str, size: int) -> None:
    assert units.parse_size(text) == size


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("64", "has no unit"),
        (65, "has no unit"),
        ("1.5B", "whole number of bytes"),
        ("64mb", "unknown unit 'mb'"),
    ],
)
def test_what_is_not_an_exact_size_is_refused(text: object, says: str) -> None:
    with pytest.raises(units.UnitError, match=says):
        units.parse_size(text)


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0B"), (64 << 20, "64MiB"), (24 * 10**9, "24GB"), (1_025, "1025B")]
)
def test_a_size_is_written_in_its_shortest_form(size: int, text: str) -> None:
    assert units.format_size(size) == text


@given(NATURALS)
def test_a_written_size_is_read_back_unchanged(size: int) -> None:
    assert units.parse_size(units.format_size(size)) == size


def test_a_rate_is_a_size_per_second() -> None:
    assert units.parse_rate("25 GB/s") == 25_000_000_000
    assert units.parse_rate("1GiB/s") == 1 << 30


@pytest.mark.parametrize("text", ["25GB", "25/s", 25, "0B/s", "fast"])
def test_what_is_not_a_rate_is_refused(text: object) -> None:
    with pytest.raises(units.UnitError):
        units.parse_rate(text)


def test_milliseconds_become_nanoseconds_and_for_ever_is_no_duration() -> None:
    assert units.ms_to_ns(1_000) == 1_000_000_000
    with pytest.raises(units.UnitError, match="for ever"):
        units.ms_to_ns(-1)
