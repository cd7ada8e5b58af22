"""What a run may choose where the real runtime is not known: both behaviours of every option, and every way to it."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from acl_api.session import Session, current
from simulator.app.cli import main
from simulator.app.exploring.settings import RunSettings, settings_of
from simulator.base.errors import UserError
from simulator.check.ordering import check_ordering
from simulator.core.options import UNKNOWNS, RuntimeOptions
from simulator.explore.tokens import Token, decode
from tests.conformance.efgh import device_memory, finish_order, hold, label, new_event, old_event
from tests.conformance.machine import BLOCK, MS, NO_BLOCK, NOTIFY, NULL, ONE_OF_EACH, STARS, Machine, rt

acl: Any = import_module("acl_api")
FAMILIES = pytest.mark.parametrize("soc", ONE_OF_EACH)


def nothing(_data):
    """A callback that does nothing."""


def both(option: str) -> Any:
    """Parametrise a test by the values of *option*."""
    return pytest.mark.parametrize("value", UNKNOWNS[option].values)


def ident(m: Machine) -> int:
    return int(m.session.host.current().ident)


def sound(m: Machine) -> bool:
    """Tell whether a run keeps the ordering guarantees: whichever behaviour is chosen, these hold."""
    assert m.session.trace is not None
    return not check_ordering(m.session.trace, closed=False)


@pytest.mark.shows("0.3")
@both("handles")
def test_handles_are_fresh_or_reused(machine, value):
    m = machine(options=(f"handles={value}",))
    first = m.stream()
    assert rt.destroy_stream(first) == 0
    again = new_event()
    assert (again == first) == (value == "reused")
    # A stale handle that was given out again is a handle of another kind, or, worse, of the same.
    assert rt.stream_query(first)[1] == 107017
    assert rt.destroy_event(again) == 0


@pytest.mark.shows("0.3")
def test_a_reused_handle_of_the_same_kind_hides_the_mistake(machine):
    m = machine(options=("handles=reused",))
    first = m.stream()
    assert rt.destroy_stream(first) == 0
    assert m.stream() == first
    assert rt.stream_query(first) == (0, 0)


@both("no_block")
def test_a1b_a_reserved_block_type_is_allowed_or_rejected(machine, value):
    m = machine("Ascend310", options=(f"no_block={value}",))
    stream = m.stream()
    m.reporter(stream)
    assert rt.launch_callback(nothing, None, NO_BLOCK, stream) == (207000 if value == "reject" else 0)


@FAMILIES
@pytest.mark.parametrize("block", [NO_BLOCK, BLOCK])
@both("full_reports")
def test_b8b_a_callback_that_finds_the_report_queue_full_waits_or_fails(machine, soc, block, value):
    m = machine(soc, callback_cq_depth=2, options=(f"full_reports={value}",))
    # One stream each: a blocking callback keeps the others of its stream off the queue.
    streams, ran = [m.stream() for _ in range(3)], list[object]()
    reporter = m.reporter(*streams, started=False)
    for number, stream in enumerate(streams):
        assert rt.launch_callback(ran.append, number, block, stream) == 0
    m.sleep(10 * MS)
    codes = [rt.synchronize_stream_with_timeout(streams[2], 1) for _ in range(2)]
    waits = 507046 if value == "wait" else 0
    assert codes == ([waits, waits] if value == "wait" else [507000, 0])
    m.session.host.start(reporter.thread, reporter.loop)
    for stream in streams:
        assert rt.synchronize_stream(stream) == 0
    m.sleep(10 * MS)
    assert ran == ([0, 1, 2] if value == "wait" else [0, 1])
    # The stream of the one that failed works on.
    assert rt.launch_callback(ran.append, 3, block, streams[2]) == rt.synchronize_stream(streams[2]) == 0
    m.sleep(10 * MS)
    assert ran[-1] == 3
    assert sound(m)


@pytest.mark.parametrize("soc", [STARS[0], NOTIFY[0]])
def test_b14_b15_unsubscribing_may_just_wait_for_a_pending_callback(machine, soc):
    m = machine(soc, options=("unsubscribing=waits",))
    stream, other, ran = m.stream(), m.stream(), []
    reporter = m.reporter(stream)
    assert rt.subscribe_report(reporter.thread.ident, other) == 0

    def slow(_data):
        m.sleep(MS)
        ran.append(True)

    assert rt.launch_callback(slow, None, BLOCK, stream) == 0
    assert rt.unsubscribe_report(reporter.thread.ident, stream) == 0
    assert ran == [True]
    assert rt.stream_query(stream) == (0, 0)
    assert sound(m)


@FAMILIES
@both("late_reports")
def test_b16_reports_that_outlive_the_last_subscription_are_lost_or_delivered(machine, soc, value):
    m = machine(soc, options=(f"late_reports={value}",))
    stream, ran = m.stream(), list[object]()
    assert rt.subscribe_report(ident(m), stream) == 0
    for number in range(3):
        assert rt.launch_callback(ran.append, number, NO_BLOCK, stream) == 0
    assert rt.synchronize_stream(stream) == 0
    assert rt.unsubscribe_report(ident(m), stream) == 0
    codes = [rt.process_report(1) for _ in range(2)]
    assert codes == ([107012, 107012] if value == "lost" else [0, 107012])
    assert ran == ([] if value == "lost" else [0, 1, 2])
    assert sound(m)


def test_b16_a_thread_that_is_subscribed_again_meanwhile_keeps_its_queue(machine):
    m = machine(options=("late_reports=delivered", "reports_taken=one"))
    stream, ran = m.stream(), list[object]()
    assert rt.subscribe_report(ident(m), stream) == 0
    for number in range(2):
        assert rt.launch_callback(ran.append, number, NO_BLOCK, stream) == 0
    assert rt.synchronize_stream(stream) == rt.unsubscribe_report(ident(m), stream) == 0
    assert rt.process_report(1) == 0
    assert rt.subscribe_report(ident(m), stream) == 0
    assert rt.launch_callback(ran.append, 2, NO_BLOCK, stream) == rt.synchronize_stream(stream) == 0
    assert [rt.process_report(1) for _ in range(3)] == [0, 0, 507012]
    assert ran == [0, 1, 2]
    assert sound(m)


@FAMILIES
@both("reports_taken")
def test_c4_one_call_runs_all_that_is_ready_or_one(machine, soc, value):
    m = machine(soc, options=(f"reports_taken={value}",))
    stream, ran = m.stream(), list[object]()
    assert rt.subscribe_report(ident(m), stream) == 0
    for number in range(3):
        assert rt.launch_callback(ran.append, number, NO_BLOCK, stream) == 0
    m.sleep(10 * MS)
    seen = []
    for _ in range(3):
        rt.process_report(1)
        seen.append(len(ran))
    assert seen == ([3, 3, 3] if value == "all" else [1, 2, 3])
    assert sound(m)


@FAMILIES
@both("nested_reports")
def test_c9_a_nested_process_report_sees_new_reports_only_or_the_rest_too(machine, soc, value):
    m = machine(soc, options=(f"nested_reports={value}",))
    stream, said = m.stream(), []
    assert rt.subscribe_report(ident(m), stream) == 0

    def outer(_data):
        said.append("outer begins")
        said.append(rt.process_report(1))
        said.append("outer ends")

    assert rt.launch_callback(outer, None, NO_BLOCK, stream) == 0
    assert rt.launch_callback(said.append, "inner", NO_BLOCK, stream) == 0
    m.sleep(10 * MS)
    assert rt.process_report(1) == 0
    new = ["outer begins", 507012, "outer ends", "inner"]
    rest = ["outer begins", "inner", 0, "outer ends"]
    assert said == (new if value == "new" else rest)
    assert sound(m)


@both("priorities")
def test_e5_priorities_matter_or_not(machine, value):
    m = machine(options=(f"priorities={value}",))
    run = m.model(MS)
    low, high = (rt.create_stream_with_config(priority, 0)[0] for priority in (7, 0))
    for _ in range(m.session.profile.engines.ai_cores):
        assert run(m.stream()) == 0
    assert run(low) == rt.synchronize_stream_with_timeout(NULL, 1) == run(high) == 0
    assert rt.synchronize_device() == 0
    order = [name for name in finish_order(m, "execute") if name in {label(m, low), label(m, high)}]
    assert order == [label(m, each) for each in ((high, low) if value == "served" else (low, high))]


@both("default_stream")
def test_e9_a_default_stream_can_be_destroyed_by_its_handle_or_not(machine, value):
    machine(options=(f"default_stream={value}",))
    default, _ = rt.ctx_get_current_default_stream()
    assert rt.destroy_stream(default) == (0 if value == "destroyable" else 107000)
    assert rt.synchronize_stream(NULL) == (507000 if value == "destroyable" else 0)


@both("cross_device_waits")
@pytest.mark.parametrize("make", [old_event, new_event])
def test_f8_a_wait_for_an_event_of_another_device_works_or_does_nothing(machine, make, value):
    m = machine(options=(f"cross_device_waits={value}",))
    event, source = make(), m.stream()
    let_go = hold(source)
    assert rt.record_event(event, source) == 0
    assert rt.set_device(1) == 0
    waiting = m.stream()
    assert rt.stream_wait_event(waiting, event) == 0
    assert rt.stream_query(waiting) == (int(value == "work"), 0)
    let_go()
    assert rt.synchronize_stream(waiting) == 0


@both("destroyed_context")
def test_g10_the_code_for_a_context_that_is_destroyed(machine, value):
    machine(options=(f"destroyed_context={value}",))
    context, _ = rt.create_context(0)
    assert [rt.destroy_context(context) for _ in range(2)] == [0, int(value)]
    assert rt.peek_at_last_error(0) == int(value)


@both("out_of_memory")
def test_h1_the_code_of_a_device_without_room(machine, value):
    machine(options=(f"out_of_memory={value}",))
    assert rt.malloc(1 << 50, 0) == (0, int(value))


@both("bad_free")
def test_h2_the_code_of_a_second_free(machine, value):
    m = machine(options=(f"bad_free={value}",))
    pointer = device_memory()
    assert [rt.free(pointer), rt.free(pointer), rt.free_host(12345)] == [0, int(value), int(value)]
    assert m.findings() == ["bad-free"] * 2
    assert rt.memcpy(pointer, 1, pointer + 1, 1, 3) == 107000  # which is another matter (rule h4)


@both("last_error")
def test_i6_get_last_error_forgets_or_not(machine, value):
    machine(options=(f"last_error={value}",))
    assert rt.set_device(99) == 107001
    assert [rt.get_last_error(0) for _ in range(2)] == [107001, 0 if value == "reset" else 107001]


@both("error_message")
def test_i7_reading_the_message_consumes_it_or_not(machine, value):
    machine(options=(f"error_message={value}",))
    assert rt.set_device(99) == 107001
    first, second = acl.get_recent_err_msg(), acl.get_recent_err_msg()
    assert "107001" in first
    assert second == (None if value == "consumed" else first)


# -- the ways to an option

SCENARIO = """\
schema_version: 1
title: one option
soc: Ascend310
{head}callbacks: {{post: {{}}}}
threads:
  main:
    - set_device: {{device: 0}}
    - create_stream: {{as: s}}
    - subscribe_report: {{thread: reporter, stream: s}}
    - launch_callback: {{fn: post, block: false, stream: s, returns: {code}}}
  reporter: [process_report: {{timeout: 10ms}}]
