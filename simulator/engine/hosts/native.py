"""The native host: OS threads and the real clock, for scenarios on a real library. It controls nothing.

A declared thread is there at once, parked, so that its id is valid before it starts (rule b1). Nobody can take a
thread out of a call of the library: a run that hangs ends with its process.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from simulator.base.units import NS_PER_S
from simulator.engine.hosts.thread import HostThread, ThreadState

# How often whoever waits for the end of a run looks, in seconds.
_LOOKS_S: Final = 0.01


class _Carrier:
    """The OS thread of one host thread, and what lets it go."""

    def __init__(self, thread: HostThread) -> None:
        self.go = threading.Event()
        self.entry: Callable[[], object] | None = None
        # A daemon: a thread that never comes back must not keep the process.
        self.os_thread = threading.Thread(target=self._run, args=(thread,), name=thread.name, daemon=True)
        self.when_ended: Callable[[HostThread], None] | None = None

    def _run(self, thread: HostThread) -> None:
        self.go.wait()
        if self.entry is None:
            return
        try:
            self.entry()
        except BaseException as error:  # noqa: BLE001 - kept, and told when the run is judged
            thread.error = error
        thread.state = ThreadState.ENDED
        if self.when_ended is not None:
            self.when_ended(thread)


class NativeHost:
    """The threads of one scenario. `on_start` and `on_end` hear of each thread, on it or on its starter.

    What a thread waits for that is no call of the library, a flag for instance, stands in `waits`, in words.
    """

    def __init__(self, on_start: Callable[[HostThread], None], on_end: Callable[[HostThread], None]) -> None:
        self._on_start = on_start
        self._on_end = on_end
        self._threads: list[HostThread] = []
        self._carriers: dict[HostThread, _Carrier] = {}
        self._by_ident: dict[int, HostThread] = {}
        self._lock = threading.Lock()
        self.changed = threading.Condition()
        self.waits: dict[HostThread, str] = {}

    def __repr__(self) -> str:
        return f"<native host with {len(self._threads)} threads>"

    @property
    def threads(self) -> Sequence[HostThread]:
        """All threads, in the order in which they were declared or seen."""
        return tuple(self._threads)

    def current(self) -> HostThread:
        """Return the thread that calls; one of the library's own is met here (rule d3)."""
        ident = threading.get_ident()
        known = self._by_ident.get(ident)
        if known is None:
            with self._lock:
                name = threading.current_thread().name
                known = self._by_ident[ident] = HostThread(
                    name, len(self._threads), daemon=True, internal=True
                )
                known.ident = known.os_ident = ident
                known.state = ThreadState.RUNNING
                self._threads.append(known)
        return known

    def thread(self, name: str, *, daemon: bool = False) -> HostThread:
        """Declare a thread; its OS thread exists from now on."""
        with self._lock:
            thread = HostThread(name, len(self._threads), daemon=daemon, internal=False)
            self._threads.append(thread)
        carrier = self._carriers[thread] = _Carrier(thread)
        carrier.when_ended = self._ended
        carrier.os_thread.start()
        thread.ident = thread.os_ident = carrier.os_thread.ident or 0
        self._by_ident[thread.ident] = thread
        return thread

    def start(self, thread: HostThread, entry: Callable[[], object]) -> None:
        """Let *thread* run *entry*."""
        carrier = self._carriers[thread]
        carrier.entry = entry
        thread.state = ThreadState.RUNNING
        self._on_start(thread)
        carrier.go.set()

    def join(self, thread: HostThread) -> None:
        """Block the caller until *thread* has ended."""
        with self.waiting(f"{thread.name} to end"):
            while not thread.ended:
                with self.changed:
                    self.changed.wait_for(lambda: thread.ended)
        self._carriers[thread].os_thread.join()

    def sleep(self, duration: int) -> None:
        """Block the caller for *duration* ns."""
        with self.waiting("its sleep"):
            time.sleep(duration / NS_PER_S)

    def spin(self) -> None:
        """Let others run."""
        time.sleep(0)

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """Say what the caller waits for, as long as it does."""
        me = self.current()
        self.waits[me] = what
        try:
            yield
        finally:
            self.waits.pop(me, None)

    def all_ended(self) -> bool:
        """Tell whether every thread that was started, and is no daemon, has ended."""
        started = [each for each in self._carriers if each.state is not ThreadState.DECLARED]
        return all(each.ended or each.daemon for each in started)

    def wait_for_end(self, gives_up: Callable[[], bool]) -> bool:
        """Block the caller, who is none of the threads, until all have ended, or *gives_up* says so; True: ended."""
        while not self.all_ended():
            if gives_up():
                return False
            with self.changed:
                self.changed.wait(_LOOKS_S)
        return True

    def _ended(self, thread: HostThread) -> None:
        self._on_end(thread)
        with self.changed:
            self.changed.notify_all()
