"""Settings that hold for every test."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Generator

import pytest
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


def pytest_configure(config: pytest.Config) -> None:
    """Keep compiled modules where PYTHONDONTWRITEBYTECODE (images of containers set it) wants none in the tree.

    Each of the hundreds of processes that tests start would compile everything it imports, and pytest would
    rewrite the assertions of every module of tests anew.
    """
    if sys.dont_write_bytecode and config.pluginmanager.has_plugin("cacheprovider"):
        kept = str(config.cache.mkdir("bytecode"))
        sys.dont_write_bytecode, sys.pycache_prefix = False, kept
        os.environ.update(PYTHONDONTWRITEBYTECODE="", PYTHONPYCACHEPREFIX=kept)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Take what collecting leaves behind out of every later collection of garbage.

    Hundreds of thousands of objects live until the end: a test that collects garbage would walk all of them. And
    every test makes a machine and throws it away: looking for garbage less often saves a tenth of the suite's time.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 50)
        gc.enable()
