"""What exploring may cost: 2,000 schedules, 100,000 steps of the device, 10,000 switches of OS threads a second.

The goals stand for a machine on which an empty function takes 17 ns and a hand-off between two threads 3 us; what is
asserted are the ratios, what is printed are also the rates on this machine.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from tests.bench import exploring

pytestmark = pytest.mark.bench
_ROUNDS = 3


@pytest.mark.parametrize(
    ("what", "timed", "against", "most"),
    [
        ("schedules", partial(exploring.schedule, trace=False), exploring.empty_call, 30_000),
        ("schedules with a trace", partial(exploring.schedule, trace=True), exploring.empty_call, 60_000),
        ("scenarios run", exploring.Scenario().play, exploring.empty_call, 60_000),
        ("scenarios run and judged", exploring.Scenario().explore, exploring.empty_call, 120_000),
        ("device steps", exploring.device_step, exploring.empty_call, 500),
        ("switches under the baton", exploring.baton_switch, exploring.hand_off, 33),
    ],
)
def test_exploring_is_as_fast_as_it_should_be(
    what: str, timed: Callable[[], float], against: Callable[[], float], most: float
):
    cost = exploring.compare(timed, against)
    print(f"\n{what}: {cost.rate:,.0f} a second; {cost.ratio:,.1f} times what it is compared with")
    assert cost.ratio <= most


def test_checks_cost_no_more_than_the_runs_they_judge():
    scenario = exploring.Scenario()
    # The best of some: whatever else the machine does disturbs the longer one more.
    ratio = min(exploring.compare(scenario.explore, scenario.play).ratio for _ in range(_ROUNDS))
    print(f"\na scenario run and judged: {ratio:.2f} times a run")
    assert ratio <= 2
