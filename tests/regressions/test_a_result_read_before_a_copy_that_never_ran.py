"""A host thread that used the bytes of a queued copy raced with it only if the run went on until the copy had run.

A program that reads its result too early, and then fails on it, ends before: nothing was said of the race behind it.
"""

from __future__ import annotations

import pytest

from simulator.check.memory import check_memory
from simulator.scenario.interpret import run_scenario
from simulator.scenario.load import parse_scenario

READ = "expect_bytes: {buffer: back, value: 0xcd}"
WRITE = "fill: {buffer: back, value: 1}"
COPY_BACK = "memcpy_async: {dst: back, src: dev, count: 4KiB, kind: device_to_host, stream: s}"
COPY_THERE = "memcpy_async: {dst: dev, src: back, count: 4KiB, kind: host_to_device, stream: s}"
CALLBACK = "launch_callback: {fn: tell, block: true, stream: s}"
SYNC = "synchronize_stream: {stream: s}"


def findings(*steps: str) -> list[str]:
    """Return what is found in a program that ends behind *steps*, without waiting."""
    lines = "".join(f"    - {step}\n" for step in steps)
    text = f"""\
schema_version: 1
title: it ends too early
callbacks:
  tell: {{takes: 1us}}
threads:
  main:
    - init
    - set_device: {{device: 0}}
    - create_stream: {{as: s}}
    - subscribe_report: {{thread: main, stream: s}}
    - malloc_host: {{size: 4KiB, as: back}}
    - malloc: {{size: 4KiB, as: dev}}
{lines}"""
    result = run_scenario(parse_scenario(text, "case.yaml"))
    assert result.trace is not None
    return [each.id for each in check_memory(result.trace) if each.id != "uninitialised-read"]


@pytest.mark.parametrize("steps", [(COPY_BACK, READ), (COPY_BACK, WRITE), (COPY_THERE, WRITE)])
def test_what_a_host_thread_does_to_the_bytes_of_a_queued_copy_is_a_race(steps: tuple[str, ...]):
    assert findings(*steps) == ["race"]


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param((COPY_THERE, READ), id="both-read"),
        pytest.param((READ, COPY_BACK), id="done-before-the-launch"),
        pytest.param((COPY_BACK, SYNC, READ), id="done-behind-the-sync"),
        pytest.param((CALLBACK, COPY_BACK, READ), id="held-back-till-something-later"),
    ],
)
def test_what_is_ordered_or_may_yet_be_ordered_is_none(steps: tuple[str, ...]):
    assert findings(*steps) == []
