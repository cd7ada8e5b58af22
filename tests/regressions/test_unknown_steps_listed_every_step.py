"""A field that no step has was answered with the names of all steps, and its own name at any length."""

from __future__ import annotations

import pytest

from simulator.base.errors import UserError
from simulator.scenario.load import parse_scenario

SCENARIO = """\
schema_version: 1
title: a mistake
threads:
  main:
    - {repeat: 2, NAME: [init]}
"""


@pytest.mark.parametrize("name", ["x", "steps" + "[" * 3 + "x", "q" * 5000])
def test_a_message_is_short_whatever_the_field_is_called(name: str):
    with pytest.raises(UserError) as refused:
        parse_scenario(SCENARIO.replace("NAME", repr(name)))
    assert all(len(line) < 400 for line in str(refused.value).splitlines())
