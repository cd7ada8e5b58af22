"""A machine with a small program on it, and what the program finds wrong."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType
from typing import Any, Final

import acl_api as acl
from simulator.app.kit.world import STALL
from simulator.base.profile import load_profile
from simulator.base.trace import TaskRan
from simulator.core.models import ModelSpec
from simulator.engine.choice import Chooser
from simulator.engine.hosts.ends import RunKind
from simulator.engine.hosts.thread import HostThread

BLOCK: Final = 1
NO_BLOCK: Final = 0
MS: Final = 1_000_000
H2D: Final = 1
D2H: Final = 2
FORGED: Final = 0xDEAD_BEEF
SYNC_FLAG: Final = 1


class Broken(Exception):  # noqa: N818 - a finding, no error
    """What an oracle expects does not hold; the text says what."""


class Bench:
    """What an oracle's program works with; it runs as the main thread, with device 0 set."""

    def __init__(self, session: acl.Session) -> None:
        self.session = session
        self.rt: Any = acl.rt
        self.host: Any = session.host
        self._models = 0

    def __repr__(self) -> str:
        return f"<bench on {self.session!r}>"

    @property
    def now(self) -> int:
        """The simulated time in ns."""
        return self.session.kernel.now

    def equal(self, what: str, got: object, wanted: object) -> None:
        """Raise Broken unless both are the same."""
        if got != wanted:
            raise Broken(f"{what} is {got!r} instead of {wanted!r}")

    def stream(self, priority: int = 0, *, reporter: int | None = None) -> int:
        """Create a stream; callbacks of it run in the thread with id *reporter*."""
        handle, code = self.rt.create_stream_with_config(priority, 0)
        self.equal("create_stream_with_config", code, 0)
        if reporter is not None:
            self.equal("subscribe_report", self.rt.subscribe_report(reporter, handle), 0)
        return int(handle)

    def gated(self) -> int:
        """Create a stream that goes on only when the calling thread polls for a report: see `open_gate`."""
        stream = self.stream(reporter=self.host.current().ident)
        self.launch(stream, lambda _: None)
        return stream

    def open_gate(self) -> None:
        """Run the callback that holds the stream of `gated`."""
        self.equal("process_report", self.rt.process_report(-1), 0)

    def launch(
        self, stream: int, fn: Callable[[Any], object], data: object = None, block: int = BLOCK
    ) -> None:
        """Launch a callback, which must be accepted."""
        self.equal("launch_callback", self.rt.launch_callback(fn, data, block, stream), 0)

    def sync(self, stream: int) -> None:
        """Synchronise a stream, which must succeed."""
        self.equal("synchronize_stream", self.rt.synchronize_stream(stream), 0)

    def model(
        self, latency: int = MS, *, cores: int = 1, fails_with: int | None = None
    ) -> Callable[[int], int]:
        """Return what queues a run of a new model on a stream; *latency* in ns."""
        self._models += 1
        name = f"model{self._models}"
        self.session.declare_model(ModelSpec(name, latency, cores=cores, fails_with=fails_with))
        model, code = acl.mdl.load_from_file(f"{name}.om")
        self.equal("load_from_file", code, 0)
        dataset = acl.mdl.create_dataset()
        return lambda stream: int(acl.mdl.execute_async(model, dataset, dataset, stream))

    def start(self, entry: Callable[[], object], *, daemon: bool = False) -> HostThread:
        """Start a host thread; the run does not wait for the end of a *daemon*."""
        thread: HostThread = self.host.thread("worker", daemon=daemon)
        self.host.start(thread, entry)
        return thread

    def in_thread(self, entry: Callable[[], object]) -> Any:  # noqa: ANN401 - whatever it is
        """Return what *entry* returns in a thread of its own."""
        results: list[object] = []
        self.host.join(self.start(lambda: results.append(entry())))
        return results[0] if results else None

    def pinned(self, size: int, value: int = 0) -> int:
        """Allocate pinned memory, filled."""
        address, code = self.rt.malloc_host(size)
        self.equal("malloc_host", code, 0)
        ctypes.memset(address, value, size)
        return int(address)

    def device_memory(self, size: int) -> int:
        """Allocate memory of the device."""
        address, code = self.rt.malloc(size, 0)
        self.equal("malloc", code, 0)
        return int(address)

    def ran(self) -> list[str]:
        """Return the names of the tasks that have left their streams, in that order."""
        return [task.name for task in (self.session.trace or ()) if isinstance(task, TaskRan)]


@dataclass(frozen=True, slots=True)
class Oracle:
    """A small program that knows what a rule makes of it: it raises Broken when the runtime does otherwise.

    Its result must not depend on the order, unless it is judged in the `friendly` one only. `soc` is the profile it
    needs, `limits` what that has less of than usual, `gil` whether the interpreter lock is modelled.
    """

    rule: str
    says: str
    program: Callable[[Bench], None]
    soc: str | None = None
    friendly: bool = False
    limits: MappingProxyType[str, int] = field(default_factory=lambda: MappingProxyType({}))

    def __str__(self) -> str:
        return f"{self.rule}: {self.says}"

    def judge(self, soc: str, chooser: Chooser) -> str | None:
        """Run the program once in the order *chooser* decides; return what is broken, None when all holds.

        Whatever else is raised in it is a mistake of the oracle, or of the model, and comes out.
        """
        profile = load_profile(self.soc or soc)
        if self.limits:
            profile = replace(profile, limits=replace(profile.limits, **self.limits))
        with acl.Session(soc=profile, devices=2, chooser=chooser, stall=STALL) as session:
            main = session.host.thread("main")
            session.host.start(main, partial(self._main, Bench(session)))
            end = session.host.run()
        errors = [thread.error for thread in session.host.threads if thread.error is not None]
        for error in errors:
            if not isinstance(error, Broken):
                raise error
        if errors:
            return "; ".join(map(str, errors))
        return None if end.kind is RunKind.DONE else f"the program does not end: {end.text}"

    def _main(self, bench: Bench) -> None:
        bench.equal("set_device", bench.rt.set_device(0), 0)
        self.program(bench)
