"""The interpreter: steps through the public API, codes at their step, names in traces, how runs end."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

import simulator.scenario
from simulator.base.trace import CallbackStarted, Called
from simulator.engine.hosts.ends import RunKind
from simulator.engine.hosts.stall import StallLimits
from simulator.scenario.interpret import run_scenario
from simulator.scenario.load import load_scenario, parse_scenario
from simulator.scenario.result import Status, Verdict

EXAMPLES = sorted((Path(simulator.scenario.__file__).parent / "examples").glob("*.yaml"))
OPEN = "    - init\n    - set_device: {device: 0}\n    - create_stream: {as: s}\n"
REPORTER = "  reporter:\n    - until: done\n      steps: [{process_report: {timeout: 100ms}}]\n"


def load(main, rest="", head=""):
    return parse_scenario(f"schema_version: 1\ntitle: t\n{head}threads:\n  main:\n{OPEN}{main}{rest}")


def run(main, rest="", head="", **settings):
    return run_scenario(load(main, rest, head), **settings)


def failures(result):
    return [sentence for failure in result.failures for sentence in failure.sentences]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_pass(path):
    result = run_scenario(load_scenario(path))
    assert (result.verdict, failures(result)) == (Verdict.PASSED, [])


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
@pytest.mark.parametrize("soc", ["Ascend310", "Ascend910", "Ascend910B", "Ascend950"])
def test_the_examples_pass_on_every_family_under_other_orders(path, soc):
    loaded = load_scenario(path)
    for seed in range(5):
        result = run_scenario(loaded, soc=soc, seed=seed)
        assert (result.verdict, failures(result)) == (Verdict.PASSED, [])


def test_equal_seeds_give_equal_traces_and_their_choices_are_recorded():
    loaded = load_scenario(EXAMPLES[0])
    one, other = run_scenario(loaded, seed=7), run_scenario(loaded, seed=7)
    assert one.trace_hash == other.trace_hash
    assert one.choices == other.choices
    assert one.choices


def test_an_unexpected_code_fails_the_run_at_its_step():
    result = run("    - launch_callback: {fn: f, block: true, stream: s}\n", head="callbacks: {f: {}}\n")
    (failure,) = result.failures
    assert str(failure.position) == "scenario.yaml:9:7"
    assert failure.sentences[0].startswith("the step returned 107015 (ACL_ERROR_RT_STREAM_NO_CB_REG: ")
    assert failure.sentences[0].endswith(", expected 0")
    assert result.verdict is Verdict.FAILED


@pytest.mark.parametrize("returns", ["107015", "ACL_ERROR_RT_STREAM_NO_CB_REG", "[0, 107015]"])
def test_an_expected_code_passes(returns):
    step = f"    - launch_callback: {{fn: f, block: true, stream: s, returns: {returns}}}\n"
    assert run(step, head="callbacks: {f: {}}\n").passed


def test_a_step_that_succeeds_although_a_code_was_expected_fails():
    (sentence,) = failures(run("    - synchronize_stream: {stream: s, returns: 107017}\n"))
    assert sentence.startswith("the step returned 0, expected 107017 (ACL_ERROR_RT_INVALID_HANDLE: ")


@pytest.mark.parametrize(
    ("step", "code"),
    [
        ("launch_callback: {fn: f, block: 7, stream: s", 100000),
        ("launch_callback: {fn: f, block: true, stream: 0xdead0000", 107017),
        ("launch_callback: {fn: null, block: true, stream: s", 107000),
        ("process_report: {timeout: 0", 100000),
        ("destroy_stream: {stream: 0", 100000),
    ],
)
def test_wrong_values_reach_the_api_as_they_are_written(step, code):
    assert run(f"    - {step}, returns: {code}}}\n", head="callbacks: {f: {}}\n").passed


def test_an_exception_of_the_binding_can_be_expected():
    step = "    - launch_callback: {fn: null, block: true, stream: s, raises: TypeError}\n"
    assert run(step).passed


def test_an_exception_that_was_not_expected_ends_the_thread():
    (sentence,) = failures(run("    - process_report: {timeout: 99999999999}\n    - set_flag: x\n"))
    assert sentence.startswith("the call raised TypeError: ")


def test_idle_polls_and_a_second_init_are_tolerated():
    assert run("    - init\n    - process_report: {timeout: 1ms}\n").passed


def test_equal_failures_in_a_loop_are_counted():
    result = run("    - repeat: 1000\n      steps: [{unload: {model: 5}}]\n")
    (failure,) = result.failures
    assert failure.sentences[0].endswith("expected 0 (1000 times)")


def test_outputs_are_compared_with_what_the_file_gives():
    assert run("    - stream_query: {stream: s, gives: {status: 0}}\n").passed
    assert failures(run("    - stream_query: {stream: s, gives: {status: 1}}\n")) == [
        "status is 0, expected 1"
    ]


def test_a_name_whose_step_failed_stands_for_nothing():
    main = "    - create_context: {device: 77, as: c, returns: 107001}\n    - set_context: {context: c}\n"
    (sentence,) = failures(run(main))
    assert sentence == "'c' stands for nothing here: the step that makes it failed or has not run yet"


def test_objects_and_callbacks_carry_their_names_in_the_trace():
    main = (
        "    - start_thread: reporter\n    - subscribe_report: {thread: reporter, stream: s}\n"
        "    - launch_callback: {fn: after, block: true, stream: s, data: [1, two]}\n"
        "    - synchronize_stream: {stream: s}\n    - set_flag: done\n"
    )
    result = run(main, REPORTER, "callbacks: {after: {takes: 1ms}}\n")
    assert result.passed
    (started,) = result.trace.of(CallbackStarted)
    assert (started.name, started.thread, started.stream) == ("after", "reporter", "s")


def test_every_call_knows_its_step():
    result = run("    - repeat: 2\n      steps: [{stream_query: {stream: s}}]\n")
    sites = [record.site for record in result.trace.of(Called) if record.op == "stream_query"]
    assert sites == ["main step 4.1 (scenario.yaml:9)"] * 2


def test_a_callback_runs_its_own_steps_after_its_time():
    main = (
        "    - start_thread: reporter\n    - subscribe_report: {thread: reporter, stream: s}\n"
        "    - launch_callback: {fn: f, block: false, stream: s}\n"
        "    - wait_flag: ran\n    - set_flag: done\n"
    )
    result = run(main, REPORTER, "costs: null\ncallbacks: {f: {takes: 5ms, steps: [{set_flag: ran}]}}\n")
    assert result.passed
    assert result.simulated_ns >= 5_000_000


def test_a_callback_that_raises_leaves_its_report_thread_alive():
    main = (
        "    - start_thread: reporter\n    - subscribe_report: {thread: reporter, stream: s}\n"
        "    - repeat: 2\n      steps: [{launch_callback: {fn: f, block: true, stream: s}}]\n"
        "    - synchronize_stream: {stream: s}\n    - set_flag: done\n"
    )
    rest = REPORTER + "expect:\n  - callbacks: {fn: f, count: 2}\n  - no: [raised]\n"
    result = run(main, rest, "callbacks: {f: {raises: out of paper}}\n")
    assert failures(result) == ["callback f raised CallbackRaised: out of paper"]


def test_a_named_model_is_loaded_with_its_data_sets_on_the_device_that_needs_it():
    head = "models: {net: {latency: 3ms, inputs: [{shape: [4], dtype: int8}]}}\n"
    main = (
        "    - execute_async: {model: net, stream: s}\n    - execute_async: {model: net, stream: s}\n"
        "    - synchronize_stream: {stream: s}\n    - set_device: {device: 1}\n    - execute: {model: net}\n"
    )
    result = run(main, head=head)
    assert result.passed
    loads = [record for record in result.trace.of(Called) if record.op == "load_from_file"]
    assert len(loads) == 2
    assert result.simulated_ns >= 9_000_000


def test_a_model_without_a_device_says_what_is_missing():
    head = "schema_version: 1\ntitle: t\nmodels: {net: {latency: 3ms}}\n"
    loaded = parse_scenario(f"{head}threads: {{main: [{{execute: {{model: net}}}}]}}")
    sentences = failures(run_scenario(loaded))
    assert sentences[0].startswith("no device is set on this thread: 107002 (")
    assert sentences[1] == "add a set_device step before this one"


def test_a_model_can_fail_on_one_run():
    head = "models: {net: {latency: 1ms, fails_with: ACL_ERROR_RT_AICORE_EXCEPTION, fails_on: 2}}\n"
    main = (
        "    - execute_async: {model: net, stream: s}\n    - synchronize_stream: {stream: s}\n"
        "    - execute_async: {model: net, stream: s}\n"
        "    - synchronize_stream: {stream: s, returns: 507015}\n"
    )
    assert run(main, head=head).passed


def test_bytes_travel_through_the_device():
    main = (
        "    - malloc: {size: 64, as: there}\n    - malloc_host: {size: 64B, as: pinned}\n"
        "    - fill: {buffer: pinned, value: 0x11}\n"
        "    - memcpy_async: {dst: there, src: pinned, count: 64, kind: host_to_device, stream: s}\n"
        "    - memset_async: {ptr: there, value: 3, count: 16, stream: s}\n"
        "    - synchronize_stream: {stream: s}\n"
        "    - memcpy: {dst: own, src: there, count: 64, kind: device_to_host}\n"
        "    - expect_bytes: {buffer: own, value: 3, size: 16}\n"
        "    - expect_bytes: {buffer: own, value: 0x11, offset: 16}\n"
        "    - expect_bytes: {buffer: own, value: 0x12, offset: 60}\n"
    )
    assert failures(run(main, head="buffers: {own: {size: 64}}\n")) == [
        "byte 60 of 'own' is 0x11, expected 0x12; 4 of 4 bytes differ"
    ]


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("fill: {buffer: there, value: 1}", "'there' is no host memory here"),
        ("fill: {buffer: gone, value: 1}", "'gone' is no host memory here"),
        ("fill: {buffer: own, value: 1, offset: 60, size: 5}", "bytes 60 to 65 lie outside 'own' (64 bytes)"),
        ("expect_bytes: {buffer: own, value: 1, offset: -1, size: 5}", "bytes -1 to 4 lie outside 'own'"),
    ],
)
def test_memory_that_is_not_the_programs_is_never_touched(step, message):
    main = (
        "    - malloc: {size: 64, as: there}\n    - malloc_host: {size: 64, as: gone}\n"
        f"    - free_host: {{ptr: gone}}\n    - {step}\n"
    )
    assert failures(run(main, head="buffers: {own: {size: 64}}\n"))[0].startswith(message)


def test_a_deadlock_that_nobody_expected_is_the_verdict_and_is_explained():
    result = run("    - wait_flag: never\n")
    assert (result.end, result.verdict) == (RunKind.DEADLOCK, Verdict.DEADLOCK)
    assert any(
        "flag never" in sentence and "main step 4 (scenario.yaml:8)" in sentence for sentence in result.chain
    )


def test_a_deadlock_that_was_expected_passes_when_it_is_explained():
    rest = "expect:\n  - ends: deadlock\n    explains: ['main waits .* flag never']\n"
    assert run("    - wait_flag: never\n", rest).passed
    rest = "expect:\n  - ends: deadlock\n    explains: [the moon]\n"
    result = run("    - wait_flag: never\n", rest)
    assert failures(result)[0] == "the explanation does not say 'the moon'"
    assert result.verdict is Verdict.FAILED


def test_an_expected_deadlock_that_does_not_come_fails():
    result = run("", "expect:\n  - ends: deadlock\n")
    assert result.verdict is Verdict.FAILED


def test_a_stall_is_its_own_verdict_within_the_given_bounds():
    main = "    - start_thread: other\n    - join_thread: other\n"
    rest = "  other:\n    - until: never\n      steps: [{sleep: 1s}]\n"
    result = run(main, rest, stall=StallLimits(after=10**9, polls=2000))
    assert (result.end, result.verdict) == (RunKind.STALLED, Verdict.STALLED)


def test_a_run_in_which_all_poll_is_inconclusive_at_its_budget():
    main = "    - until: never\n      steps: [{sleep: 100ms}]\n"
    result = run(main, head="budget: 10s\n")
    assert (result.end, result.verdict) == (RunKind.INCONCLUSIVE, Verdict.INCONCLUSIVE)


def test_a_loop_of_calls_that_return_at_once_gives_way():
    loop = "    - until: go\n      steps: [{get_device: {as: d}}]\n"
    main = f"    - start_thread: other\n{loop}    - join_thread: other\n"
    assert run(main, "  other: [{sleep: 1ms}, {set_flag: go}]\n").passed


def test_a_flag_that_is_not_set_in_time_fails_its_step():
    main = "    - wait_flag: go\n      timeout: 1ms\n    - set_flag: go\n"
    assert failures(run(main)) == ["the flag 'go' was not set in time"]


def test_a_cleared_flag_is_waited_for_again():
    main = "    - set_flag: go\n    - clear_flag: go\n    - wait_flag: go\n      timeout: 1ms\n"
    assert failures(run(main)) == ["the flag 'go' was not set in time"]


def test_a_thread_can_be_started_once():
    main = "    - start_thread: other\n    - start_thread: other\n"
    assert failures(run(main, "  other: [init]\n")) == ["thread 'other' was started before"]


def test_autostart_threads_and_daemons_need_no_care():
    rest = "  other:\n    daemon: true\n    autostart: true\n    steps: [{wait_flag: never}]\n"
    assert run("    - sleep: 1ms\n", f"{rest}expect:\n  - state: {{thread: other, is: blocked}}\n").passed


def test_a_reserved_block_type_can_be_rejected():
    subscribe = "    - subscribe_report: {thread: main, stream: s}\n"
    main = f"{subscribe}    - launch_callback: {{fn: f, block: false, stream: s"
    head = "soc: Ascend310\ncallbacks: {f: {}}\n"
    noted = run(f"{main}}}\n", "expect:\n  - findings: [no-block-reserved]\n", head)
    assert noted.passed
    assert run(f"{main}, returns: 207000}}\n", head=f"no_block: reject\n{head}").passed


def test_arguments_beat_the_file():
    result = run("", head="soc: Ascend310\ndevices: 2\nseed: 1\n", soc="Ascend910", devices=3, seed=2)
    assert (result.soc, result.devices, result.seed) == ("Ascend910", 3, 2)


def test_without_a_trace_only_steps_end_and_time_are_judged():
    result = run("", "expect:\n  - finishes_within: 1s\n  - order: [init, set_device]\n", trace=False)
    assert [judged.status for judged in result.expectations] == [Status.HELD, Status.UNCHECKED]
    assert (result.trace_hash, result.passed) == (None, True)


def test_a_long_loop_costs_no_memory():
    tracemalloc.start()
    try:
        result = run("    - repeat: 20000\n      steps: [{note: nothing}, {set_flag: x}]\n", trace=False)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert result.passed
    assert peak < 4 << 20
