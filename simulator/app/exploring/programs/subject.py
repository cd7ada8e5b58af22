"""A program as something to explore."""

from __future__ import annotations

import os
import signal
import weakref
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from simulator.app.exploring.programs.child import Failed, Told, Wanted
from simulator.app.exploring.programs.process import ZygoteProcess
from simulator.app.exploring.programs.verdict import Judge, seen_of
from simulator.app.exploring.programs.zygote import Config
from simulator.base.errors import InternalError, UserError
from simulator.base.trace import Trace
from simulator.engine.choice import Chooser, First
from simulator.engine.timing import Order
from simulator.explore.subject import Failure, Seen

if TYPE_CHECKING:
    from simulator.app.execution.options import ExecOptions
    from simulator.app.execution.target import Target
    from simulator.app.exploring.programs.exchange import Exchange, Status

# Real seconds that one run may take, and without a sign of life before the others go on without a thread. Longer
# than under exec: several runs share the cores, and one that nobody decides proves nothing.
PATIENCE_S: Final = 60.0
_WATCHDOG_NS: Final = 2_000_000_000
# How many of the last lines that a failing program printed are told.
_MOST_PRINTED: Final = 12


class ProgramSubject:
    """Runs a program under any chooser, each time in a new process; implements `simulator.explore.subject.Subject`.

    The chooser is sent to that process: it must be picklable, and what it learns there stays there. The program finds
    arguments, environment and working directory as under `aclsim exec`, and an empty stdin; what it does to the world
    outside, files it writes for instance, it does in every run. A run that takes more than *patience* real seconds
    is ended and inconclusive.
    """

    def __init__(self, target: Target, options: ExecOptions, *, patience: float = PATIENCE_S) -> None:
        self.name = str(target)
        self.timed = options.timing.order is not Order.ANY
        watchful = options if options.watchdog is not None else replace(options, watchdog=_WATCHDOG_NS)
        self._config = Config(target, watchful, patience)
        self._judge = Judge(strict=options.strict, timed=self.timed)
        self._zygote: ZygoteProcess | None = None
        self._ends_zygote: weakref.finalize[[], ProgramSubject] | None = None

    def __repr__(self) -> str:
        return f"<subject {self.name}>"

    def run(self, chooser: Chooser, *, detail: bool = False) -> Seen:
        """Run the program once, from its first line to the end of its process.

        Raises UserError when there is no such program or machine.
        """
        return self._run(Wanted(chooser, detail, learns=False))[0]

    def close(self) -> None:
        """End what runs are forked from; the next run starts it again."""
        if self._zygote is not None and self._ends_zygote is not None:
            self._ends_zygote()
            self._zygote = None

    def _run(self, wanted: Wanted) -> tuple[Seen, Told | None]:
        zygote = self._ready()
        try:
            status, told = zygote.run(wanted)
        except BaseException:  # Ctrl-C above all: answers would be taken for those of other questions
            self.close()
            raise
        if isinstance(told, Failed):
            raise InternalError(told.text) if told.is_bug else UserError(told.text)
        if told is None:
            return _cut_off(status, zygote.exchange, self._config.patience, detail=wanted.detail), None
        seen = seen_of(told.facts, self._judge, detail=wanted.detail)
        if seen.failure is not None:
            seen = replace(seen, failure=_with_output(seen.failure, zygote.exchange))
        return seen, told

    def _ready(self) -> ZygoteProcess:
        """Return the zygote of this process."""
        if self._zygote is not None and self._zygote.owner != os.getpid():
            self.close()
        if self._zygote is None:
            self._start()
            self._warm_up()
        return self._zygote or self._start()

    def _start(self) -> ZygoteProcess:
        zygote = self._zygote = ZygoteProcess(self._config)
        self._ends_zygote = weakref.finalize(self, zygote.close)
        return zygote

    def _warm_up(self) -> None:
        """Run the program once to see what every run needs, and have that done before the runs that count."""
        told = self._run(Wanted(First(), detail=False, learns=True))[1]
        if told is not None and self._zygote is not None and not self._zygote.learn(told.learnt):
            # An import has started a thread, or called the API: every run must do so itself.
            self.close()


def _with_output(failure: Failure, exchange: Exchange) -> Failure:
    """Add the last lines that the program printed to what is said of its failure."""
    lines = [line for line in exchange.printed() if line.strip()]
    # What follows a crash is a stack from its innermost line on.
    crash = next((at for at, line in enumerate(lines) if line.startswith("Fatal Python error")), None)
    shown = lines[-_MOST_PRINTED:] if crash is None else lines[crash : crash + _MOST_PRINTED]
    return replace(failure, sentences=(*failure.sentences, *(f"printed: {line}" for line in shown)))


def _cut_off(status: Status, exchange: Exchange, patience: float, *, detail: bool) -> Seen:
    """Return what is known of a run that did not come to its end: what it had decided, and how it ended."""
    failure, doubt = None, None
    how, end = _how(status.wait_status)
    if status.killed:
        doubt = f"the program was ended after {patience:g} s of real time"
    elif status.wait_status:
        failure = _with_output(Failure("error", (how,), (f"the program {how}",)), exchange)
    else:
        doubt = "the program called os._exit: what it had done till then was not judged"
    choices = exchange.noted()
    trace = Trace() if detail else None
    return Seen(failure, doubt, choices, trace, fingerprint=end, end_state=end, steps=0)


def _how(wait_status: int) -> tuple[str, str]:
    if os.WIFSIGNALED(wait_status):
        name = signal.Signals(os.WTERMSIG(wait_status)).name
        return f"crashed ({name})", name
    code = os.waitstatus_to_exitcode(wait_status)
    return f"ended itself with exit code {code}", f"exit code {code}"
