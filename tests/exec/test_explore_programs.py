"""Programs as something to explore: many runs of one program, each in a process of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simulator.app.execution.options import ExecOptions
from simulator.app.execution.target import Target
from simulator.app.exploring.programs import ProgramSubject
from simulator.base.errors import UserError
from simulator.engine.choice import First, Recorder, Replay, Seeded
from simulator.engine.timing import timing_of
from simulator.explore import Bounds, Verdict, explore
from simulator.explore.deviations import Deviating, deviations_of
from simulator.explore.report import examine
from tests.exec.launch import execute, program, report

# The callback does not hold its stream: the sync says nothing about it, and only a friendly order runs it before.
HIDDEN = """\
import threading
import acl
from answers import answers

def serve():
    while not done:
        acl.rt.process_report(100)

done = []
acl.init()
acl.rt.set_device(0)
stream, _ = acl.rt.create_stream()
reporter = threading.Thread(target=serve, name="reporter")
reporter.start()
acl.rt.subscribe_report(reporter.ident, stream)
acl.rt.launch_callback(answers.append, 42, 0, stream)
acl.rt.synchronize_stream(stream)
print("answers:", answers)
if answers != [42]:
    raise LookupError("no answer yet")
acl.rt.unsubscribe_report(reporter.ident, stream)
done.append(True)
reporter.join()
"""
# What it should be: the callback holds its stream.
MENDED = HIDDEN.replace("42, 0, stream", "42, 1, stream")
# A module of the program's own, which every run must find as it is written.
ANSWERS = "answers = []\n"
BEGIN = "import acl, ctypes, os, sys, threading\nacl.init()\nacl.rt.set_device(0)\n"

Make = Callable[..., ProgramSubject]


def options(timing: str = "untimed", *, strict: bool = False) -> ExecOptions:
    return ExecOptions(timing=timing_of(timing), strict=strict)


@pytest.fixture
def subject(tmp_path: Path) -> Iterator[Make]:
    made: list[ProgramSubject] = []

    def make(
        text: str,
        name: str = "prog.py",
        *,
        patience: float = 30.0,
        timing: str = "untimed",
        strict: bool = False,
    ) -> ProgramSubject:
        (tmp_path / "answers.py").write_text(ANSWERS, "utf-8")
        target = Target("script", str(tmp_path / program(tmp_path, text, name)), ())
        made.append(ProgramSubject(target, options(timing, strict=strict), patience=patience))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_every_run_is_a_fresh_one_and_equal_choices_make_equal_runs_in_any_process(subject: Make):
    one, other = subject(HIDDEN), subject(HIDDEN)
    friendly = one.run(First())
    assert friendly.failure is None
    assert friendly.inconclusive is None
    assert one.run(First()) == friendly
    for seed in range(3):
        seen = one.run(Seeded(seed), detail=True)
        again = other.run(Replay([choice.value for choice in seen.choices]), detail=True)
        assert (again.choices, again.fingerprint, again.end_state) == (
            seen.choices,
            seen.fingerprint,
            seen.end_state,
        )
        assert again.trace is not None
        assert seen.trace is not None
        assert again.trace.records == seen.trace.records


def test_an_order_bug_is_found_and_comes_down_to_one_deviation(
    subject: Make, capfd: pytest.CaptureFixture[str]
):
    found = explore(subject(HIDDEN), bounds=Bounds(schedules=200), jobs=1)
    assert found.verdict is Verdict.COUNTEREXAMPLE
    assert found.seen is not None
    told = examine(subject(HIDDEN), found.seen, critical=False)
    assert told.distance == "1 deviation from the friendly order"
    assert told.difference is None
    assert told.failure.signature == ("LookupError", "prog.py:20 in <module>")
    assert told.failure.sentences[:2] == (
        "LookupError: no answer yet at prog.py:20 in <module>",
        "printed: answers: []",
    )
    assert capfd.readouterr() == ("", "")


def test_the_mended_program_holds(subject: Make):
    proof = explore(subject(MENDED), strategy="bounded", bounds=Bounds(deviations=1), jobs=1)
    assert proof.verdict is Verdict.HOLDS, proof.proof


@pytest.mark.slow
def test_a_program_runs_in_the_same_order_as_under_exec(subject: Make, tmp_path: Path):
    seen = subject(MENDED, timing="nominal").run(Seeded(4), detail=True)
    assert seen.deviations > 0
    assert seen.trace is not None
    chosen = ", ".join(str(choice.value) for choice in seen.choices)
    (tmp_path / "choices.json").write_text(f"[{chosen}]", "utf-8")
    execute(tmp_path, "--replay", "choices.json", "--json", "report.json", "prog.py")
    assert report(tmp_path)["trace_hash"] == seen.trace.digest()


@pytest.mark.parametrize(
    ("line", "signature"),
    [
        ("raise ValueError('boom')", ("ValueError", "prog.py:4 in <module>")),
        pytest.param("sys.exit(5)", ("exit code 5", "prog.py:4 in <module>"), marks=pytest.mark.slow),
        pytest.param("sys.exit('bye')", ("exit code 1", "prog.py:4 in <module>"), marks=pytest.mark.slow),
        pytest.param("os._exit(6)", ("ended itself with exit code 6",), marks=pytest.mark.slow),
        ("ctypes.string_at(8)", ("crashed (SIGSEGV)",)),
        pytest.param(
            "worker = threading.Thread(target=lambda: 1 / 0, name='worker'); worker.start(); worker.join()",
            ("ZeroDivisionError in worker",),
            marks=pytest.mark.slow,
        ),
        (
            "lock = threading.Lock(); lock.acquire(); lock.acquire()",
            ("deadlock", "Lock.acquire at prog.py:4 in <module>"),
        ),
        pytest.param("nosuch", ("NameError", "prog.py:4 in <module>"), marks=pytest.mark.slow),
        pytest.param("def f(:", ("SyntaxError",), marks=pytest.mark.slow),
    ],
)
def test_a_failure_is_known_again_by_its_kind_and_place(subject: Make, line: str, signature: tuple[str, ...]):
    seen = subject(f"{BEGIN}{line}\n").run(First())
    assert seen.failure is not None
    assert seen.failure.signature == signature
    assert seen.inconclusive is None


def test_a_crash_names_its_line_and_what_had_been_decided(subject: Make):
    hidden = subject(HIDDEN).run(Seeded(0))
    crashing = subject(
        HIDDEN.replace("raise LookupError(", "import ctypes; ctypes.string_at(8) or ("), "crash.py"
    )
    crashed = crashing.run(Replay([choice.value for choice in hidden.choices]))
    assert hidden.failure is not None
    assert crashed.failure is not None
    assert crashed.failure.signature == ("crashed (SIGSEGV)",)
    assert any('crash.py", line 20 in <module>' in sentence for sentence in crashed.failure.sentences)
    assert crashed.choices == hidden.choices
    assert crashing.run(Deviating(deviations_of(crashed.choices))).failure is not None


@pytest.mark.parametrize(
    ("line", "doubt"),
    [
        ("os.read(os.pipe()[0], 1)", "the program was ended after 0.5 s of real time"),
        ("os._exit(0)", "the program called os._exit: what it had done till then was not judged"),
    ],
)
def test_a_run_that_nobody_can_judge_is_inconclusive(subject: Make, line: str, doubt: str):
    asked = subject(f"{BEGIN}{line}\n", patience=0.5)
    assert asked.run(First()).inconclusive == doubt
    assert asked.run(First()).failure is None


@pytest.mark.slow
def test_processes_that_a_program_forks_are_none_of_ours(subject: Make):
    forking = (
        "process = os.fork()\n"
        "if not process:\n    raise SystemExit(3)\n"
        "assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 3\n"
    )
    seen = subject(BEGIN + forking).run(First())
    assert seen.failure is None, seen.failure


@pytest.mark.slow
def test_what_is_lost_fails_a_run_only_if_strict(subject: Make):
    losing = BEGIN + (
        "stream, _ = acl.rt.create_stream()\nacl.rt.memset_async(acl.rt.malloc(8, 2)[0], 8, 0, 8, stream)\n"
    )
    assert subject(losing).run(First()).failure is None
    seen = subject(losing, strict=True).run(First())
    assert seen.failure is not None


@pytest.mark.slow
def test_a_run_that_the_explorer_gives_up_leaves_the_next_one_alone(subject: Make):
    asked = subject(MENDED)
    friendly = asked.run(First())
    with pytest.raises(Exception, match="pickle"):
        asked.run(Recorder(_Unpicklable()))
    assert asked.run(First()) == friendly


def test_a_forked_explorer_has_processes_of_its_own(subject: Make):
    asked = subject(MENDED)
    friendly = asked.run(First())
    process = os.fork()
    if not process:
        os._exit(0 if asked.run(First()) == friendly else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
    assert asked.run(First()) == friendly


def test_a_package_finds_its_arguments_and_its_modules_as_they_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "counting").mkdir()
    (tmp_path / "counting" / "__init__.py").write_text("runs = 0\n", "utf-8")
    (tmp_path / "counting" / "__main__.py").write_text(
        "import sys, counting\ncounting.runs += 1\nsys.exit(f'{counting.runs} {sys.argv[1:]}')\n", "utf-8"
    )
    monkeypatch.chdir(tmp_path)
    asked = ProgramSubject(Target("module", "counting", ("--fast",)), options())
    for _ in range(2):
        seen = asked.run(First())
        assert seen.failure is not None
        assert "1 ['--fast']" in seen.failure.sentences
    asked.close()


def test_what_cannot_be_run_is_refused_in_a_sentence(tmp_path: Path):
    missing = ProgramSubject(Target("module", "no_such_module", ()), options())
    with pytest.raises(UserError, match="there is no module of that name"):
        missing.run(First())
    missing.close()
    target = Target("script", str(tmp_path / program(tmp_path, BEGIN)), ())
    with pytest.raises(UserError, match="Ascend1"):
        ProgramSubject(target, ExecOptions(soc="Ascend1")).run(First())


class _Unpicklable(First):
    def __reduce__(self) -> str:
        msg = "cannot pickle this chooser"
        raise TypeError(msg)
