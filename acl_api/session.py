"""The one mutable global: which backend stands behind the surface now.

`Session` is a simulated machine with a program on it. Used with `with` it is the current one inside the
block; without any, the first call of the API opens a default session, configured by the environment
(`acl_api.settings`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Self, cast

from acl_api import codes
from acl_api.arguments import Flavour
from acl_api.backends.simulated import SimulatedBackend
from acl_api.errors import DeadlockError
from acl_api.forks import Refused, text_after_fork, watch_forks
from acl_api.hosts import HostMaker, SessionHost, make_host
from acl_api.kernels.registry import REGISTERED
from acl_api.log import WARNING, Log
from acl_api.settings import DEFAULT_DEVICES, MOST_DEVICES, Settings, read_settings
from acl_api.table import ROWS, SURFACE
from simulator.base.errors import UserError
from simulator.base.profile import DEFAULT_SOC, SocProfile, load_profile
from simulator.base.trace import Trace
from simulator.core.operations.devices import lose_everything
from simulator.core.options import RuntimeOptions, setting_of
from simulator.core.runtime import Runtime
from simulator.core.snapshot import Snapshot, take_snapshot
from simulator.costs.choose import costs_by_name
from simulator.costs.replay import ReplayCosts
from simulator.engine.choice import Seeded
from simulator.engine.hosts.ends import Stuck
from simulator.engine.hosts.free_monitor import Monitor
from simulator.engine.hosts.places import place_of
from simulator.engine.hosts.stall import StallLimits
from simulator.engine.kernel import Kernel
from simulator.engine.timing import NOMINAL, Order, Timing, timing_of

if TYPE_CHECKING:
    from types import TracebackType

    from acl_api.backends.protocol import Backend, Call
    from acl_api.table.row import Row
    from simulator.core.faults import DeclaredFault
    from simulator.core.models import ModelSpec
    from simulator.engine.choice import Chooser
    from simulator.engine.hosts.thread import Place

# A function's full name, "acl.rt.malloc" or "aclrtMalloc": a str keeps its hash, which every call of the API
# needs.
Key = str
# Wraps one function of the surface, given its row.
Watch = Callable[["Row", "Call"], "Call"]


class _Calls(dict[Key, "Call"]):
    """The functions of one backend, compiled when first called."""

    def __init__(self, backend: Backend) -> None:
        super().__init__()
        self._backend = backend
        # Where each function was first called, for a process that is forked afterwards.
        self.first: dict[Key, Place | None] = {}
        # Compiled before anybody has called them.
        self.ahead: dict[Key, Call] = {}
        # Wraps functions while a profiler of the program's records calls.
        self.watch: Watch | None = None

    def __missing__(self, key: Key) -> Call:
        self.first.setdefault(key, place_of(sys._getframe(1)))  # noqa: SLF001 - its documented name
        call = self.ahead.get(key) or self.bind(key)
        if self.watch is not None:
            call = self.watch(_row_of(key)[0], call)
        self[key] = call
        return call

    def watched(self, watch: object) -> None:
        """Have functions wrapped by *watch* from now on; None: as they are."""
        self.watch = cast("Watch | None", watch)
        self.clear()

    def bind(self, key: Key) -> Call:
        """Compile a function for this run."""
        return self._backend.bind(*_row_of(key))


def _row_of(key: Key) -> tuple[Row, Flavour]:
    if key.startswith("acl."):
        return SURFACE[key], Flavour.PYTHON
    return next(row for row in ROWS.values() if row.c_name == key and not row.again), Flavour.C


class _OpensDefault(dict[Key, "Call"]):
    """Stands in until a session is open: the first call opens the default one."""

    def __init__(self) -> None:
        super().__init__()
        self._opening = Monitor()

    def __missing__(self, key: Key) -> Call:
        # Threads may make their first calls at the same time: one opens, the others wait for it.
        came_in = self._opening.hold()
        try:
            if current.calls is self:
                from acl_api.selection import use_backend  # imports this module

                use_backend(read_settings().backend)
        finally:
            if came_in:
                self._opening.lock.release()
        return current.calls[key]


class _Current:
    """What the functions of the surface look at on every call."""

    __slots__ = ("calls", "session")

    def __init__(self) -> None:
        self.calls: dict[Key, Call] = _OpensDefault()
        self.session: Session | None = None


current: Final = _Current()


class Session:
    """One simulated machine, the process on it, and everything that run records.

    `soc` is a profile's name or file, `devices` how many of them, or the logical ids of those that the process sees
    (it counts them from 0); `costs` is "profile", "null" or a recorded
    profile (FILE.csv); `chooser` decides what is not determined, and `timing` what of time that is: "nominal"
    (events in the order of their times), "untimed" (in any order that the streams allow) or "0.5..2" (durations
    within these factors); `trace` records the run (`.trace`, else None);
    `stall` sets bounds; `options` decide what is not known of the real runtime: `RuntimeOptions`, or texts such as
    "no_block=reject", which beat the profile's; `faults` are what is to go wrong (`acl_api.faults`). `host` is
    what threads are made of: "greenlets", "baton" (the program's OS threads, one at a time) or "free" (as they
    please; `speed` is simulated over real time; after `patience` real seconds without progress the reason is told,
    and `aborts` ends the process). `gil` models
    the interpreter lock that the vendor's binding keeps in some calls. Raises UserError for a name or number
    that does not exist.
    """

    def __init__(  # noqa: PLR0913 - one parameter per thing that may be chosen
        self,
        *,
        soc: str | SocProfile = DEFAULT_SOC,
        devices: int | Sequence[int] = DEFAULT_DEVICES,
        costs: str = "profile",
        chooser: Chooser | None = None,
        timing: str | Timing = NOMINAL,
        trace: bool = True,
        stall: StallLimits | None = None,
        options: RuntimeOptions | Sequence[str] = (),
        faults: Sequence[str | DeclaredFault] = (),
        host: str | HostMaker = "greenlets",
        gil: bool = False,
        speed: float = 1.0,
        patience: float = 5.0,
        aborts: bool = False,
    ) -> None:
        logical = range(devices) if isinstance(devices, int) else tuple(devices)
        if not logical or len(logical) > MOST_DEVICES:
            msg = f"devices is {devices}: a machine has 1 to {MOST_DEVICES}"
            raise UserError(msg)
        if isinstance(timing, str):
            timing = timing_of(timing)
        if host == "free" and timing != NOMINAL:
            msg = f"timing {timing}: on the free host real time decides; use the host greenlets or baton"
            raise UserError(msg)
        self.profile: SocProfile = load_profile(soc) if isinstance(soc, str) else soc
        if not isinstance(options, RuntimeOptions):
            options = _options(self.profile, options)
        self.trace: Trace | None = Trace() if trace else None
        if timing.order is Order.ANY:
            if self.trace is not None:
                self.trace.untimed = True
            # Whoever waits for an engine is only late, and being late is free there.
            options = replace(options, compete=False)
        if self.trace is not None:
            self.trace.options = options.chosen
        if faults:
            from acl_api.faults import declared  # needed only where something is to go wrong

            options = replace(options, faults=declared(faults))
        self.kernel: Kernel = Kernel(chooser, timing)
        self.kernel.keep_choices_in(self.trace)
        self.host: SessionHost = make_host(
            host,
            self.kernel,
            trace=self.trace,
            limits=stall,
            gil=gil,
            speed=speed,
            patience=patience,
            aborts=aborts,
        )
        self.runtime: Runtime = Runtime(
            self.kernel,
            self.host,
            self.profile,
            costs_by_name(costs, self.profile),
            devices=logical,
            trace=self.trace,
            code_of=codes.code_of,
            options=options,
        )
        self.runtime.kernels.update(REGISTERED)
        self.stuck: Snapshot | None = None
        # Called when the run cannot go on, after the snapshot, on the thread that noticed.
        self.when_stuck: Callable[[], None] | None = None
        self.host.on_stuck = self._take_snapshot
        self.host.error_of = self._error_of
        self.backend: SimulatedBackend = SimulatedBackend(self.runtime)
        self._calls = _Calls(self.backend)
        self.runtime.watch_calls = self._calls.watched
        self._before: tuple[dict[Key, Call], Session | None] | None = None
        self._closed = False
        watch_forks(_forked)

    def __repr__(self) -> str:
        return (
            f"<session {self.profile.key} with {len(self.runtime.devices)} devices at {self.kernel.now} ns>"
        )

    def __enter__(self) -> Self:
        self._before = (current.calls, current.session)
        current.calls, current.session = self._calls, self
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()
        if self._before is not None:
            current.calls, current.session = self._before

    def install(self) -> None:
        """Make this the session that calls go to, until another one takes its place; the old one is closed."""
        if current.session is not None:
            current.session.close()
        current.calls, current.session = self._calls, self

    def declare_model(self, spec: ModelSpec) -> None:
        """Make `acl.mdl.load_from_file` find a model under `<name>.om` in any folder."""
        self.runtime.specs[spec.name] = spec

    @property
    def called(self) -> tuple[Key, ...]:
        """The functions that have been called in this session."""
        return tuple(self._calls.first)

    def compile_ahead(self, functions: Iterable[Key]) -> None:
        """Do now, also for processes forked from this one, what first calls would have to do."""
        self._calls.ahead |= {key: self._calls.bind(key) for key in functions}

    def cost_report(self) -> tuple[str, ...]:
        """Say what of a recorded profile was replayed, and what was not; nothing with other costs."""
        costs = self.runtime.costs
        return costs.report() if isinstance(costs, ReplayCosts) else ()

    def fault_report(self) -> tuple[str, ...]:
        """Say which declared faults have struck, how often, and which had no occasion, in sentences."""
        faults = self.runtime.faults
        return () if faults is None else (*faults.plan.told(), *faults.plan.idle())

    def explain(self) -> tuple[str, ...]:
        """Return the wait-for chain in sentences when the run could not go on; else nothing."""
        from simulator.check.deadlock import explain  # needed only when something hangs

        return () if self.stuck is None else explain(self.stuck)

    def close(self) -> None:
        """End the run: unwind blocked threads and record what will never run (guarantee O12)."""
        if not self._closed:
            self._closed = True
            if self.runtime.profiling is not None:
                self.runtime.profiling.finalized()
            self.host.stop()
            self.host.enter()
            lose_everything(self.runtime, "the program ended while it was pending")
            self.host.leave()

    def _take_snapshot(self) -> None:
        end = self.host.end
        if end is not None:
            self.stuck = take_snapshot(self.runtime, end)
            if self.when_stuck is not None:
                self.when_stuck()

    def _error_of(self, stuck: Stuck) -> Exception:
        from simulator.check.deadlock import explain  # needed only when something hangs

        # On the free host a run that only seems to hang is told of, too, and goes on.
        snapshot = self.stuck or take_snapshot(self.runtime, stuck.end)
        return DeadlockError(stuck.end.kind.value, "\n".join((stuck.end.text, *explain(snapshot))))


def _options(profile: SocProfile, asked: Sequence[str]) -> RuntimeOptions:
    """Return what the profile says of its machine, and what was asked for, which beats it."""
    try:
        known = tuple("=".join(setting_of(text)) for text in profile.options)
    except UserError as error:
        raise UserError(f"profile {profile.key}: {error}") from None
    return RuntimeOptions.of((*known, *asked))


def current_session() -> Session | None:
    """Return the session that calls go to now; None before the first call."""
    return current.session


def install_default(asked: Settings) -> None:
    """Put a fresh simulated machine, as *asked* for, behind the surface. Raises UserError."""
    # A server on the free host runs for days: nothing may grow with the number of its calls.
    session = session_of(asked, asked.host, trace=asked.host != "free")
    keep_log(session, asked)
    session.install()


def session_of(asked: Settings, host: str | HostMaker, *, trace: bool) -> Session:
    """Return the session of a process that is configured by its environment. Raises UserError."""
    faults: tuple[DeclaredFault, ...] = ()
    if asked.faults:
        from acl_api.faults import declared  # needed only where something is to go wrong

        try:
            faults = declared(asked.faults)
        except UserError as error:
            raise UserError(f"ACLSIM_FAULTS: {error}") from None
    session = Session(
        soc=asked.soc,
        devices=asked.seen(),
        costs=asked.costs,
        chooser=None if asked.seed is None else Seeded(asked.seed),
        trace=trace,
        host=host,
        options=asked.options,
        faults=faults,
        speed=asked.speed,
        patience=asked.stall_after,
        aborts=asked.stall_aborts,
    )
    session.runtime.sites = True
    return session


def keep_log(session: Session, asked: Settings, kind: type[Log] = Log) -> Log:
    """Let a program's run tell about itself in a log, and say of its machine what may surprise."""
    log = kind(asked.log, lambda: session.kernel.now)
    session.runtime.log = log
    seen = session.runtime.devices.logical
    log.event(f"aclsim: {session.profile.key}, devices {','.join(map(str, seen))}")
    if asked.device_id is not None and asked.device_id >= len(seen):
        text = f"ASCEND_DEVICE_ID is {asked.device_id}, and the process sees devices 0 to {len(seen) - 1}"
        log(text, text, level=WARNING)
    return log


def install_backend(backend: Backend) -> None:
    """Put *backend*, which has no simulated machine, behind the surface."""
    if current.session is not None:
        current.session.close()
    current.calls, current.session = _Calls(backend), None
    watch_forks(_forked)


def _forked() -> None:
    """In a child process: refuse calls if the parent had made some, else start afresh at the first call."""
    calls = current.calls
    current.session = None
    if isinstance(calls, _Calls) and calls.first:
        current.calls = Refused(text_after_fork(calls.first))
    elif not isinstance(calls, Refused):
        current.calls = _OpensDefault()
