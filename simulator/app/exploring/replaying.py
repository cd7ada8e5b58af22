"""Running a token again, for the command `aclsim replay` and for tests."""

from __future__ import annotations

import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.app.exits import ExitCode
from simulator.app.exploring.subjects import changes, scenario_of
from simulator.engine.choice import Recorder
from simulator.explore.deviations import Deviating
from simulator.explore.subject import Failure
from simulator.explore.tokens import Token, read_token

if TYPE_CHECKING:
    from simulator.app.runner import Finished


@dataclass(frozen=True, slots=True, repr=False)
class ReplayedScenario:
    """A scenario that was run as a token says; `failure` is what exploring would have called wrong."""

    finished: Finished
    failure: Failure | None

    def __repr__(self) -> str:
        return f"<replayed {self.finished.result!r}>"

    @property
    def exit_code(self) -> ExitCode:
        """As `aclsim run` has it, and not 0 for what exploring calls a failure."""
        return self.finished.exit_code


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of a token: whether it passed, the exit code of `aclsim replay`, and what was wrong."""

    passed: bool
    exit_code: int
    text: str


def replay(token: str, file: str | Path | None = None) -> Replayed:
    """Run what *token* names, or *file* in its place, in the order of the token.

    A program runs in a process of its own. Raises `UserError` for a token or file that is none.
    """
    parsed = read_token(token)
    if parsed.kind != "scenario":
        return _in_a_process(token, file)
    done = replay_scenario(parsed, None if file is None else str(file))
    said = [] if done.failure is None else [str(done.failure)]
    return Replayed(done.exit_code == 0, int(done.exit_code), "\n".join([*said, *done.finished.notes]))


def replay_scenario(token: Token, file: str | None) -> ReplayedScenario:
    """Run the scenario of *token* in its order; the notes say where it left the recorded path, if it did."""
    from simulator.app.exploring.scenarios import content_hash
    from simulator.app.runner import Finished

    subject = scenario_of(token, file)
    chooser = Deviating(token.deviations)
    result = subject.result(Recorder(chooser))
    notes = changes(token, subject.name, content_hash(subject.loaded)) + left_path(chooser)
    # Another file, or another version, need not give the same trace.
    notes += [] if notes else same_trace(token, result.trace_hash)
    failure = subject.failure(result)
    strict = subject.settings.strict or (failure is not None and failure.kind == "finding")
    finished = Finished(subject.loaded, result, command_of(token, file), tuple(notes), strict=strict)
    return ReplayedScenario(finished, failure)


def command_of(token: Token, file: str | None) -> str:
    """Return the command that replays *token*, with *file* in place of the one it names."""
    return shlex.join(["aclsim", "replay", str(token), *([] if file is None else [file])])


def left_path(chooser: Deviating) -> list[str]:
    """Return where a replay could not do as recorded; the rest of it took the friendly answer there."""
    return [str(missed) for missed in chooser.missed]


def same_trace(token: Token, trace_hash: str | None) -> list[str]:
    """Return whether the run was the recorded one, when both hashes are known."""
    if not token.trace or trace_hash is None:
        return []
    same = trace_hash.startswith(token.trace)
    return [f"the run is {'the same as' if same else 'not the same as'} the recorded one"]


def _in_a_process(token: str, file: str | Path | None) -> Replayed:
    words = [sys.executable, "-m", "simulator.app", "replay", token, *([] if file is None else [str(file)])]
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    return Replayed(done.returncode == 0, done.returncode, done.stdout + done.stderr)
