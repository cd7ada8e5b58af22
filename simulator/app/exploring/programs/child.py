"""One run of a program, in a process that ends with it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from traceback import format_exception
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from simulator.app.exits import ExitCode
from simulator.app.exploring.programs.facts import Facts
from simulator.app.exploring.programs.preparing import Learnt
from simulator.base.errors import UserError
from simulator.engine.choice import Chooser, First, Recorder

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.app.execution.running import Running
    from simulator.app.execution.target import Program
    from simulator.app.exploring.programs.exchange import Exchange


class Wanted(NamedTuple):
    """A run that the explorer wants: who decides, whether choices stand in the trace, and whether others learn."""

    chooser: Chooser
    detail: bool
    learns: bool


class Told(NamedTuple):
    """What it gets: the run, and what others may learn from it."""

    facts: Facts
    learnt: Learnt | None


class Failed(NamedTuple):
    """What it gets when there was no run: a sentence for people, or how a mistake of ours looks."""

    text: str
    is_bug: bool


class Later:
    """Asks a chooser that is known only when the process begins."""

    friendly = False

    def __init__(self) -> None:
        self.chooser: Chooser = First()

    def __repr__(self) -> str:
        return f"Later({self.chooser!r})"

    def choose(self, kind: str, among: Sequence[object]) -> int:
        """Return its answer."""
        return self.chooser.choose(kind, among)


class Journal(Recorder):
    """Writes each decision down where it outlives the process."""

    def __init__(self, exchange: Exchange) -> None:
        self.decider = Later()
        super().__init__(self.decider)
        self._exchange = exchange

    def choose(self, kind: str, among: Sequence[object]) -> int:
        """Ask the inner chooser and record its answer."""
        value = super().choose(kind, among)
        self._exchange.note(self.records[-1])
        return value


class Reported:
    """Tells the explorer how a run has ended."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.learns = False

    def __repr__(self) -> str:
        return "<ending for an explorer>"

    def end(self, running: Running) -> int:
        """Send the facts."""
        facts = Facts.of(running)
        self._exchange.tell(Told(facts, Learnt.from_run(running.world.session) if self.learns else None))
        return ExitCode.PASSED

    def bug(self, error: BaseException, running: Running) -> int:  # noqa: ARG002 - the protocol's signature
        """Send what is needed to look for it."""
        self._exchange.tell(Failed("".join(format_exception(error)).rstrip(), is_bug=True))
        return ExitCode.BUG


def run_child(
    running: Running, prepare: Callable[[], Program], journal: Journal, reported: Reported, exchange: Exchange
) -> NoReturn:
    """Run the program as the explorer wants it, and end the process, which has just been forked."""
    os.setpgid(0, 0)  # whatever the program starts is stopped with it
    exchange.begin()
    wanted: Wanted = exchange.asked()
    reported.learns = wanted.learns
    journal.decider.chooser, journal.detail = wanted.chooser, wanted.detail
    session = running.world.session
    session.kernel.keep_choices_in(session.trace)
    try:
        running.run_prepared(prepare, outlives_failure=False)
    except UserError as error:
        exchange.tell(Failed(str(error), is_bug=False))
    os._exit(ExitCode.USAGE)
