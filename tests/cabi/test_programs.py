"""C and C++ programs of several kinds: compiled with every warning, run outside of any environment."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cabi.building import PROGRAMS, built_once, compiled, run

# Programs that end by themselves: what they print, line by line.
PRINTS = {
    "allocator.c": ["as registered"],
    "around_a_long_task.cpp": ["before", "behind", "an hour later"],
    "async_copies.c": ["pinned: same", "pageable: same", "synchronous: same"],
    "errors.c": [
        "remembered: 107001",
        "and forgotten: 107001 0",
        "in words: stream is NULL",
        "told once: yes",
        "priorities: 7 to 0",
        "active: 1",
    ],
    "events.cpp": ["9 9", "recorded: complete", "empty: complete"],
    "failure_modes.cpp": [
        "goes on: sync gave 507015, a launch behind it 0, told 1 times",
        "stops: sync gave 507015, a launch behind it 507015, told 2 times",
        "code 507015",
    ],
    "forks.c": ["forked before: as expected", "forked behind: as expected", "the parent goes on"],
    "host_functions.c": [
        "3 host functions: 3 1 2",
        "the runtime's own thread",
        "the copy came behind",
    ],
    "late_thread.cpp": ["called", "in time"],
    "many_threads.cpp": ["round 0: 312 callbacks", "round 1: 624 callbacks", "round 2: 936 callbacks"],
    "model_execution.cpp": [
        "1 input, 1 output",
        "image: 1 3 4",
        "image doubled, type 0, format 2",
        "index 0",
        "executed: 12 results, first 4.0",
        "executed on a stream",
    ],
    "not_modelled.c": ["none untouched"],
    "notifies.cpp": ["ids: different", "recorded and waited for", "given up after a time"],
    "plain.c": ["0", "Ascend910B3, 8 devices"],
    "report_loop.cpp": ["100 callbacks in order on the report thread", "done"],
    "small_things.c": [
        "locale: C",
        "signals: untouched",
        "a small stack is enough",
        "cancelled: when it was out",
    ],
    "states.cpp": ["devices: heard of", "streams: s+s-"],
    "value_wait.cpp": ["waits: yes", "went on: 3, flag 7"],
}
# What goes wrong in them.
FAULTS = {"failure_modes.cpp": "task/stream-0.1#1; task/stream-0.2#1"}
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=undefined")

Program = Callable[..., Path]


@pytest.mark.parametrize("name", PRINTS)
def test_a_program_runs_to_its_end(name: str, program: Program, model: str):
    outcome = run(program(name), model, ACLSIM_STALL="abort", ACLSIM_FAULTS=FAULTS.get(name, ""))

    assert (outcome.code, outcome.out.splitlines()) == (0, PRINTS[name]), outcome.err
    assert "internal error" not in outcome.err


@pytest.mark.slow
@pytest.mark.parametrize("name", [*PRINTS, "exits_with_work_pending.cpp"])
def test_the_c_side_is_clean_under_sanitizers(name: str, shared_folder: Path, tmp_path: Path, model: str):
    library = built_once(shared_folder / "cabi-sanitized", SANITIZERS)
    binary = compiled(PROGRAMS / name, library, tmp_path / "sanitized", SANITIZERS)

    # The interpreter is not taken down at the end: what it holds is no leak of the program's.
    faults = FAULTS.get(name, "")
    outcome = run(binary, model, ACLSIM_STALL="abort", ACLSIM_FAULTS=faults, ASAN_OPTIONS="detect_leaks=0")

    assert outcome.out.splitlines() == PRINTS.get(name, ["leaving"]), outcome.err
    assert "Sanitizer" not in outcome.err
    assert "runtime error" not in outcome.err


def test_a_program_may_end_with_work_pending(program: Program, tmp_path: Path):
    trace = tmp_path / "run.trace"

    outcome = run(program("exits_with_work_pending.cpp"), ACLSIM_TRACE=str(trace))

    assert (outcome.code, outcome.out, outcome.err) == (5, "leaving\n", "")
    lines = trace.read_text("utf-8").splitlines()
    assert any("launch_callback" in line for line in lines)
    assert any("the program ended while it was pending" in line for line in lines)


@pytest.mark.parametrize("name", ["nobody_polls.c", "polls_in_vain.cpp"])
def test_a_hang_is_explained_and_can_end_the_process(name: str, program: Program):
    outcome = run(program(name), ACLSIM_STALL="abort", ACLSIM_STALL_AFTER="0.2")

    assert (outcome.code, outcome.out) == (3, "launched\n")
    # Whichever is reached first: a time without progress, or a bound of polls in vain.
    assert re.search(r"stalled: no progress (for 0.2 s of real time|in 200000 polls)", outcome.err), (
        outcome.err
    )
    assert "main waits in aclrtSynchronizeStream on stream" in outcome.err
    assert "must run on main, inside its aclrtProcessReport" in outcome.err


def test_an_exception_through_a_callback_ends_the_process_with_a_line(program: Program):
    outcome = run(program("throws.cpp"))

    assert outcome.code == -6  # SIGABRT
    assert "a function of type aclrtCallback was left by a C++ exception" in outcome.err
    assert "caught" not in outcome.out


OPERATORS = """
from acl_api import register_operator

