"""The state of a running scenario: names and what they stand for, flags, threads, and what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, Protocol

from acl_api import codes
from acl_api.arguments import Flavour
from acl_api.bind import by_name, public
from simulator.base.lines import NOBODYS
from simulator.base.memory_records import FlagSeen, Forked, Joined
from simulator.base.trace import Trace
from simulator.engine.hosts.thread import HostThread
from simulator.scenario.load import LoadedScenario
from simulator.scenario.problems import Position
from simulator.scenario.result import Aspect, ExpectationResult, Status
from simulator.scenario.stage import Flag, Stage, StageHost
from simulator.scenario.values import DEFAULT_STREAM
from simulator.scenario.vocabulary import OPERATIONS, Operation

_MOST_FAILURES: Final = 100


class GivesUp(Exception):  # noqa: N818 - it ends a thread of the scenario, not the run
    """A step cannot be done at all: its thread or callback ends here, and why is recorded."""


class UserFunction(Protocol):
    """A callback as the runtime sees it: its name is what traces show."""

    __name__: str

    def __call__(self, data: object, /) -> None:
        """Run the callback."""


class Program:
    """Everything that the steps share: what is compiled once, and the state of the run that `begin` begins."""

    stage: Stage
    host: StageHost
    trace: Trace | None

    def __init__(self, loaded: LoadedScenario) -> None:
        self.loaded = loaded
        self.flags: dict[str, Flag] = {}
        self.callbacks: dict[str, UserFunction] = {}
        self.entries: dict[str, Callable[[], object]] = {}
        # Where steps stand that say with which code they fail: whatever is wrong there is meant.
        self.meant: set[str] = set()

    def __repr__(self) -> str:
        return f"<program of {self.loaded!r}>"

    def begin(self, stage: Stage) -> None:
        """Forget the run before, if there was one; what follows happens on *stage*."""
        self.stage = stage
        self.host = stage.host
        self.trace = stage.trace
        for flag in self.flags.values():
            flag.clear()
        self.names: dict[str, object] = {}
        # Which trace names a scenario name has had: one, unless a loop made several objects.
        self.labels: dict[str, list[str]] = {}
        # Host memory that steps may touch: address and size by name.
        self.memory: dict[str, tuple[int, int]] = {}
        self.threads: dict[str, HostThread] = {}
        self._started: set[str] = set()
        # What steps use without making it: models and data sets by device, and on which device each thread works.
        self.models: dict[tuple[str, int], int] = {}
        self.datasets: dict[tuple[str, str, int], int] = {}
        self.devices: dict[HostThread, int] = {}
        self._failures: dict[tuple[Position, str, tuple[str, ...]], int] = {}

    def flag(self, name: str) -> Flag:
        """Return the flag *name*; flags need no declaration."""
        return self.flags.setdefault(name, Flag(name))

    def note_seen(self, flag: Flag, *, value: bool) -> None:
        """Record that the running thread has looked at *flag*."""
        if self.trace is not None:
            self.trace.append(FlagSeen(self.stage.now(), self.host.current().name, flag.name, value))

    def join(self, name: str) -> None:
        """Block the running thread until a declared thread has ended."""
        self.host.join(self.threads[name])
        if self.trace is not None:
            self.trace.append(Joined(self.stage.now(), self.host.current().name, name))

    def start(self, name: str, at: Position, *, by_program: bool = True) -> None:
        """Start a declared thread; starting it twice fails the run at *at*."""
        if name in self._started:
            self.fail(at, "start_thread", f"thread '{name}' was started before")
            raise GivesUp
        self._started.add(name)
        if by_program and self.trace is not None:
            self.trace.append(Forked(self.stage.now(), self.host.current().name, name))
        self.host.start(self.threads[name], self.entries[name])

    def call(self, step: str, *values: object) -> tuple[object, ...]:
        """Call the function of *step* on behalf of the running step; outputs and code as a tuple."""
        result = function_of(OPERATIONS[step])(*values)
        return result if isinstance(result, tuple) else (result,)

    def provide(self, step: str, *values: object) -> tuple[object, ...]:
        """Do as `call` for what the running step needs and the scenario does not spell out."""
        thread = self.host.current()
        before, thread.site = thread.site, NOBODYS
        try:
            return self.call(step, *values)
        finally:
            thread.site = before

    def lookups(self, kind: str, values: Iterable[Any], at: Position) -> Callable[[], object]:
        """Return what makes the list that a call gets: things of *kind* by their names, and plain numbers."""
        several = tuple(values)
        return lambda: [self.lookup(kind, one, at) if isinstance(one, str) else one for one in several]

    def lookup(self, kind: str, name: str, at: Position) -> object:
        """Return what *name* stands for now: a handle, an id, an address."""
        if name == DEFAULT_STREAM and kind == "stream":
            return 0
        if name in self.names:
            return self.names[name]
        if kind == "thread":
            return self.threads[name].ident
        if kind == "memory" and name in self.memory:
            return self.memory[name][0]
        self.fail(
            at, kind, f"'{name}' stands for nothing here: the step that makes it failed or has not run yet"
        )
        raise GivesUp

    def bind(self, operation: Operation, names: Sequence[str], values: Sequence[object]) -> None:
        """Let *names* stand for the outputs of a call that succeeded."""
        for name, value in zip(names, values, strict=False):
            self.names[name] = value
        if self.trace is None or not names or not operation.produces:
            return
        label = self.stage.made(values[0])
        if label is not None:
            self.labels.setdefault(names[0], []).append(label)

    def unbind(self, names: Sequence[str]) -> None:
        """Forget *names*: the call that should have made them failed."""
        for name in names:
            self.names.pop(name, None)

    def fail(self, at: Position, name: str, *sentences: str) -> None:
        """Record that the step *name* at *at* did not do what it should; equal failures are counted."""
        key = (at, name, sentences)
        if key in self._failures or len(self._failures) < _MOST_FAILURES:
            self._failures[key] = self._failures.get(key, 0) + 1

    def failures(self) -> list[ExpectationResult]:
        """Return the recorded failures, in the order they first happened."""
        results = []
        for (at, name, (first, *more)), count in self._failures.items():
            times = f" ({count} times)" if count > 1 else ""
            sentences = (f"{first}{times}", *more)
            results.append(ExpectationResult(name, Aspect.STEP, Status.FAILED, sentences, at))
        return results


def function_of(operation: Operation, *, in_c: bool = False) -> Callable[..., object]:
    """Return the public callable of a row, exactly as a user's program reaches it; *in_c* the C name's.

    Only C can pass a null function: the Python binding refuses it before the runtime sees it.
    """
    return public(operation.row, Flavour.C) if in_c else by_name(operation.row.name)


def code_number(code: int | str) -> int:
    """Return the number of a code given by number or name; a name was checked by the loader."""
    if isinstance(code, int):
        return code
    info = codes.find(code)
    if info is None:
        raise KeyError(code)
    return info.code


def told(code: int) -> str:
    """Return a code with its name and meaning: "107015 (ACL_ERROR_…: …)"."""
    info = codes.meaning(code)
    return f"{code} ({info.name}: {info.meaning})" if info is not None and code else str(code)
