"""Where a scenario runs, as its steps see it: its threads and flags, and what the public API does not tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from simulator.base.memory_records import FlagSeen, FlagSet
from simulator.base.trace import Called, Trace
from simulator.core.accesses import note_host_use
from simulator.core.operations.models import Dataset
from simulator.engine.wait import Outcome, Wait

if TYPE_CHECKING:
    from acl_api.session import Session
    from simulator.engine.hosts.thread import HostThread


class Flag:
    """A flag of the program, as a condition variable would be: set or not, with those who wait."""

    __slots__ = ("is_set", "name", "waits")

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_set = False
        self.waits: list[Wait] = []

    def __repr__(self) -> str:
        return f"<flag {self.name} {'set' if self.is_set else 'not set'}, {len(self.waits)} waiting>"

    def __str__(self) -> str:
        return self.name

    def set(self) -> None:
        """Set it and wake everybody who waits for it."""
        self.is_set = True
        waits, self.waits = self.waits, []
        for wait in waits:
            wait.fire()

    def clear(self) -> None:
        """Be as at the beginning of a run."""
        self.is_set = False
        self.waits = []

    def wait(self, timeout: int | None) -> Wait:
        """Return a wait that ends when the flag is set."""
        wait = Wait("wait_flag", self, timeout)
        self.waits.append(wait)
        return wait


class StageHost(Protocol):
    """The threads of a scenario; every method is called by one of them, or before the run by whoever begins it."""

    def current(self) -> HostThread:
        """Return the thread that calls."""

    def thread(self, name: str, *, daemon: bool = False) -> HostThread:
        """Declare a thread that is not started yet; its ident is valid at once (rule b1)."""

    def start(self, thread: HostThread, entry: Callable[[], object]) -> None:
        """Let *thread* run *entry*."""

    def join(self, thread: HostThread) -> object:
        """Block the caller until *thread* has ended."""

    def sleep(self, duration: int) -> None:
        """Block the caller for *duration* ns."""

    def spin(self) -> None:
        """Note that the caller goes round and round without waiting for anything."""


class Stage(Protocol):
    """What one run of a scenario happens on: the simulator, or a real library."""

    @property
    def host(self) -> StageHost:
        """What the scenario's threads are made of."""

    @property
    def trace(self) -> Trace | None:
        """What is recorded of the run."""

    def now(self) -> int:
        """Return the time since the run began, in ns."""

    def set_flag(self, flag: Flag, *, value: bool) -> None:
        """Set or clear a flag."""

    def wait_flag(self, flag: Flag, timeout: int | None) -> bool:
        """Block the caller until *flag* is set; False when *timeout* ns were up first."""

    def made(self, value: object) -> str | None:
        """Return what the trace calls *value*, which the caller's last call has made."""

    def model_path(self, path: str) -> str:
        """Return where the model file lies that the scenario calls *path*."""

    def touches(self, op: str, address: int, size: int, *, writes: bool = False) -> None:
        """Note that the program itself reads or writes host memory."""

    def implies(self, dataset: int) -> None:
        """Note that the scenario does not spell out this data set."""


class SimulatedStage:
    """A session of the simulator."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.host = session.host
        self.trace = session.trace
        if self.trace is not None:
            self.trace.isolated = True  # threads of a scenario have flags, starts and joins, and nothing else

    def __repr__(self) -> str:
        return f"<stage of {self._session!r}>"

    def now(self) -> int:
        """Return the simulated time."""
        return self._session.kernel.now

    def set_flag(self, flag: Flag, *, value: bool) -> None:
        """Set or clear a flag; others may come before that."""
        self.host.point("set_flag")
        if self.trace is not None:
            self.trace.append(FlagSet(self.now(), self.host.current().name, flag.name, value))
        if value:
            flag.set()
        else:
            flag.is_set = False

    def wait_flag(self, flag: Flag, timeout: int | None) -> bool:
        """Block the caller until *flag* is set, or the time is up."""
        seen = flag.is_set or self.host.wait(flag.wait(timeout)) is Outcome.FIRED
        if self.trace is not None:
            self.trace.append(FlagSeen(self.now(), self.host.current().name, flag.name, seen))
        return seen

    def made(self, value: object) -> str | None:  # noqa: ARG002 - the trace's last record tells it
        """Return the name under which the last call was recorded."""
        last = self.trace.records[-1] if self.trace is not None else None
        return last.value if isinstance(last, Called) else None

    def model_path(self, path: str) -> str:
        """Return *path*: models that a scenario declares are found under their name in any folder."""
        return path

    def touches(self, op: str, address: int, size: int, *, writes: bool = False) -> None:
        """Tell the check of races."""
        note_host_use(self._session.runtime, op, address, size, writes=writes)

    def implies(self, dataset: int) -> None:
        """Keep the data set out of what is left over at the end."""
        made = self._session.runtime.handles.live[dataset]
        if isinstance(made, Dataset):
            made.implied = True
