"""Running a program from its first line to the end of the process, as Python would, and judging it then."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn, Protocol, cast

from acl_api.errors import UnknownNameError
from simulator.app.execution.world import World
from simulator.app.exits import ExitCode
from simulator.base.errors import InternalError, UserError
from simulator.base.lines import line_text
from simulator.engine.hosts.places import is_library, is_ours

if TYPE_CHECKING:
    from simulator.app.execution.options import ExecOptions
    from simulator.app.execution.target import Program, Target
    from simulator.engine.choice import Chooser

# Python's own exit status when what the program printed cannot be flushed.
_NOT_FLUSHED: Final = 120
# How many lines tell one end of a program from another.
_PLACES: Final = 2
_OURS: Final = ("simulator.app.", "importlib")
# What no function of ours raises on purpose: out of our own code, it is our mistake.
_SLIPS: Final = (AssertionError, AttributeError, LookupError, NameError, ZeroDivisionError)


class Raised(NamedTuple):
    """What ended a program before its last line: the exception's type, its text, and where it came from.

    `places` are lines, that of the exception first, then who called that function.
    """

    kind: str
    text: str
    places: tuple[str, ...]

    def __str__(self) -> str:
        text = f"{self.kind}: {self.text}" if self.text else self.kind
        return f"{text} at {self.places[0]}" if self.places else text


class Ending(Protocol):
    """Hears how a run has ended."""

    def end(self, running: Running) -> int:
        """Say so, and return the exit code of the process."""

    def bug(self, error: BaseException, running: Running) -> int:
        """Say that *error* is a mistake of ours, and return the exit code of the process."""


class Running:
    """One run of a program; there is one per process. *chooser* decides in place of those that the options name.

    *ending* is called once there is a world to run in. Raises `UserError` for a machine that cannot be made.
    """

    def __init__(
        self,
        target: Target,
        options: ExecOptions,
        ending: Callable[[], Ending],
        chooser: Chooser | None = None,
    ) -> None:
        self.target = target
        # How the program itself has ended; None when it did not come to that.
        self.code: int | None = None
        self.raised: Raised | None = None
        self._telling = False
        self.world = World(options, self._stuck, chooser)
        self._ending = ending()

    def run(self) -> NoReturn:
        """Run the program and end the process: parked threads would keep the interpreter from ending it.

        Raises `UserError` when there is no such program, SystemExit in a process that the program forked.
        """
        self.world.open()
        self.run_prepared(self.target.prepare)

    def run_prepared(self, prepare: Callable[[], Program], *, outlives_failure: bool = True) -> NoReturn:
        """Do the same in a world that is open already, with the program that *prepare* returns.

        Unless it *outlives_failure*, a program that has failed is over: nobody looks whether its threads go on.
        """
        program_code = self._guarded(lambda: prepare().execute())
        if not self.world.is_ours:
            raise SystemExit(program_code)
        self.code = program_code
        if program_code:
            self.world.program_failed()
        if program_code != ExitCode.INTERRUPTED and (outlives_failure or not program_code):
            self.code = self._guarded(self.world.finish) or program_code
        self._conclude()

    def _guarded(self, act: Callable[[], None]) -> int:
        """Do it, and return the exit code that Python would give for what comes out of it."""
        try:
            act()
        except SystemExit as ended:
            self._note(ended)
            return _code_of(ended)
        except UserError as error:
            if not _is_the_programs(error.__traceback__):
                raise
            self._note(error)
            show_uncaught(error)
        except InternalError as error:
            self._bug(error)
        except KeyboardInterrupt as error:
            self._note(error)
            show_uncaught(error)
            return ExitCode.INTERRUPTED
        except BaseException as error:  # noqa: BLE001 - as Python: a traceback, and code 1
            slip = isinstance(error, _SLIPS) and not isinstance(error, UnknownNameError)
            if slip and is_ours(_last(error).tb_frame):
                self._bug(error)
            self._note(error)
            show_uncaught(error)
        else:
            return ExitCode.PASSED
        return ExitCode.FAILED

    def _note(self, error: BaseException) -> None:
        """Keep what ended the program; of several things the first."""
        if self.raised is None:
            self.raised = Raised(type(error).__name__, str(error), _places(error.__traceback__))

    def _stuck(self) -> None:
        """End the process, on whichever thread has noticed: no code of the program's can catch this."""
        if self.world.is_ours and not self._telling:
            self._conclude()

    def _conclude(self) -> NoReturn:
        self._telling = True
        flushed = _flush()
        try:
            if self.world.session.stuck is None:
                self.world.close()
            code = self._ending.end(self)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is ours
            self._bug(error)
        os._exit(code or (0 if flushed else _NOT_FLUSHED))

    def _bug(self, error: BaseException) -> NoReturn:
        code = self._ending.bug(error, self)
        _flush()
        os._exit(code)


def _code_of(ended: SystemExit) -> int:
    """Return the status of `sys.exit(value)`: none is 0, a number itself, anything else is shown and 1."""
    if ended.code is None:
        return ExitCode.PASSED
    if isinstance(ended.code, int):
        return ended.code & 0xFF
    sys.stderr.write(f"{ended.code}\n")
    return ExitCode.FAILED


def _is_the_programs(trace: TracebackType | None) -> bool:
    return _first_of_the_program(trace) is not None


def _first_of_the_program(trace: TracebackType | None) -> TracebackType | None:
    while trace is not None and str(trace.tb_frame.f_globals.get("__name__", "")).startswith(_OURS):
        trace = trace.tb_next
    return trace


def show_uncaught(error: BaseException) -> None:
    """Print the traceback as Python does, from the program's first line on."""
    trace = _first_of_the_program(error.__traceback__)
    if isinstance(error, KeyboardInterrupt):
        trace = _without_our_end(trace)
    with suppress(Exception):
        sys.stdout.flush()
    sys.excepthook(type(error), error.with_traceback(trace), trace)


def _places(trace: TracebackType | None) -> tuple[str, ...]:
    """Return the innermost lines of the program in *trace*: a helper that raises is called from many places."""
    lines = []
    while trace is not None:
        if not (is_ours(trace.tb_frame) or is_library(trace.tb_frame)):
            lines.append(line_text(trace.tb_frame.f_code, trace.tb_lineno))
        trace = trace.tb_next
    return tuple(reversed(lines[-_PLACES:]))


def _last(error: BaseException) -> TracebackType:
    """Return where *error*, which was caught, came from."""
    trace = cast("TracebackType", error.__traceback__)
    while trace.tb_next is not None:
        trace = trace.tb_next
    return trace


def _without_our_end(trace: TracebackType | None) -> TracebackType | None:
    """Return *trace* up to the program's own last line: where in our code Ctrl-C came tells nothing."""
    frames = []
    while trace is not None:
        frames.append(trace)
        trace = trace.tb_next
    while frames and is_ours(frames[-1].tb_frame):
        frames.pop()
    kept: TracebackType | None = None
    for each in reversed(frames):
        kept = TracebackType(kept, each.tb_frame, each.tb_lasti, each.tb_lineno)
    return kept


def _flush() -> bool:
    """Flush what the program printed; False when stdout does not take it, which Python tells by its status."""
    with suppress(Exception):
        sys.stderr.flush()
    try:
        sys.stdout.flush()
    except Exception as error:  # noqa: BLE001 - a closed pipe, a full disk, a stream of the program's own
        with suppress(Exception):
            sys.stderr.write(f"Exception ignored on flushing sys.stdout: {error!r}\n")
        return False
    return True
