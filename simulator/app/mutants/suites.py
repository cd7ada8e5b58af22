"""Runs somebody's own tests once against the true runtime and once against each mutant."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, sleep
from typing import IO, Final

from simulator.app.mutants.environment import MUTANT, SEEN
from simulator.app.mutants.mutant import Mutant
from simulator.base.errors import UserError

# A mutant may let tests wait for what never comes: they get this many times what they take on the true runtime.
_PATIENCE: Final = 5.0
_LEAST_S: Final = 60.0
_LOOK_EVERY_S: Final = 0.02
# How much is told of what a suite printed that fails by itself: bytes that are read, lines that are shown.
_MOST_TOLD: Final = 10_000
_MOST_LINES: Final = 8


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a suite said of one mutant: the exit code of its command, None when it took too long."""

    mutant: Mutant
    exit_code: int | None
    seconds: float

    @property
    def killed(self) -> bool:
        """Whether the suite noticed."""
        return self.exit_code != 0


@dataclass(slots=True)
class _Running:
    mutant: Mutant
    process: subprocess.Popen[bytes]
    began: float


class Suite:
    """A command that ends with 0 when its tests pass; the simulator must be in its processes."""

    def __init__(self, command: Sequence[str]) -> None:
        """Run it once on the true runtime. Raises UserError when it fails there, or never meets the simulator."""
        self._command: Final = list(command)
        # As it was given, for people; what is started is the command of this Python where there is one.
        self._program: Final = _of_this_python(command[0])
        self.seconds: Final = self._on_the_true_runtime()

    def __repr__(self) -> str:
        return f"<suite {' '.join(self._command)}, {self.seconds:.1f} s>"

    def judge(self, mutants: Sequence[Mutant], jobs: int | None = None) -> Iterator[Verdict]:
        """Run the suite against each mutant, several at a time, and tell what it said, in the order they end."""
        waiting, running = list(reversed(mutants)), list[_Running]()
        try:
            while waiting or running:
                while waiting and len(running) < (jobs or os.cpu_count() or 1):
                    mutant = waiting.pop()
                    running.append(_Running(mutant, self._start({MUTANT: mutant.name}), perf_counter()))
                ended = [(each, verdict) for each in running if (verdict := self._ended(each)) is not None]
                for each, verdict in ended:
                    running.remove(each)
                    yield verdict
                if not ended:
                    sleep(_LOOK_EVERY_S)
        finally:
            for each in running:
                _end(each.process)

    def _ended(self, running: _Running) -> Verdict | None:
        took = perf_counter() - running.began
        code = running.process.poll()
        if code is None and took < max(_LEAST_S, _PATIENCE * self.seconds):
            return None
        _end(running.process)
        return Verdict(running.mutant, code, took)

    def _start(
        self, environment: dict[str, str], output: int | IO[bytes] = subprocess.DEVNULL
    ) -> subprocess.Popen[bytes]:
        kept = {name: value for name, value in os.environ.items() if name not in {MUTANT, SEEN}}
        return subprocess.Popen(  # noqa: S603 - the user's own command, as it was given
            [self._program, *self._command[1:]],
            env=kept | environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )

    def _on_the_true_runtime(self) -> float:
        with tempfile.TemporaryDirectory() as folder, (Path(folder) / "output").open("w+b") as output:
            seen = Path(folder) / "seen"
            began = perf_counter()
            try:
                process = self._start({SEEN: str(seen)}, output)
            except OSError as error:
                raise UserError(f"{self._command[0]} cannot be started: {error.strerror}") from None
            try:
                code = process.wait()
            finally:
                _end(process)
            took = perf_counter() - began
            command = shlex.join([self._program, *self._command[1:]])
            if code != 0:
                output.seek(0)
                said = (
                    output.read()[-_MOST_TOLD:].decode(errors="replace").strip().splitlines()[-_MOST_LINES:]
                )
                raise UserError(
                    f"the tests do not pass on the true runtime (exit code {code}), so they can tell nothing of a "
                    f"wrong one; run them by themselves: {command}"
                    + "".join(f"\n  {line}" for line in (["their last lines:", *said] if said else ()))
                )
            if not seen.exists():
                raise UserError(
                    f"the simulator was in none of the processes of '{command}', so no mutant could get there: run "
                    f"pytest, or aclsim, of this Python ({sys.executable})"
                )
        return took


def _of_this_python(program: str) -> str:
    """Return the path of a command that is installed beside this Python, as its packages are; else its name.

    An environment that is used without being activated is not on PATH.
    """
    if os.sep in program:
        return program
    beside = Path(sys.executable).with_name(program)
    return str(beside) if os.access(beside, os.X_OK) else program


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a command that still runs, with all that it has started: a session of its own."""
    if process.poll() is None:
        os.killpg(process.pid, 9)
        process.wait()
