"""The root of the model: devices, threads, handles, memory, and what every operation needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from simulator.base.errors import Fault
from simulator.base.ids import HandleTable
from simulator.base.profile import Lowering
from simulator.base.trace import Noted, Trace
from simulator.core.devices import Device, Devices
from simulator.core.locks import RuntimeLock
from simulator.core.lowering import BLOCKING
from simulator.core.memory import Memory
from simulator.core.reports import ReportQueue, ReportRegistry
from simulator.core.unread import UnreadCodes
from simulator.engine.hosts.sites import call_site, site_text

if TYPE_CHECKING:
    from simulator.base.profile import SocProfile
    from simulator.core.contexts import Context
    from simulator.core.faults import DeclaredFault
    from simulator.core.faults.runtime import Faults
    from simulator.core.models import Model, ModelSpec
    from simulator.core.operations.threads import StartedThread
    from simulator.costs.protocol import Costs
    from simulator.engine.hosts.protocol import Host
    from simulator.engine.hosts.sites import Site
    from simulator.engine.hosts.thread import HostThread
    from simulator.engine.kernel import Kernel

# Programs make and destroy events by the million: of what is gone, the last are remembered.
_MOST_GRAVES: Final = 10_000


@dataclass(frozen=True, slots=True)
class RuntimeOptions:
    """What a run may choose where the real runtime's behaviour is not known, or not wanted.

    `reject_no_block`: NO_BLOCK on a profile that reserves it gives 207000 instead of a finding (rule a1b).
    `compete`: tasks compete for AI cores and copy engines; off, every stream has its own.
    `faults`: what is to go wrong.
    """

    reject_no_block: bool = False
    compete: bool = True
    faults: tuple[DeclaredFault, ...] = ()


class Caller:
    """What the vendor keeps per thread: current context and last runtime error (rules g12, i6)."""

    __slots__ = ("context", "failure", "last_error", "rt", "thread")

    def __init__(self, rt: Runtime, thread: HostThread) -> None:
        self.rt = rt
        self.thread = thread
        self.context: Context | None = None
        self.last_error = 0
        # What tells about the last call that failed; reading it forgets it (rule i7).
        self.failure: Callable[[], str] | None = None

    def __repr__(self) -> str:
        return f"<caller {self.thread.name} in {self.context!r}>"

    @property
    def live_context(self) -> Context | None:
        """The current context unless it was destroyed (rule a5)."""
        context = self.context
        return context if context is not None and context.alive else None


class Runtime:
    """One simulated machine and the process that uses it."""

    def __init__(
        self,
        kernel: Kernel,
        host: Host,
        profile: SocProfile,
        costs: Costs,
        *,
        devices: int = 8,
        trace: Trace | None = None,
        code_of: Callable[[Fault], int],
        options: RuntimeOptions | None = None,
    ) -> None:
        self.kernel = kernel
        self.host = host
        self.options = options or RuntimeOptions()
        # None without a plan: nothing in the run then knows of faults.
        self.faults: Faults | None = None
        self.report_queue: Callable[[int, str, Device, int], ReportQueue] = ReportQueue
        if self.options.faults:
            from simulator.core.faults.runtime import Faults  # needed only where something is to go wrong

            self.faults = Faults(self, self.options.faults, kernel, trace)
            self.report_queue = self.faults.report_queue
            profile = self.faults.limited(profile)
        self.profile = profile
        self.costs = costs
        self.trace = trace
        # Looked up once: an enum's hash is Python code, and launches would ask for it every time.
        self.lower_blocking = BLOCKING[profile.lowering]
        self.uses_notifies = profile.lowering is Lowering.NOTIFY
        self.no_block_reserved = profile.runtime.no_block_reserved
        # Whether anybody answers choice points: then the host is told of each.
        self.asks = not kernel.chooser.friendly
        self._code_of = code_of
        compete = self.options.compete
        self.devices = Devices(devices, lambda index: Device(index, profile, kernel, trace, compete=compete))
        self.handles = HandleTable()
        self.memory = Memory()
        self.reports = ReportRegistry()
        # Whether each launch notes where the program made it; without a trace it costs as much as the rest.
        self.sites = trace is not None
        # Rule b14: unsubscribing may wait while it holds this, and acknowledging needs it.
        self.subscription_lock = RuntimeLock("the subscription lock")
        self.specs: dict[str, ModelSpec] = {}
        self.models: dict[int, Model] = {}
        self.models_loaded = 0
        # Why the last single operator was refused, for people; and whether a folder of them was named.
        self.operator_said = ""
        self.operators_named = False
        # Of streams, events and contexts that are gone: label, and where each was made and destroyed.
        self.graves: dict[int, tuple[str, Site, Site]] = {}
        # Who ignores the codes of calls: kept with the trace, which is where it is told.
        self.unread = None if trace is None else UnreadCodes(self)
        # Prints why a call has failed, once per key; None where only acl.get_recent_err_msg tells.
        self.log: Callable[[object, str], None] | None = None
        # Threads of acl.util.start_thread that nobody has joined yet, by id.
        self.started: dict[int, StartedThread] = {}
        self.init_count = 0
        self.finalized = False
        self.init_config: str | None = None
        self._names: dict[str, int] = {}
        self._foreign_threads: dict[int, str] = {}
        if self.faults is not None:
            self.faults.begin()

    def __repr__(self) -> str:
        return f"<runtime {self.profile.key} with {len(self.devices)} devices at {self.kernel.now} ns>"

    def caller(self) -> Caller:
        """Return the state of the calling thread; a new thread has no context (rule g12)."""
        thread = self.host.current()
        if thread.runtime is None:
            thread.runtime = Caller(self, thread)
        return cast("Caller", thread.runtime)

    def here(self) -> Site:
        """Return where in the program the calling thread is."""
        return call_site(self.host.current())

    def bury(self, handle: int, label: str, made: Site) -> None:
        """Take a handle out of use, and keep for a while what it was and where it was destroyed."""
        self.handles.remove(handle)
        if self.sites:
            if len(self.graves) == _MOST_GRAVES:
                del self.graves[next(iter(self.graves))]
            self.graves[handle] = label, made, self.here()

    def name(self, default: str) -> str:
        """Return a name for a new object: what its creator asked for, else *default*; unique in the run."""
        thread = self.host.current()
        wanted, thread.names_next = thread.names_next or default, None
        count = self._names[wanted] = self._names.get(wanted, 0) + 1
        return wanted if count == 1 else f"{wanted}-{count}"

    def wanted_name(self) -> str | None:
        """Return the name that its creator asked for a new object, unique in the run; None when there is none."""
        return None if self.host.current().names_next is None else self.name("")

    def thread_name(self, ident: int) -> str:
        """Return the name of the thread with that id; ids that nobody has get a small number (rule b1)."""
        thread = self.host.meet(ident)
        if thread is not None:
            return thread.name
        return self._foreign_threads.setdefault(ident, f"unknown thread {len(self._foreign_threads) + 1}")

    def code_of(self, result: Fault | int | None) -> int:
        """Return the aclError of an operation's result."""
        if isinstance(result, Fault):
            return self._code_of(result)
        return result or 0

    def note(self, finding: str, text: str, rule: str) -> None:
        """Record a finding: something the user should hear about although the runtime went on."""
        if self.trace is not None:
            thread = self.host.current()
            site = site_text(call_site(thread))
            self.trace.append(Noted(self.kernel.now, finding, thread.name, text, rule, site))
