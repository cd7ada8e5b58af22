"""Clocks of the program: simulated, from a fixed epoch."""

from __future__ import annotations

import copy
import datetime as dt
import logging
import pickle
import threading
import time

import pytest

from simulator.engine.control.active import nanoseconds
from tests.unit.control.controlled import run

EPOCH = 1_735_689_600


def test_clocks_begin_at_a_fixed_epoch_and_move_with_the_simulated_time():
    def program() -> None:
        assert time.time() == EPOCH
        assert time.monotonic() == time.perf_counter() == 1000
        time.sleep(1.5)
        assert time.time_ns() == EPOCH * 10**9 + 1_500_000_000
        assert time.monotonic_ns() == time.perf_counter_ns() == 1_001_500_000_000
        assert time.clock_gettime(time.CLOCK_REALTIME) == EPOCH + 1.5
        assert time.clock_gettime_ns(time.CLOCK_MONOTONIC) == 1_001_500_000_000
        assert time.process_time() < 10_000

    run(program)


def test_dates_are_those_of_the_simulated_clock():
    def program() -> None:
        time.sleep(0.0000019)
        assert dt.datetime.now(dt.UTC).isoformat() == "2025-01-01T00:00:00.000001+00:00"
        assert time.gmtime()[:3] == (2025, 1, 1)
        assert time.strftime("%Y", time.gmtime()) == "2025"
        assert time.localtime(0) is not None
        assert time.ctime(0) == time.asctime(time.localtime(0))
        assert abs(dt.datetime.today() - dt.datetime(2025, 1, 1)) <= dt.timedelta(days=1)  # noqa: DTZ001, DTZ002
        assert dt.date.today().year in (2024, 2025)  # noqa: DTZ011

    run(program)


def test_dates_made_in_the_scope_are_plain_dates():
    made: list[dt.datetime] = []

    def program() -> None:
        class Mine(dt.datetime):
            pass

        made.extend((dt.datetime(2020, 1, 2, tzinfo=dt.UTC), dt.datetime.now(dt.UTC)))
        made.append(dt.datetime.fromisoformat("2020-01-02T03:04:05+00:00"))
        assert all(isinstance(date, dt.datetime) for date in made)
        assert not isinstance(dt.date(2020, 1, 1), dt.datetime)
        assert type(Mine(2020, 1, 1)) is Mine
        assert type(Mine.now(dt.UTC)) is Mine
        assert issubclass(Mine, dt.datetime)

    before = dt.datetime(2020, 1, 2, tzinfo=dt.UTC)
    run(program)
    assert made[0] == before
    assert {type(date) for date in made} == {dt.datetime}
    assert pickle.loads(pickle.dumps(made)) == copy.deepcopy(made) == made  # noqa: S301 - our own


def test_dates_are_found_by_their_class_and_travel_in_pickles():
    pickled: list[bytes] = []

    def program() -> None:
        now = dt.datetime.now(dt.UTC)
        assert {dt.datetime: "date"}[type(now)] == "date"
        assert type(now) == dt.datetime  # noqa: E721 - as programs write it
        assert dt.datetime == type(now)  # noqa: E721 - same
        assert dt.datetime.__name__ == "datetime"
        assert str(dt.datetime) == "<class 'datetime.datetime'>"
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            pickled.append(pickle.dumps(now, protocol))
            assert pickle.loads(pickled[-1]) == now  # noqa: S301 - our own
        assert pickle.loads(pickle.dumps(dt.datetime)) is dt.datetime  # noqa: S301 - same

    run(program)
    outside = dt.datetime.fromtimestamp(EPOCH, dt.UTC)
    assert all(pickle.loads(each) == outside for each in [*pickled, pickle.dumps(outside)])  # noqa: S301 - same


@pytest.mark.parametrize(
    ("seconds", "ns"),
    [(0, 0), (2, 2 * 10**9), (0.1, 10**8), (1.1, 1_100_000_000), (1e-10, 1), (1.0000000001, 1_000_000_001)],
)
def test_seconds_are_rounded_so_that_no_less_time_passes(seconds, ns):
    assert nanoseconds(seconds) == ns


def test_what_is_left_of_a_deadline_always_makes_progress():
    def program() -> None:
        deadline = time.time() + 0.3
        while (left := deadline - time.time()) > 0:
            time.sleep(left)
        assert abs(time.monotonic() - 1000.3) < 1e-6

    run(program)


def test_wrong_sleeps_get_the_errors_of_the_real_one():
    def program() -> None:
        with pytest.raises(ValueError, match="non-negative"):
            time.sleep(-1)
        with pytest.raises(TypeError):
            time.sleep("1")  # type: ignore[arg-type]
        with pytest.raises(ValueError, match=r"NaN"):
            time.sleep(float("nan"))

    run(program)


def test_logging_reads_the_clock_under_its_locks(caplog):
    def program() -> None:
        def talk(name) -> None:
            for number in range(50):
                logging.getLogger("test").warning("%s %d", name, number)

        threads = [threading.Thread(target=talk, args=(name,)) for name in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    run(program)
    assert len(caplog.records) == 100
    assert {int(record.created) for record in caplog.records} == {EPOCH}