def scaled(inputs, outputs, attrs):
    assert attrs["words"] == ["one", "two"], attrs
    assert attrs["lists"] == [[1, 2, 3], [4]], attrs
    outputs[0][...] = inputs[0] * attrs["factor"]

register_operator("Scaled", scaled)
"""


def test_operators_are_python_functions_of_a_file_that_is_named(program: Program, tmp_path: Path):
    file = tmp_path / "my_operators.py"
    file.write_text(OPERATORS)

    outcome = run(program("operators.cpp"), ACLSIM_OPERATORS=str(file))

    assert outcome.out.splitlines() == [
        "attributes: 0 0 0",
        "scaled: 3 6 9 12",
        "unknown: 100024",
        "an open dimension: 100000",
    ], outcome.err
    assert outcome.code == 0


def test_what_the_user_has_to_mend_is_no_bug_of_ours(program: Program, tmp_path: Path):
    outcome = run(program("operators.cpp"), ACLSIM_OPERATORS=str(tmp_path / "nowhere.py"))

    assert f"aclsim: ACLSIM_OPERATORS is '{tmp_path / 'nowhere.py'}': " in outcome.err
    assert "gave 500000" in outcome.err
    assert "bug" not in outcome.err


def test_what_is_not_modelled_says_so_once(program: Program):
    outcome = run(program("not_modelled.c"))

    assert outcome.err.splitlines() == [
        "aclsim: aclmdlRICaptureEnd is not modelled: it does nothing and returns 200001 (ACL_ERROR_API_NOT_SUPPORT)",
        "aclsim: aclCreateGraphDumpOpt is not modelled: it does nothing and returns NULL",
        "aclsim: aclopLoad is not modelled: it does nothing and returns 200001 (ACL_ERROR_API_NOT_SUPPORT)",
    ]


def test_a_failing_call_is_told_with_its_place_in_c_words(program: Program):
    outcome = run(program("errors.c"))

    assert "aclrtSetDevice returned 107001 (ACL_ERROR_RT_INVALID_DEVICEID) at main+0x" in outcome.err
    assert "acl.rt." not in outcome.err


def test_a_call_behind_a_fork_is_told_once(program: Program):
    outcome = run(program("forks.c"))

    assert outcome.err.count("this process was forked after aclInit") == 1


@pytest.mark.parametrize("seed", ["1", "2"])
def test_a_seed_decides_what_is_left_open(seed: str, program: Program):
    outcome = run(program("report_loop.cpp"), ACLSIM_SEED=seed, ACLSIM_STALL="abort")

    assert (outcome.code, outcome.out.splitlines()) == (0, PRINTS["report_loop.cpp"]), outcome.err


def test_the_machine_is_chosen_by_variables(program: Program):
    binary = program("plain.c")

    asked = run(binary, ACLSIM_SOC="Ascend310P", ACLSIM_DEVICES="4", ASCEND_RT_VISIBLE_DEVICES="1,3")
    wrong = run(binary, ACLSIM_DEVICES="many")

    assert asked.out == "0\nAscend310P3, 2 devices\n"
    assert (wrong.code, wrong.out) == (1, "500000\n")
    assert (
        wrong.err
        == "aclsim: libascendcl.so: ACLSIM_DEVICES is 'many': it must be a whole number from 1 to 64\n"
    )
