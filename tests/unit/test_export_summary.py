"""Summaries of small traces, with numbers worked out by hand."""

import json

import pytest

from simulator.base.trace import CallbackEnded, CallbackStarted, Record, ReportPosted, TaskRan
from simulator.export.summary import (
    CallbackSummary,
    Delays,
    DeviceSummary,
    StreamSummary,
    ThreadSummary,
    percentile,
    summarise,
    summary_json,
    summary_lines,
)


def ran(stream: str, seq: int, kind: str, start: int, end: int, code: int = 0) -> TaskRan:
    return TaskRan(end, stream, seq, kind, kind, start, code)


def callback(seq: int, posted: int, began: int, ended: int, thread: str = "reporter") -> list[Record]:
    return [
        ReportPosted(posted, "s", seq, "postprocess", thread, 0, block=True),
        CallbackStarted(began, thread, "s", seq, "postprocess"),
        CallbackEnded(ended, thread, "s", seq, "postprocess", None),
    ]


def test_waits_hold_a_stream_but_do_not_make_it_busy() -> None:
    trace = [ran("s", 1, "execute", 0, 300), ran("s", 2, "wait", 300, 900), ran("s", 3, "copy", 900, 1000)]
    assert summarise(trace, until=1000).streams == (StreamSummary("s", 0, 3, 400, 0.4),)


def test_the_ai_cores_are_busy_for_the_union_of_the_runs_of_their_device() -> None:
    trace = [
        ran("s", 1, "execute", 0, 300),
        ran("t", 1, "execute", 100, 400),
        ran("s", 2, "execute", 600, 700),
        ran("t", 2, "copy", 400, 800),
        ran("u", 1, "execute", 0, 1000),
    ]
    summary = summarise(trace, until=1000, devices={"u": 3})
    assert summary.devices == (DeviceSummary(0, 3, 500, 0.5), DeviceSummary(3, 1, 1000, 1.0))


def test_a_run_inside_another_one_adds_nothing_to_the_union() -> None:
    trace = [ran("t", 1, "execute", 200, 300), ran("s", 1, "execute", 0, 400)]
    assert summarise(trace, until=800).devices == (DeviceSummary(0, 2, 400, 0.5),)


def test_a_callback_delay_runs_from_its_posted_report_to_its_first_step() -> None:
    trace = [*callback(1, 100, 150, 250), *callback(2, 160, 250, 300), *callback(3, 290, 300, 400)]
    summary = summarise(trace, until=1000)
    assert summary.callbacks == (CallbackSummary("postprocess", Delays(3, 50, 90, 90)),)
    assert summary.threads == (ThreadSummary("reporter", 3, 250, 0.25),)


def test_a_callback_that_never_returns_keeps_its_thread_busy_to_the_end() -> None:
    trace = callback(1, 100, 400, 500)[:2]
    assert summarise(trace, until=1000).threads == (ThreadSummary("reporter", 1, 600, 0.6),)


@pytest.mark.parametrize(
    ("percent", "value"), [(1, 15), (5, 15), (30, 20), (40, 20), (50, 35), (99, 50), (100, 50)]
)
def test_percentiles_are_the_nearest_rank(percent: int, value: int) -> None:
    assert percentile([15, 20, 35, 40, 50], percent) == value


def test_the_99th_of_a_hundred_values_is_not_the_largest() -> None:
    assert percentile(list(range(1, 101)), 99) == 99
    assert percentile(list(range(1, 102)), 99) == 100


def test_throughput_counts_successful_runs_and_their_images() -> None:
    trace = [
        ran("s", 1, "execute", 0, 500),
        ran("s", 2, "execute", 500, 900),
        ran("s", 3, "execute", 900, 950, 507),
    ]
    summary = summarise(trace, until=1_000_000, images_per_unit=8)
    assert (summary.units, summary.units_per_second) == (2, 2000.0)
    assert (summary.images, summary.images_per_second) == (16, 16000.0)


def test_another_kind_of_task_can_be_the_unit() -> None:
    trace = [ran("s", 1, "execute", 0, 500), ran("s", 2, "copy", 500, 900)]
    summary = summarise(trace, until=1000, unit="copy")
    assert (summary.unit, summary.units, summary.images) == ("copy", 1, None)


def test_an_empty_run_divides_by_nothing() -> None:
    summary = summarise([], until=0)
    assert repr(summary) == (
        "Summary(makespan=0, unit='execute', units=0, units_per_second=0.0, images=None, "
        "images_per_second=None, streams=(), devices=(), threads=(), callbacks=())"
    )
    assert summary_lines(summary) == ["0s simulated: 0 execute runs (0.0 /s)"]


def test_the_table_lines_up() -> None:
    trace = [ran("main", 1, "execute", 0, 2_800_000), *callback(2, 2_800_000, 2_800_500, 3_200_500)]
    lines = summary_lines(summarise(trace, until=5_600_000, images_per_unit=4))
    assert lines == [
        "5.6ms simulated: 1 execute runs (178.6 /s), 4 images (714.3 /s)",
        "",
        "stream  device  tasks   busy  utilisation",
        "main         0      1  2.8ms        50.0%",
        "s            0      0     0s         0.0%",
        "",
        "device  runs  AI core busy  utilisation",
        "0          1         2.8ms        50.0%",
        "",
        "report thread  callbacks   busy  utilisation",
        "reporter               1  400us         7.1%",
        "",
        "callback     count  delay p50    p99    max",
        "postprocess      1      500ns  500ns  500ns",
    ]


def test_the_json_form_survives_json() -> None:
    trace = [ran("s", 1, "execute", 0, 500), *callback(2, 500, 600, 700)]
    document = summary_json(summarise(trace, until=1000))
    assert json.loads(json.dumps(document)) == document
    assert document["callbacks"] == [
        {"function": "postprocess", "count": 1, "delay_p50_ns": 100, "delay_p99_ns": 100, "delay_max_ns": 100}
    ]
    assert document["throughput"] == {
        "unit": "execute",
        "units": 1,
        "units_per_second": 1_000_000.0,
        "images": None,
        "images_per_second": None,
    }
