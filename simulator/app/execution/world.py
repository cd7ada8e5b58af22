"""The world a program runs in: a session, the name `acl`, and, under the baton, threads and clocks of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from acl_api.session import Session, keep_log
from acl_api.settings import read_settings
from acl_api.surface import SHIM, extend_path, install
from simulator.app.choices import make_chooser
from simulator.app.execution.globals import let_go
from simulator.app.execution.options import WATCHDOG_NS, ExecOptions
from simulator.base.errors import InternalError
from simulator.core.operations.devices import lose_everything
from simulator.engine.choice import Recorder, Seeded
from simulator.engine.hosts.real_end import end_program
from simulator.engine.hosts.scheduler import Scheduler

if TYPE_CHECKING:
    from simulator.engine.choice import Chooser
    from simulator.engine.control.scope import Scope

# How long threads that poll on after the program has failed are watched: simulated ns, and polls.
_MINUTE: Final = 60_000_000_000
_POLLS: Final = 20_000
_SECOND: Final = 1_000_000_000


class World:
    """Opened before the program's first line and closed after its last; one per process.

    `when_stuck` is called on whichever thread notices that the run cannot go on. A *chooser* decides in place of
    those that the options name. Raises `UserError` for a machine that cannot be made.
    """

    def __init__(
        self, options: ExecOptions, when_stuck: Callable[[], None], chooser: Chooser | None = None
    ) -> None:
        self.options = options
        self.chooser, self.recorded_hash = _chooser(options) if chooser is None else (chooser, None)
        soc, devices = options.machine
        asked = read_settings()
        self.session = Session(
            soc=soc,
            devices=devices,
            costs=options.costs or "profile",
            chooser=self.chooser,
            stall=options.limits,
            timing=options.timing,
            faults=options.faults,
            options=options.unknowns,
            host=options.host,
            gil=options.gil,
            speed=options.speed or asked.speed,
            patience=asked.stall_after,
            aborts=asked.stall_aborts,
        )
        self.session.when_stuck = when_stuck
        keep_log(self.session, asked)
        self._scope: Scope | None = None
        self._owner = os.getpid()
        # When the program failed, in simulated ns: what comes after it is not the program's.
        self.failed_at: int | None = None

    def __repr__(self) -> str:
        return f"<world of {self.session!r}>"

    @property
    def is_ours(self) -> bool:
        """False in a process that the program has forked: it is none of our business there how it ends."""
        return os.getpid() == self._owner

    def open(self) -> None:
        """Put the session behind `import acl`, here and in child processes, and take over threads and clocks."""
        self.prepare()
        self.begin()

    def prepare(self) -> None:
        """Do all of `open` that does not belong to one process: others may be forked from here, see `fork`."""
        self.session.install()
        self.session.host.current()  # the program's first thread is this one
        if SHIM not in sys.path:
            sys.path.insert(1, SHIM)
        extend_path(os.environ)
        self.options.pass_on(os.environ)
        install()
        host = self.session.host
        if isinstance(host, Scheduler):
            from simulator.engine.control.scope import Scope

            self._scope = Scope(host, watchdog=(self.options.watchdog or WATCHDOG_NS) / _SECOND)
            self._scope.open()

    def fork(self) -> int:
        """Fork a process in which the program may begin; return as `os.fork` does. Under the baton only."""
        if self._scope is None:
            msg = f"{self!r} has no scope to fork in: its threads run as they please"
            raise InternalError(msg)
        process = self._scope.fork()
        if not process:
            self.session.install()  # which the fork has taken away
            self.begin()
        return process

    def begin(self) -> None:
        """Make this process the program's: those that it forks itself are none of our business."""
        self._owner = os.getpid()
        if self._scope is not None:
            os.register_at_fork(after_in_child=self._scope.close)

    def program_failed(self) -> None:
        """Expect nothing more of threads that only poll: the program has failed, and they may not know it."""
        self.failed_at = self.session.kernel.now
        watch = self.session.host.watch
        watch.limits = replace(
            watch.limits, after=min(_MINUTE, watch.limits.after), polls=min(_POLLS, watch.limits.polls)
        )

    def finish(self) -> None:
        """Do what Python does at the end: wait for threads, run atexit functions and the last finalizers."""
        first = self.session.host.current()
        if self._scope is not None:
            self._scope.finish()
            let_go()
            self._scope.close()
        end_program(first)  # under the baton: only what was registered before the scope is left
        if self._scope is None:
            let_go()

    def close(self) -> None:
        """Give threads and clocks back, and record what will never run; parked threads end with the process."""
        if self._scope is not None:
            self._scope.close()
        lose_everything(self.session.runtime, "the program ended while it was pending")


def _chooser(options: ExecOptions) -> tuple[Chooser | None, str | None]:
    chooser, recorded_hash = make_chooser(options.replay, options.seed, record=options.choices is not None)
    if chooser is None and options.seed is not None:
        chooser = Recorder(Seeded(options.seed))
    return chooser, recorded_hash
