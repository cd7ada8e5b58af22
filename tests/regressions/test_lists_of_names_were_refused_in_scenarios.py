"""Where a step takes several things, a list of names was answered with "must be a list, not a list"."""

from __future__ import annotations

import pytest

from simulator.scenario.interpret import run_scenario
from simulator.scenario.load import parse_scenario

SCENARIO = """\
schema_version: 1
title: notifies that are reset together
threads:
  main:
    - init
    - set_device: {device: 0}
    - create_stream: {as: s}
    - create_notify: {flag: 0, as: one}
    - create_notify: {flag: 0, as: two}
    - record_notify: {notify: two, stream: s}
    - synchronize_stream: {stream: s}
    - notify_batch_reset: {notifies: LIST, returns: CODE}
    - wait_and_reset_notify: {notify: two, stream: s, timeout: 0}
    - synchronize_stream_with_timeout: {stream: s, timeout: 10ms, returns: LEFT}
"""


@pytest.mark.parametrize(
    ("names", "code", "left"),
    [("[one, two]", 0, 507046), ("two", 0, 507046), ("[one]", 0, 0), ("[]", 107000, 0)],
)
def test_a_step_takes_a_list_of_names(names: str, code: int, left: int):
    text = SCENARIO.replace("LIST", names).replace("CODE", str(code)).replace("LEFT", str(left))
    assert run_scenario(parse_scenario(text, "lists")).failures == ()
