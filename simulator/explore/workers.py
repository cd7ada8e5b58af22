"""Runs jobs in several processes: forked, so that the subject need not be sent and is as it was.

Results come back in the order of the jobs, whichever worker was faster. A worker that dies is told of, not waited
for; whoever stops listening ends them all.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, Pipe, wait
from types import TracebackType
from typing import Final, NoReturn, Self, cast

from simulator.base.errors import InternalError
from simulator.explore.search import Job, Result, run_job
from simulator.explore.subject import Subject

# Sent together: a message costs as much as a fast run.
_TOGETHER: Final = 8


class WorkerDiedError(Exception):
    """A worker process ended in the middle of its jobs; the message says how."""


class _Worker:
    """One process: its pid, the pipe to it, and the numbers of the jobs it has."""

    def __init__(self, subject: Subject, others: Sequence[_Worker]) -> None:
        self.pipe, theirs = Pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        self.jobs: list[int] = []
        with warnings.catch_warnings():
            # From 3.12 on about other threads of ours: the child has none, and needs nothing that they hold.
            warnings.simplefilter("ignore", DeprecationWarning)
            self.pid = os.fork()
        if not self.pid:
            self.pipe.close()
            for other in others:  # else it would not see their ends
                other.pipe.close()
            _serve(subject, theirs)
        theirs.close()

    def __repr__(self) -> str:
        return f"<worker {self.pid} with {len(self.jobs)} jobs>"

    def how_it_ended(self) -> str:
        """Wait for the process, which is ending, and say how it did."""
        _, status = os.waitpid(self.pid, 0)
        self.pid = 0
        if os.WIFSIGNALED(status):
            return f"signal {signal.Signals(os.WTERMSIG(status)).name}"
        return f"exit code {os.waitstatus_to_exitcode(status)}"

    def end(self) -> None:
        """End the process and wait for that."""
        self.pipe.close()
        if self.pid:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
            self.pid = 0


class Workers:
    """So many processes that run the jobs of one subject."""

    def __init__(self, subject: Subject, count: int) -> None:
        self._workers: list[_Worker] = []
        for _ in range(count):
            self._workers.append(_Worker(subject, self._workers))

    def __repr__(self) -> str:
        return f"<{len(self.pids)} workers>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.end()

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes that are alive."""
        return tuple(worker.pid for worker in self._workers if worker.pid)

    def run(self, jobs: Sequence[Job]) -> Iterator[Result]:
        """Yield the results of *jobs*, in their order.

        Raises WorkerDiedError when a worker has died, in the place of the first result that it owes.
        """
        done: dict[int, Result] = {}
        lost: dict[int, str] = {}
        given = 0
        for worker in self._workers:  # what an earlier listener did not wait for
            while worker.jobs:
                self._collect(worker, {}, {})
        for number in range(len(jobs)):
            while number not in done:
                if number in lost:
                    raise WorkerDiedError(lost[number])
                for worker in self._workers:
                    if not worker.jobs and worker.pid and given < len(jobs):
                        worker.jobs = list(range(given, min(given + _TOGETHER, len(jobs))))
                        worker.pipe.send([jobs[at] for at in worker.jobs])
                        given = worker.jobs[-1] + 1
                self._await(done, lost)
            yield done.pop(number)

    def _await(self, done: dict[int, Result], lost: dict[int, str]) -> None:
        busy = {worker.pipe: worker for worker in self._workers if worker.jobs}
        if not busy:
            raise WorkerDiedError("all worker processes have died")
        for pipe in wait(list(busy)):
            self._collect(busy[cast("Connection", pipe)], done, lost)

    def _collect(self, worker: _Worker, done: dict[int, Result], lost: dict[int, str]) -> None:
        try:
            answers = cast("list[Result] | str", worker.pipe.recv())
        except (EOFError, OSError):
            text = f"a worker process died of {worker.how_it_ended()} in one of {len(worker.jobs)} runs"
            lost.update(dict.fromkeys(worker.jobs, text))
        else:
            if isinstance(answers, str):
                raise InternalError(f"a worker process failed:\n{answers}")
            done.update(zip(worker.jobs, answers, strict=True))
        worker.jobs = []


def _serve(subject: Subject, pipe: Connection) -> NoReturn:
    """Run jobs until the pipe closes; never returns into the parent's program."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then ends us
    code = 1
    try:
        while True:
            try:
                jobs = cast("list[Job]", pipe.recv())
            except EOFError:
                code = 0
                break
            pipe.send([run_job(subject, job) for job in jobs])
    except BaseException:  # noqa: BLE001 - told to the parent, who decides
        with contextlib.suppress(OSError):
            pipe.send(traceback.format_exc())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
