"""Work in a process of its own: forked, told how it went through a pipe, and ended when it takes too long.

Nobody can take a thread out of a call of the library, and what one run has left behind is no business of the next.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import signal
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable
from multiprocessing.connection import Connection, Pipe
from typing import IO, Final, Literal, NoReturn, TypeVar, cast

from simulator.base.errors import InternalError, UserError

T = TypeVar("T")
Answer = tuple[Literal["value", "refused", "bug"], object]
# Before it is ended, a child that does not answer says where its threads are.
_STACKS_BEFORE_S: Final = 0.5
_LONGEST_TEXT: Final = 20_000


class ChildLostError(Exception):
    """A process did not bring its work to an end: `text` says how it ended, `last` what it said before.

    `hangs` tells that it took too long.
    """

    def __init__(self, text: str, last: str, *, hangs: bool) -> None:
        super().__init__(text)
        self.text = text
        self.last = last
        self.hangs = hangs


def in_child(work: Callable[[], T], patience: float, *, quiet: bool = False) -> T:
    """Return what *work* returns in a process of its own, which has *patience* real seconds.

    What the process writes is dropped when *quiet*, other than for `ChildLostError`, which is raised for one that
    hangs or dies. A `UserError` of the work is raised here, too.
    """
    with tempfile.TemporaryFile("w+b") as stacks:
        ours, theirs = Pipe(duplex=False)
        sys.stdout.flush()
        sys.stderr.flush()
        with warnings.catch_warnings():
            # From 3.12 on about other threads of ours: the child needs nothing that they hold.
            warnings.simplefilter("ignore", DeprecationWarning)
            process = os.fork()
        if not process:
            ours.close()
            _be_child(work, theirs, stacks, patience, quiet=quiet)
        theirs.close()
        try:
            answer = _answer(process, ours, stacks, patience)
        finally:
            ours.close()
            _end(process)
    kind, value = answer
    if kind == "refused":
        raise UserError(str(value))
    if kind == "bug":
        raise InternalError(f"a process of ours failed:\n{value}")
    return cast("T", value)


def _answer(process: int, pipe: Connection, said: IO[bytes], patience: float) -> Answer:
    if not pipe.poll(patience):
        text = f"the process was ended after {patience:g} s"
        raise ChildLostError(text, _last_words(said), hangs=True)
    try:
        return cast("Answer", pipe.recv())
    except (EOFError, OSError):
        raise ChildLostError(_how_it_ended(process), _last_words(said), hangs=False) from None


def _last_words(said: IO[bytes]) -> str:
    said.seek(0, os.SEEK_END)
    said.seek(max(0, said.tell() - _LONGEST_TEXT))
    return said.read().decode(errors="replace")


def _how_it_ended(process: int) -> str:
    _, status = os.waitpid(process, 0)
    if os.WIFSIGNALED(status):
        return f"the process died of {signal.Signals(os.WTERMSIG(status)).name}"
    return f"the process ended by itself, with {os.waitstatus_to_exitcode(status)}"


def _end(process: int) -> None:
    with contextlib.suppress(ProcessLookupError, ChildProcessError):
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)


def _be_child(
    work: Callable[[], object], pipe: Connection, said: IO[bytes], patience: float, *, quiet: bool
) -> NoReturn:
    """Do the work, tell how it went, and end at once, whatever other threads are in the middle of."""
    if quiet:
        os.dup2(said.fileno(), sys.stdout.fileno() if _is_real(sys.stdout) else 1)
        os.dup2(said.fileno(), 2)
    faulthandler.enable(said, all_threads=True)
    faulthandler.dump_traceback_later(max(patience - _STACKS_BEFORE_S, _STACKS_BEFORE_S), file=said)
    answer: Answer
    try:
        answer = "value", work()
    except UserError as error:
        answer = "refused", str(error)
    except BaseException:  # noqa: BLE001 - told to the parent, whatever it is
        answer = "bug", traceback.format_exc()
    with contextlib.suppress(OSError):
        pipe.send(answer)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _is_real(stream: object) -> bool:
    with contextlib.suppress(OSError, AttributeError, ValueError):
        return cast("IO[str]", stream).fileno() >= 0
    return False
