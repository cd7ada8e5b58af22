"""The process that all runs of a program are forked from: in it the world is open, and what is installed imported.

So a run costs neither the start of an interpreter nor imports, and yet each one begins with the program's first line
in a fresh process. There is no second thread here, since none would survive a fork.
"""

from __future__ import annotations

import faulthandler
import gc
import os
import select
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from simulator.app.execution.running import Running
from simulator.app.exploring.programs.child import Failed, Journal, Reported, run_child
from simulator.app.exploring.programs.exchange import GONE, LEARN, Exchange, Status
from simulator.base.errors import UserError
from simulator.engine.control.originals import real_monotonic, real_sleep
from simulator.explore import critical, portfolio, shrink  # noqa: F401 - choosers arrive, theirs among them

if TYPE_CHECKING:
    from simulator.app.execution.options import ExecOptions
    from simulator.app.execution.target import Program, Target

# Where processes cannot be waited for like files, they are looked after so often, in real seconds.
_LOOKS = 0.001


class Config(NamedTuple):
    """What is run, and how; `patience` is how long, in real seconds, one run may take."""

    target: Target
    options: ExecOptions
    patience: float


class Zygote:
    """Opens the world, and then forks a process for each run that the explorer orders through *socket*."""

    def __init__(self, config: Config, socket: int, exchange: Exchange) -> None:
        self._config = config
        self._socket = socket
        self._exchange = exchange
        self._journal = Journal(exchange)
        self._reported = Reported(exchange)
        self._running = Running(config.target, config.options, lambda: self._reported, self._journal)
        self._running.world.prepare()
        self._program = self._compiled()

    def __repr__(self) -> str:
        return f"<zygote of {self._config.target}>"

    def serve(self) -> None:
        """Do what is ordered until the explorer has gone."""
        self._say(Status(killed=False, wait_status=0))
        while (order := os.read(self._socket, 1)) != GONE:
            if order == LEARN:
                self._learn()
                self._say(Status(killed=False, wait_status=0))
                continue
            process = self._running.world.fork()
            if not process:
                run_child(self._running, self._prepare, self._journal, self._reported, self._exchange)
            self._say(self._wait_for(process))

    def _say(self, status: Status) -> None:
        os.write(self._socket, status.packed())

    def _compiled(self) -> Program | None:
        """Return the compiled program where that needs no import of its own modules, and works."""
        if self._config.target.kind == "module":
            return None
        with suppress(Exception):  # the run will meet it, and say so
            return self._config.target.prepare()
        return None

    def _prepare(self) -> Program:
        return self._program or self._config.target.prepare()

    def _learn(self) -> None:
        """Do ahead what a run has shown to be needed, and tell whether processes can be forked as before."""
        session = self._running.world.session
        self._exchange.asked().take_over(session)
        gc.collect()
        gc.freeze()  # what the runs have in common is not looked through, and stays shared
        alone = len(session.host.threads) == 1 == len(sys._current_frames())  # noqa: SLF001 - its documented name
        self._exchange.tell(alone and not session.trace)

    def _wait_for(self, process: int) -> Status:
        """Wait for the end of a run; end it when it takes too long, or when nobody waits for it any more."""
        killed = not _ends_in_time(process, self._socket, self._config.patience)
        if killed:
            with suppress(ProcessLookupError):
                os.killpg(process, signal.SIGKILL)
        return Status(killed, os.waitpid(process, 0)[1])


def _ends_in_time(process: int, socket: int, patience: float) -> bool:
    """Tell whether the process ends within *patience* seconds, and before the explorer goes."""
    if hasattr(os, "pidfd_open"):
        ending = os.pidfd_open(process)
        try:
            ready, _, _ = select.select([ending, socket], [], [], patience)
        finally:
            os.close(ending)
        return ending in ready
    limit = real_monotonic() + patience
    while real_monotonic() < limit and not select.select([socket], [], [], 0)[0]:
        if os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            return True
        real_sleep(_LOOKS)
    return False


def main(socket: int, *files: int) -> None:
    """Be the zygote of the program that the request tells of."""
    exchange = Exchange(*files)
    faulthandler.enable(exchange.output, all_threads=False)  # a crash names its line
    try:
        zygote = Zygote(exchange.asked(), socket, exchange)
    except UserError as error:
        exchange.tell(Failed(str(error), is_bug=False))
    else:
        zygote.serve()
