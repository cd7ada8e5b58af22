"""The one mutable global: which backend stands behind the surface now.

`Session` is a simulated machine with a program on it. Used with `with` it is the current one inside the
block; without any, the first call of the API opens a default session, configured by ACLSIM_SOC,
ACLSIM_DEVICES and ACLSIM_SEED.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final, Self

from acl_api import codes
from acl_api.arguments import Flavour
from acl_api.backends.simulated import SimulatedBackend
from acl_api.errors import DeadlockError
from acl_api.table import ROWS
from simulator.base.errors import UserError
from simulator.base.profile import DEFAULT_SOC, SocProfile, load_profile
from simulator.base.trace import Trace
from simulator.core.operations.devices import lose_everything
from simulator.core.runtime import Runtime, RuntimeOptions
from simulator.core.snapshot import Snapshot, take_snapshot
from simulator.costs.null import NullCosts
from simulator.costs.profile import ProfileCosts
from simulator.engine.choice import Seeded
from simulator.engine.hosts.ends import Stuck
from simulator.engine.hosts.greenlets import GreenletDriver
from simulator.engine.hosts.scheduler import Scheduler
from simulator.engine.hosts.stall import StallLimits
from simulator.engine.kernel import Kernel

if TYPE_CHECKING:
    from types import TracebackType

    from acl_api.backends.protocol import Backend, Call
    from simulator.core.models import ModelSpec
    from simulator.costs.protocol import Costs
    from simulator.engine.choice import Chooser

DEFAULT_DEVICES: Final = 8
# Rule g13: the runtime has 64 device slots.
MOST_DEVICES: Final = 64
BACKENDS: Final = ("simulator", "ascend", "auto")
AUTO_TOOK: Final = "backend auto: took the simulator (this version has no native backend)"

# A function's full name, "acl.rt.malloc" or "aclrtMalloc": a str keeps its hash, which every call of the API
# needs.
Key = str


class _Calls(dict[Key, "Call"]):
    """The functions of one backend, compiled when first called."""

    def __init__(self, backend: Backend) -> None:
        super().__init__()
        self._backend = backend

    def __missing__(self, key: Key) -> Call:
        row = ROWS.get(key)
        flavour = Flavour.PYTHON
        if row is None or row.family == "c":
            row = next(row for row in ROWS.values() if row.c_name == key)
            flavour = Flavour.C
        call = self[key] = self._backend.bind(row, flavour)
        return call


class _OpensDefault(dict[Key, "Call"]):
    """Stands in until a session is open: the first call opens the default one."""

    def __missing__(self, key: Key) -> Call:
        use_backend(os.environ.get("ACLSIM_BACKEND", "simulator"))
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

    `soc` is a profile's name or file, `devices` how many of them; `costs` is "profile" or "null"; `chooser`
    decides what is not determined; `trace` records the run (`.trace`, else None); `stall` and `options` set
    bounds and unknowns. Raises UserError for a name or number that does not exist.
    """

    def __init__(
        self,
        *,
        soc: str | SocProfile = DEFAULT_SOC,
        devices: int = DEFAULT_DEVICES,
        costs: str = "profile",
        chooser: Chooser | None = None,
        trace: bool = True,
        stall: StallLimits | None = None,
        options: RuntimeOptions | None = None,
    ) -> None:
        if not 1 <= devices <= MOST_DEVICES:
            msg = f"devices is {devices}: a machine has 1 to {MOST_DEVICES}"
            raise UserError(msg)
        self.profile = load_profile(soc) if isinstance(soc, str) else soc
        self.trace = Trace() if trace else None
        self.kernel = Kernel(chooser)
        self.host = Scheduler(self.kernel, GreenletDriver(), limits=stall, trace=self.trace)
        self.runtime = Runtime(
            self.kernel,
            self.host,
            self.profile,
            _costs(costs, self.profile),
            devices=devices,
            trace=self.trace,
            code_of=codes.code_of,
            options=options,
        )
        self.stuck: Snapshot | None = None
        self.host.on_stuck = self._take_snapshot
        self.host.error_of = self._error_of
        self.backend = SimulatedBackend(self.runtime, self._error_of)
        self._calls = _Calls(self.backend)
        self._before: tuple[dict[Key, Call], Session | None] | None = None
        self._closed = False

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

    def declare_model(self, spec: ModelSpec) -> None:
        """Make `acl.mdl.load_from_file` find a model under `<name>.om` in any folder."""
        self.runtime.specs[spec.name] = spec

    def explain(self) -> tuple[str, ...]:
        """Return the wait-for chain in sentences when the run could not go on; else nothing."""
        from simulator.check.deadlock import explain  # needed only when something hangs

        return () if self.stuck is None else explain(self.stuck)

    def close(self) -> None:
        """End the run: unwind blocked threads and record what will never run (guarantee O12)."""
        if not self._closed:
            self._closed = True
            self.host.stop()
            lose_everything(self.runtime, "the program ended while it was pending")

    def _take_snapshot(self) -> None:
        end = self.host.end
        if end is not None:
            self.stuck = take_snapshot(self.runtime, end)

    def _error_of(self, stuck: Stuck) -> Exception:
        return DeadlockError(stuck.end.kind.value, "\n".join((stuck.end.text, *self.explain())))


def _costs(name: str, profile: SocProfile) -> Costs:
    if name == "profile":
        return ProfileCosts(profile)
    if name == "null":
        return NullCosts()
    known = "'profile' (latencies and bandwidths of the SoC file) and 'null' (no time)"
    msg = f"costs is {name!r}: there are {known}"
    raise UserError(msg)


def current_session() -> Session | None:
    """Return the session that calls go to now; None before the first call."""
    return current.session


def use_backend(name: str) -> None:
    """Put a fresh default session of that backend behind the surface.

    "simulator" is the only one there is; "ascend" is refused and never falls back; "auto" takes the simulator
    and says so on stderr. Raises UserError.
    """
    check_backend(name)
    if name == "auto":
        sys.stderr.write(f"aclsim: {AUTO_TOOK}\n")
    seed = _number_from_environment("ACLSIM_SEED", None)
    devices = _number_from_environment("ACLSIM_DEVICES", DEFAULT_DEVICES)
    session = Session(
        soc=os.environ.get("ACLSIM_SOC", DEFAULT_SOC),
        devices=DEFAULT_DEVICES if devices is None else devices,
        chooser=None if seed is None else Seeded(seed),
    )
    if current.session is not None:
        current.session.close()
    current.calls, current.session = session._calls, session  # noqa: SLF001 - the global is this module's own


def check_backend(name: str) -> None:
    """Raise UserError unless the backend can be used on this machine."""
    if name not in BACKENDS:
        msg = f"backend {name!r} does not exist: choose one of {', '.join(BACKENDS)}"
        raise UserError(msg)
    if name == "ascend":
        msg = (
            "backend 'ascend' is not there yet: this version has no native backend, so nothing was run; "
            "use the backend 'simulator'"
        )
        raise UserError(msg)


def _number_from_environment(name: str, default: int | None) -> int | None:
    text = os.environ.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit():
        most = f" from 1 to {MOST_DEVICES}" if default is not None else ""
        msg = f"{name} is {text!r}: it must be a whole number{most}"
        raise UserError(msg)
    return int(text)
