"""The threads there are: their names, their first line and their last."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from simulator.base.errors import InternalError
from simulator.base.trace import ThreadEnded, ThreadStarted, Trace
from simulator.engine.hosts.choosing import Choosing
from simulator.engine.hosts.ends import ThreadKilled
from simulator.engine.hosts.thread import HostThread, ThreadState

if TYPE_CHECKING:
    from simulator.engine.hosts.stall import StallLimits
    from simulator.engine.kernel import Kernel


class Lives(Choosing):
    """Declares threads, runs their functions, and tells who waits for their ends."""

    def __init__(self, kernel: Kernel, limits: StallLimits | None, trace: Trace | None) -> None:
        super().__init__(kernel, limits)
        self.trace = trace
        self.running: HostThread | None = None
        self._names: set[str] = set()

    def alive(self) -> bool:
        """Tell whether a started thread is left that is no daemon, apart from the program's first."""
        return any(
            thread.carrier is not None and not thread.ended and not thread.daemon for thread in self.threads
        )

    def others(self, me: HostThread) -> bool:
        """Tell whether the program has threads besides *me* that could want a turn."""
        return any(
            each is not me
            and not each.internal
            and each.state not in (ThreadState.DECLARED, ThreadState.ENDED)
            for each in self.threads
        )

    def declare(self, name: str, *, daemon: bool = False, internal: bool = False) -> HostThread:
        """Make a thread that is not started yet; its name is made unique."""
        unique, copy = name, 2
        while unique in self._names:
            unique, copy = f"{name}-{copy}", copy + 1
        thread = HostThread(unique, len(self.threads), daemon=daemon, internal=internal)
        self.threads.append(thread)
        self._names.add(unique)
        return thread

    def live(self, thread: HostThread, entry: Callable[[], object]) -> None:
        """Run a thread from its first line to its last; what ends it is kept, what ends the run comes out."""
        if self.trace is not None:
            self.trace.append(ThreadStarted(self.kernel.now, thread.name, thread.internal))
        error = None
        try:
            entry()
        except (ThreadKilled, SystemExit) as ended:  # as in a real thread, SystemExit ends it without a word
            if isinstance(ended, ThreadKilled):
                return
        except (KeyboardInterrupt, InternalError) as raised:  # the run's end, not the thread's alone
            thread.error = raised
            thread.state = ThreadState.ENDED
            raise
        except Exception as raised:  # noqa: BLE001 - it ends this thread only, as it would a real one
            thread.error = raised
            error = f"{type(raised).__name__}: {raised}"
        thread.state = ThreadState.ENDED
        if self.trace is not None:
            self.trace.append(ThreadEnded(self.kernel.now, thread.name, error))
        for wait in thread.joiners:
            wait.fire()
        self.watch.changed()
        self.news = bool(self.spinning)
        self.running = None
