"""The explorer's end of a zygote: starting it, giving orders, and getting rid of it."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from socket import socketpair
from typing import TYPE_CHECKING, Any, Final

from simulator.app.exploring.programs.exchange import (
    LEARN,
    RUN,
    STATUS_BYTES,
    Exchange,
    Status,
    status_of,
)
from simulator.base.errors import InternalError, UserError

if TYPE_CHECKING:
    from simulator.app.exploring.programs.zygote import Config

# How long, in real seconds, a zygote has to end by itself.
_LAST_WORDS: Final = 5.0


class ZygoteProcess:
    """A zygote that is ready. It belongs to the process that made it: those forked from that make their own.

    Raises UserError for a machine that cannot be made, and InternalError when the zygote does not come up.
    """

    def __init__(self, config: Config) -> None:
        self.owner = os.getpid()
        self._exchange = Exchange.make()
        self._socket, theirs = socketpair()
        self._exchange.ask(config)
        files = (theirs.fileno(), *self._exchange)
        code = (
            f"import sys; sys.path[:] = {sys.path!r}; "
            f"from simulator.app.exploring.programs.zygote import main; main{files}"
        )
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter, our own module
                [sys.executable, "-c", code],
                stdin=subprocess.DEVNULL,
                stdout=self._exchange.output,
                stderr=self._exchange.output,
                pass_fds=files,
                env=_environment(),
                process_group=0,  # Ctrl-C is for the explorer
            )
        try:
            self._await()
        except BaseException:
            self.close()
            raise

    def __repr__(self) -> str:
        return f"<zygote process {self._process.pid}>"

    def run(self, wanted: object) -> tuple[Status, Any]:
        """Have the program run as *wanted*; return how its process ended, and what it told, None for nothing."""
        self._exchange.ask(wanted)
        self._socket.send(RUN)
        return self._await(), self._exchange.told()

    def learn(self, learnt: object) -> bool:
        """Have done ahead what a run has shown to be needed; tell whether the zygote is still good for forks."""
        self._exchange.ask(learnt)
        self._socket.send(LEARN)
        self._await()
        return bool(self._exchange.told())

    @property
    def exchange(self) -> Exchange:
        """Where what the last run has left can be read."""
        return self._exchange

    def close(self) -> None:
        """End the zygote, and a run of it; in another process than its owner's only let go of it."""
        self._socket.close()
        if os.getpid() == self.owner:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_LAST_WORDS)
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()
        else:
            self._process.returncode = 0  # it is not ours to wait for
        self._exchange.close()

    def _await(self) -> Status:
        data = self._socket.recv(STATUS_BYTES)
        if not data:
            told = self._exchange.told()
            if told is not None:
                raise UserError(told.text)
            lines = "\n".join(self._exchange.printed())
            raise InternalError(f"the process that programs are forked from has ended:\n{lines}")
        return status_of(data)


def _environment() -> dict[str, str]:
    """Return the environment of `aclsim exec`: the order of sets of strings is part of a run."""
    fixed = os.environ.get("PYTHONHASHSEED", "random").isdigit()
    return dict(os.environ) if fixed else {**os.environ, "PYTHONHASHSEED": "0"}
