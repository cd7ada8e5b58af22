"""The loader: what a right file becomes, and where everything in it stands."""

from __future__ import annotations

import json

import pytest

from simulator.base.errors import UserError
from simulator.scenario.load import load_scenario, parse_scenario
from simulator.scenario.steps import CallStep, Repeat

HEAD = "schema_version: 1\ntitle: t\n"


def steps_of(text):
    return parse_scenario(f"{HEAD}threads:\n  main:\n{text}").scenario.threads["main"].steps


def only_step(text):
    (step,) = steps_of(f"    - {text}\n")
    return step


@pytest.mark.parametrize("text", ["init", "init:", "init: {}"])
def test_a_call_without_needed_arguments_can_be_a_bare_word(text):
    step = only_step(text)
    assert isinstance(step, CallStep)
    assert step.operation.row.name == "acl.init"


@pytest.mark.parametrize(
    ("written", "passed"),
    [("true", 1), ("false", 0), ("0", 0), ("7", 7), ("-1", -1)],
)
def test_block_is_true_or_false_or_any_number(written, passed):
    step = f"launch_callback: {{fn: f, block: {written}, stream: 0}}"
    text = f"{HEAD}callbacks: {{f: {{}}}}\nthreads:\n  main: [{{{step}}}]"
    (launch,) = parse_scenario(text).scenario.threads["main"].steps
    assert isinstance(launch, CallStep)
    assert launch.argument("block") == passed


@pytest.mark.parametrize(
    ("written", "milliseconds"), [("100ms", 100), ("2s", 2000), ("forever", -1), ("-1", -1), ("0", 0)]
)
def test_timeouts_become_milliseconds(written, milliseconds):
    assert only_step(f"process_report: {{timeout: {written}}}").argument("timeout") == milliseconds


def test_constants_have_names_that_can_be_combined():
    assert only_step("create_event_with_flag: {flag: [sync, time_line], as: e}").argument("flag") == 9
    assert only_step("create_event_with_flag: {flag: 9, as: e}").argument("flag") == 9


def test_yaml_is_read_as_version_1_2():
    scenario = parse_scenario(
        f"{HEAD}description: on\nseed: 012\nthreads: {{main: [{{note: 12:30}}]}}"
    ).scenario
    assert (scenario.description, scenario.seed) == ("on", 12)


def test_json_is_accepted_with_tabs_and_a_schema_key():
    text = json.dumps(
        {"$schema": "schema.json", "schema_version": 1, "title": "t", "threads": {"main": ["init"]}},
        indent="\t",
    )
    assert parse_scenario(text, "file.json").scenario.title == "t"


def test_every_step_knows_its_place():
    loaded = parse_scenario(
        f"{HEAD}threads:\n  main:\n    - init\n    - repeat: 2\n      steps:\n        - finalize\n"
    )
    assert str(loaded.at(("threads", "main", "steps", 0))) == "scenario.yaml:5:7"
    assert str(loaded.at(("threads", "main", "steps", 1, "steps", 0))) == "scenario.yaml:8:11"


def test_a_million_repeats_are_one_step():
    (step,) = steps_of("    - repeat: 1000000\n      steps: [init]\n")
    assert isinstance(step, Repeat)
    assert len(step.children) == 1


def test_more_than_a_million_repeats_are_refused():
    with pytest.raises(UserError, match=r"scenario.yaml:5:15: 'repeat' is 1000001"):
        steps_of("    - repeat: 1000001\n      steps: [init]\n")


def test_aliases_may_share_what_they_name():
    text = f"{HEAD}threads:\n  main: &steps [init, finalize]\n  other: *steps\n"
    threads = parse_scenario(text).scenario.threads
    assert threads["main"] == threads["other"]


def test_included_files_add_callbacks_and_keep_their_own_places(tmp_path):
    (tmp_path / "main.yaml").write_text(
        f"include: [parts/cb.yaml]\n{HEAD}threads: {{main: [{{start_thread: rep}}]}}\n", encoding="utf-8"
    )
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "cb.yaml").write_text(
        "include: [more.yaml]\ncallbacks:\n  f: {takes: 1ms}\n", encoding="utf-8"
    )
    (tmp_path / "parts" / "more.yaml").write_text("threads:\n  rep: [init]\n", encoding="utf-8")
    loaded = load_scenario(tmp_path / "main.yaml")
    assert loaded.scenario.callbacks["f"].takes == 1_000_000
    assert loaded.at(("callbacks", "f")).short == "cb.yaml:3"
    assert loaded.at(("threads", "rep", "steps", 0)).short == "more.yaml:2"


def test_a_file_included_twice_is_read_once(tmp_path):
    (tmp_path / "main.yaml").write_text(f"include: [a.yaml, b.yaml]\n{HEAD}threads: {{main: [init]}}\n")
    (tmp_path / "a.yaml").write_text("include: [c.yaml]\n")
    (tmp_path / "b.yaml").write_text("include: [c.yaml]\n")
    (tmp_path / "c.yaml").write_text("callbacks: {f: {}}\n")
    assert list(load_scenario(tmp_path / "main.yaml").scenario.callbacks) == ["f"]


def test_a_name_of_the_wrong_kind_is_refused():
    with pytest.raises(UserError, match="'e' is a event, but a stream is needed here"):
        steps_of("    - create_event: {as: e}\n    - synchronize_stream: {stream: e}\n")


def test_gives_must_name_an_output():
    with pytest.raises(UserError, match="'stream_query' gives no 'state'; it gives status"):
        steps_of("    - stream_query: {stream: default, gives: {state: 1}}\n")
