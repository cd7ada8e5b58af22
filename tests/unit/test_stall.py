"""The bounds after which a run that only polls is given up."""

from __future__ import annotations

import pytest

from simulator.engine.choice import First, Seeded
from simulator.engine.hosts.ends import RunKind
from simulator.engine.hosts.greenlets import GreenletDriver
from simulator.engine.hosts.scheduler import Scheduler
from simulator.engine.hosts.stall import StallLimits
from simulator.engine.kernel import Kernel
from simulator.engine.timing import timing_of
from simulator.engine.wait import Wait

MS = 1_000_000
HOUR = 3_600_000 * MS


def make(limits: StallLimits, chooser=None, timing: str = "nominal") -> Scheduler:
    return Scheduler(Kernel(chooser or First(), timing_of(timing)), GreenletDriver(), limits=limits)


def spawn(host: Scheduler, name: str, entry) -> None:
    host.start(host.thread(name), entry)


def polls(host: Scheduler, period: int):
    def loop() -> None:
        while True:
            host.wait(Wait("process_report", timeout=period))

    return loop


def test_the_defaults_are_those_of_the_command_line():
    assert StallLimits() == StallLimits(after=HOUR, polls=200_000, budget=4 * HOUR, standing=20_000)


@pytest.mark.parametrize("timing", ["nominal", "untimed"])
@pytest.mark.parametrize("chooser", [First(), Seeded(1)], ids=repr)
def test_a_stall_needs_both_the_time_and_a_thousand_polls_of_each(chooser, timing):
    host = make(StallLimits(after=10 * MS, polls=1_000_000, budget=HOUR), chooser, timing)
    spawn(host, "waits", lambda: host.wait(Wait("wait_flag")))
    spawn(host, "quick", polls(host, MS))
    spawn(host, "slow", polls(host, 5 * MS))
    end = host.run()
    assert end.kind is RunKind.STALLED
    # The slow one has polled a thousand times only then.
    assert end.now == pytest.approx(5000 * MS, abs=10 * MS)


def test_without_the_time_a_thousand_polls_are_not_enough():
    host = make(StallLimits(after=3000 * MS, polls=1_000_000, budget=HOUR))
    spawn(host, "waits", lambda: host.wait(Wait("wait_flag")))
    spawn(host, "quick", polls(host, MS))
    assert host.run().now == 3000 * MS


def test_a_wake_up_starts_both_counts_anew():
    host = make(StallLimits(after=2000 * MS, polls=1_000_000, budget=HOUR))
    bell = Wait("wait_flag")

    def waits() -> None:
        host.wait(bell)
        host.wait(Wait("wait_flag"))

    def rings() -> None:
        host.sleep(1500 * MS)
        bell.fire()

    spawn(host, "waits", waits)
    spawn(host, "rings", rings)
    spawn(host, "quick", polls(host, MS))
    end = host.run()
    assert end.kind is RunKind.STALLED
    assert end.now == 3500 * MS


def test_a_pending_device_event_is_no_stall():
    host = make(StallLimits(after=MS, polls=2000, budget=HOUR))
    done = Wait("synchronize_stream")
    host.kernel.after(60_000 * MS, done.fire)
    ended = []

    def main() -> None:
        host.wait(done)
        ended.append(host.kernel.now)

    spawn(host, "main", main)
    spawn(host, "reporter", lambda: [host.wait(Wait("process_report", timeout=MS)) for _ in range(59_000)])
    assert host.run().kind is RunKind.DONE
    assert ended == [60_000 * MS]


def test_threads_of_the_runtime_itself_do_not_count_as_waiting():
    """Rule d3: they idle for ever by design."""
    host = make(StallLimits(after=MS, polls=3000, budget=HOUR))
    host.start(host.thread("hidden", daemon=True, internal=True), lambda: host.wait(Wait("process_report")))
    spawn(host, "poller", polls(host, MS))
    assert host.run().kind is RunKind.INCONCLUSIVE


def test_the_text_says_what_was_seen_and_that_it_is_bounded():
    host = make(StallLimits(after=HOUR, polls=2500, budget=4 * HOUR))
    spawn(host, "waits", lambda: host.wait(Wait("wait_flag")))
    spawn(host, "quick", polls(host, 2 * MS))
    assert host.run().text == (
        "no progress in 2500 polls and 5s of simulated time (bounded: a later rescue would not have been seen)"
    )


def asks(host: Scheduler):
    def loop() -> None:
        while True:
            host.spin("process_report")

    return loop


def test_questions_at_one_instant_with_nothing_pending_are_given_up_sooner():
    host = make(StallLimits(standing=3000))
    spawn(host, "waits", lambda: host.wait(Wait("wait_flag")))
    spawn(host, "asks", asks(host))
    end = host.run()
    assert end.kind is RunKind.STALLED
    assert end.text.startswith("no progress in 3000 polls and 0s")


def test_a_timeout_that_moves_the_clock_keeps_the_longer_bound():
    host = make(StallLimits(polls=9000, standing=3000))
    spawn(host, "waits", lambda: host.wait(Wait("wait_flag")))
    spawn(host, "asks", asks(host))
    spawn(host, "quick", polls(host, MS))
    assert host.run().text.startswith("no progress in 9000 polls and 4")
