"""Races and wrong uses of memory in scenarios: found in the friendly order, with lines and a mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.check.memory import check_memory
from simulator.scenario.interpret import run_scenario
from simulator.scenario.load import load_scenario, parse_scenario
from tests.scenarios.test_course import COURSE, LONG, short

TOO_EARLY = """\
schema_version: 1
title: the result is read before the sync
threads:
  main:
    - init
    - set_device: {device: 0}
    - create_stream: {as: s}
    - malloc_host: {size: 4KiB, as: back}
    - malloc: {size: 4KiB, as: dev}
    - memset_async: {ptr: dev, count: 4KiB, value: 7, stream: s}
    - memcpy_async: {dst: back, src: dev, count: 4KiB, kind: device_to_host, stream: s}
    - expect_bytes: {buffer: back, value: 0xcd}
    - synchronize_stream: {stream: s}
"""
BETWEEN_THREADS = """\
schema_version: 1
title: one thread reads what another one waits for
threads:
  main:
    - init
    - set_device: {device: 0}
    - create_stream: {as: s}
    - malloc_host: {size: 4KiB, as: back}
    - malloc: {size: 4KiB, as: dev}
    - start_thread: reader
    - memset_async: {ptr: dev, count: 4KiB, value: 7, stream: s}
    - memcpy_async: {dst: back, src: dev, count: 4KiB, kind: device_to_host, stream: s}
    - synchronize_stream: {stream: s}
    - set_flag: done
    - join_thread: reader
    - fill: {buffer: back, value: 1}
  reader:
    - wait_flag: done
    - expect_bytes: {buffer: back, value: 7}
"""


def findings(text: str, seed: int | None = None):
    result = run_scenario(parse_scenario(text, "case.yaml"), seed=seed)
    assert result.trace is not None
    return check_memory(result.trace)


def test_a_result_read_too_early_is_found_in_the_friendly_order() -> None:
    (race,) = findings(TOO_EARLY)
    assert race.id == "race"
    assert [line.partition("(")[2] for line in race.lines] == [
        "case.yaml:11)",
        "case.yaml:12)",
        "case.yaml:8)",
    ]
    assert race.fix == "call acl.rt.synchronize_stream(s) before main step 8 (case.yaml:12)"


def test_the_mend_that_is_named_is_one() -> None:
    lines = TOO_EARLY.splitlines()
    sync = lines.pop()
    lines.insert(11, sync)
    assert findings("\n".join(lines).replace("0xcd", "7")) == ()


@pytest.mark.parametrize("seed", [None, *range(5)])
def test_flags_and_joins_hand_on_what_a_thread_knows(seed: int | None) -> None:
    assert findings(BETWEEN_THREADS, seed) == ()


@pytest.mark.parametrize("missing", ["    - wait_flag: done\n", "    - join_thread: reader\n"])
def test_without_them_two_threads_race_also_when_they_took_the_right_order(missing: str) -> None:
    # A sleep is no order: it only makes the right one likely.
    (race,) = findings(BETWEEN_THREADS.replace(missing, "    - sleep: 10ms\n"))
    assert race.id == "race"
    assert "reader" in race.sentence


def test_a_race_of_two_host_threads_is_mended_by_a_flag() -> None:
    text = BETWEEN_THREADS.replace("    - join_thread: reader\n", "    - sleep: 10ms\n")
    (race,) = findings(text)
    assert race.fix.startswith("let reader set a flag after reader step 2")


@pytest.mark.parametrize("seed", [None, 0, 1])
@pytest.mark.parametrize("file", [file for file in COURSE if file.stem not in LONG], ids=short)
def test_nothing_in_the_course_uses_memory_wrongly(file: Path, seed: int | None) -> None:
    result = run_scenario(load_scenario(file), seed=seed)
    assert result.trace is not None
    assert check_memory(result.trace) == ()


OWN_DATASETS = """\
schema_version: 1
title: a run reads what a copy of another stream brings
models:
  net: {latency: 1ms, inputs: [{shape: [64], dtype: uint8}], outputs: [{shape: [64], dtype: uint8}]}
threads:
  main:
    - init
    - set_device: {device: 0}
    - create_stream: {as: up}
    - create_stream: {as: work}
    - create_event_ex_with_flag: {flag: 1, as: there}
    - malloc_host: {size: 4KiB, as: image}
    - malloc: {size: 4KiB, as: dev}
    - malloc: {size: 4KiB, as: out}
    - fill: {buffer: image, value: 1}
    - load_from_file: {model_path: net.om, as: net}
    - create_dataset: {as: inputs}
    - create_data_buffer: {data: dev, size: 4KiB, as: first}
    - add_dataset_buffer: {dataset: inputs, data_buffer: first}
    - create_dataset: {as: outputs}
    - create_data_buffer: {data: out, size: 4KiB, as: second}
    - add_dataset_buffer: {dataset: outputs, data_buffer: second}
    - memcpy_async: {dst: dev, src: image, count: 4KiB, kind: host_to_device, stream: up}
    - execute_async: {model: net, input: inputs, output: outputs, stream: work}
    - synchronize_device
"""


@pytest.mark.parametrize("ordered", [False, True])
def test_a_run_on_data_sets_of_the_scenarios_own_reads_and_writes_their_buffers(*, ordered: bool) -> None:
    text = OWN_DATASETS
    if ordered:
        text = text.replace(
            "    - execute_async:",
            "    - record_event: {event: there, stream: up}\n"
            "    - stream_wait_event: {stream: work, event: there}\n    - execute_async:",
        )
    assert [finding.id for finding in findings(text)] == ([] if ordered else ["race"])


def test_data_sets_that_nobody_made_are_not_looked_into() -> None:
    both = OWN_DATASETS.replace(
        "input: inputs, output: outputs, stream: work",
        "stream: work}\n    - execute_async: {model: net, stream: up",
    )
    assert findings(both) == ()
