"""The law of tokens: what a token carries brings back the run it was made of, record by record, on either host."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.app.kit.programs import SOCS, Plan
from simulator.app.kit.strategies import wild_plans
from simulator.app.kit.world import TIMINGS, run
from simulator.engine.choice import Recorder, Seeded
from simulator.explore.deviations import Deviating, deviations_of
from simulator.explore.tokens import Token, decode, encode


@given(
    plan=wild_plans,
    soc=st.sampled_from(SOCS),
    seed=st.integers(0, 1 << 16),
    timing=st.sampled_from(TIMINGS),
    host=st.sampled_from(["greenlets", "baton"]),
)
@settings(max_examples=40)
def test_a_token_brings_the_run_back(plan: Plan, soc: str, seed: int, timing: str, host: str) -> None:
    recorder = Recorder(Seeded(seed))
    recorded = run(plan, soc, recorder, timing=timing)
    token = decode(encode(Token("test", "generated", deviations_of(recorder.records))))
    chooser = Deviating(token.deviations)
    again = run(plan, soc, Recorder(chooser), timing=timing, host=host)
    assert chooser.missed == ()
    assert again.trace.records == recorded.trace.records
