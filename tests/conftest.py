"""Settings that hold for every test."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# Deadlines read the wall clock and random examples differ between runs; the suite wants neither.
settings.register_profile(
    "suite", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
# For hunting: fresh examples, more of them (pytest --hypothesis-profile=explore).
settings.register_profile(
    "explore", parent=settings.get_profile("suite"), derandomize=False, max_examples=1000
)
settings.load_profile("suite")
