"""A simulated machine with a program on it, in the words that the tests of the rules use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from importlib import import_module
from typing import Any, TypeVar

from acl_api.session import Session
from simulator.base.profile import Limits, load_profile
from simulator.base.trace import CallbackStarted, Noted, TaskDropped, TaskRan
from simulator.core.models import ModelSpec
from simulator.engine.hosts.thread import HostThread

# Their functions are bound from the table when first asked for.
rt: Any = import_module("acl_api.rt")
mdl: Any = import_module("acl_api.mdl")
c: Any = import_module("acl_api.c")

NO_BLOCK, BLOCK = 0, 1
NULL = 0
FORGED = 0xDEAD_BEEF
MS = 1_000_000

ACK = ("Ascend310", "Ascend910", "Ascend310P")
STARS = ("Ascend910B", "Ascend910_93", "Ascend310B")
NOTIFY = ("Ascend950",)
EVERY = (*ACK, *STARS, *NOTIFY)
ONE_OF_EACH = ("Ascend910", "Ascend910B", "Ascend950")

R = TypeVar("R")

_LIMITS = {field.name for field in fields(Limits)}


class Reporter:
    """A report thread of the program: it polls without a timeout until a call fails."""

    def __init__(self, thread: HostThread) -> None:
        self.thread = thread
        self.codes: list[int] = []

    def __repr__(self) -> str:
        return f"<reporter {self.thread.name}, codes {self.codes}>"

    def loop(self) -> None:
        while (code := rt.process_report(-1)) == 0:
            self.codes.append(code)
        self.codes.append(code)


class Machine:
    """A current session; the caller is the program's main thread, with device 0 set."""

    def __init__(self, soc: str, *, device: bool = True, **settings: Any) -> None:
        limits = {name: settings.pop(name) for name in tuple(settings) if name in _LIMITS}
        profile = load_profile(soc)
        profile = replace(profile, limits=replace(profile.limits, **limits))
        self.session = Session(soc=profile, devices=2, **settings)
        self._device = device
        self._models = 0

    def __repr__(self) -> str:
        return f"<machine {self.session!r}>"

    @property
    def exact(self) -> bool:
        """Whether simulated time goes as the costs say: on the free host it goes at least as far."""
        return not self.session.host.monitored

    def took(self, since: int, duration: int) -> bool:
        """Tell whether *duration* ns have passed since then: just these, where time is exact."""
        return self.now - since == duration if self.exact else self.now - since >= duration

    def open(self) -> Machine:
        if self._device:
            assert rt.set_device(0) == 0
        return self

    # -- making things

    def stream(self) -> int:
        handle, code = rt.create_stream()
        assert code == 0
        return int(handle)

    def reporter(self, *streams: int, name: str = "reporter", started: bool = True) -> Reporter:
        """Subscribe a new report thread to *streams* and let it loop."""
        reporter = Reporter(self.session.host.thread(name, daemon=True))
        for stream in streams:
            assert rt.subscribe_report(reporter.thread.ident, stream) == 0
        if started:
            self.session.host.start(reporter.thread, reporter.loop)
        return reporter

    def start(self, entry: Callable[[], object], name: str = "worker") -> HostThread:
        thread = self.session.host.thread(name)
        self.session.host.start(thread, entry)
        return thread

    def join(self, *threads: HostThread) -> None:
        """Wait for threads; what failed in one of them fails here."""
        for thread in threads:
            self.session.host.join(thread)
            if thread.error is not None:
                raise thread.error

    def run_in_thread(self, entry: Callable[[], Any], name: str = "worker") -> Any:
        """Return what *entry* returns in a thread of its own."""
        results: list[Any] = []
        self.join(self.start(lambda: results.append(entry()), name))
        return results[0]

    def sleep(self, duration: int) -> None:
        self.session.host.sleep(duration)

    def model(
        self, latency: int = MS, *, fails_with: int | None = None, cores: int = 1
    ) -> Callable[[int], int]:
        """Declare and load a model; the result queues one run of it on a stream."""
        self._models += 1
        name = f"model{self._models}"
        self.session.declare_model(ModelSpec(name, latency_ns=latency, fails_with=fails_with, cores=cores))
        model, code = mdl.load_from_file(f"{name}.om")
        assert code == 0
        dataset = mdl.create_dataset()
        return lambda stream: int(mdl.execute_async(model, dataset, dataset, stream))

    # -- reading the trace

    @property
    def now(self) -> int:
        return self.session.kernel.now

    def records(self, kind: type[R]) -> list[R]:
        assert self.session.trace is not None
        return self.session.trace.of(kind)

    def ran(self) -> list[str]:
        """The kinds of the tasks that have left streams, in that order."""
        return [task.kind for task in self.records(TaskRan)]

    def dropped(self) -> list[str]:
        return [task.kind for task in self.records(TaskDropped)]

    def called_back(self) -> list[str]:
        """The threads on which callbacks were entered, in that order."""
        return [record.thread for record in self.records(CallbackStarted)]

    def findings(self) -> list[str]:
        return [record.finding for record in self.records(Noted)]