"""


def ran(tmp_path: Path, head: str, code: int, *arguments: str) -> Any:
    """Run the scenario through the command line; return its report, or what it says when it is refused."""
    file = tmp_path / "option.yaml"
    file.write_text(SCENARIO.format(head=head, code=code), "utf-8")
    result = CliRunner().invoke(main, ["run", str(file), *arguments, "--json"])
    return (result.exit_code, json.loads(result.stdout) if result.stdout else result.stderr)


@pytest.mark.parametrize(
    ("head", "arguments"),
    [
        ("options: {no_block: reject}\n", ()),
        ("no_block: reject\n", ()),
        ("", ("--option", "no_block=reject")),
        ("options: {no_block: allow}\n", ("--option", "no_block=reject")),
        ("no_block: allow\noptions: {no_block: reject}\n", ()),
    ],
)
def test_scenario_files_and_the_command_line_have_options_and_the_latter_win(tmp_path, head, arguments):
    assert ran(tmp_path, head, 207000, *arguments)[0] == 0


def test_numbers_may_be_written_as_such(tmp_path):
    assert ran(tmp_path, "options: {destroyed_context: 107017}\n", 0)[0] == 0


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("options: {no_bloc: reject}\n", "did you mean no_block?"),
        ("options: {no_block: maybe}\n", "write no_block=allow or no_block=reject"),
        ("options: [no_block]\n", "options are a mapping"),
    ],
)
def test_a_wrong_option_in_a_file_is_told_with_its_place(tmp_path, head, said):
    code, text = ran(tmp_path, head, 0)
    assert code == 2
    assert said in text
    assert "option.yaml:4" in text


def test_a_wrong_option_on_the_command_line_is_told(tmp_path):
    code, text = ran(tmp_path, "", 0, "--option", "handles=never")
    assert code == 2
    assert "write handles=fresh or handles=reused" in text


def test_what_runs_again_runs_with_the_same_options(tmp_path):
    _, report = ran(tmp_path, "", 207000, "--option", "no_block=reject", "--option", "handles=reused")
    assert "--option no_block=reject --option handles=reused" in report["scenarios"][0]["replay"]


def test_tokens_carry_options():
    settings = RunSettings(unknowns=("no_block=reject",))
    token = Token("scenario", "a.yaml", settings=settings.of_token())
    assert settings_of(decode(str(token))) == settings


@pytest.mark.parametrize("given", [("no_block=reject",), RuntimeOptions(no_block="reject")])
def test_python_takes_texts_or_the_options_themselves(given):
    with Session(soc="Ascend310", options=given) as session:
        assert session.runtime.options.chosen == ("no_block=reject",)


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["no_block=maybe"], "write no_block=allow or no_block=reject"),
        (["no_block"], "write no_block=allow or no_block=reject"),
        (["nothing=1"], "no option is called 'nothing'"),
    ],
)
def test_a_value_that_there_is_not_is_refused(texts, said):
    with pytest.raises(UserError, match=said):
        RuntimeOptions.of(texts)
    with pytest.raises(UserError, match="cannot be 'maybe'"):
        RuntimeOptions(no_block="maybe")


def test_the_environment_configures_the_default_session(monkeypatch):
    monkeypatch.setattr(current, "calls", current.calls)  # put back at the end, with the session
    monkeypatch.setattr(current, "session", current.session)
    monkeypatch.setenv("ACLSIM_OPTIONS", "bad_free=507899")
    acl.use_backend("simulator")
    assert rt.set_device(0) == 0
    assert rt.free(12345) == 507899


def test_so_does_it_with_faults(monkeypatch):
    monkeypatch.setattr(current, "calls", current.calls)
    monkeypatch.setattr(current, "session", current.session)
    monkeypatch.setenv("ACLSIM_FAULTS", "call:malloc#2=207001; call:create_stream#1=207008")
    acl.use_backend("simulator")
    assert rt.set_device(0) == 0
    assert [rt.malloc(64, 0)[1] for _ in range(3)] == [0, 207001, 0]
    assert rt.create_stream()[1] == 207008


def test_every_option_has_a_test_of_each_value():
    text = Path(__file__).read_text("utf-8")
    for name, unknown in UNKNOWNS.items():
        assert f'both("{name}")' in text or f"{name}={list(unknown.values)[1]}" in text
