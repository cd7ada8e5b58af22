"""Machines for the tests of the rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from acl_api.hosts import HOSTS
from tests.conformance.machine import Machine


@pytest.fixture
def machine() -> Iterator[Callable[..., Machine]]:
    """Make a machine current: machine(soc, **settings and limits of the profile)."""
    with ExitStack() as stack:

        def make(soc: str = "Ascend910B", **settings: Any) -> Machine:
            made = Machine(soc, **settings)
            stack.enter_context(made.session)
            return made.open()

        yield make


@pytest.fixture(params=HOSTS)
def here(machine: Callable[..., Machine], request: pytest.FixtureRequest) -> Callable[..., Machine]:
    """Make a machine current on one host after the other: here(soc, **settings and limits of the profile)."""
    return lambda soc="Ascend910B", **settings: machine(soc, host=request.param, **settings)
