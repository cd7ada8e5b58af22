"""The root of the model: devices, threads, handles, memory, and what every operation needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, cast

from simulator.base.errors import Fault
from simulator.base.ids import HandleTable
from simulator.base.profile import Lowering
from simulator.base.trace import Noted, Trace
from simulator.core.devices import Device, Devices
from simulator.core.failures import Failures
from simulator.core.locks import RuntimeLock
from simulator.core.lowering import BLOCKING
from simulator.core.memory import Memory
from simulator.core.options import RuntimeOptions
from simulator.core.reports import ReportQueue, ReportRegistry
from simulator.core.states import StateListeners
from simulator.core.timeouts import TimeLimits
from simulator.core.unread import UnreadCodes
from simulator.core.values import Watches
from simulator.core.virtual import VirtualMemory
from simulator.engine.hosts.sites import call_site, site_text

if TYPE_CHECKING:
    from simulator.base.profile import SocProfile
    from simulator.core.contexts import Context
    from simulator.core.faults.runtime import Faults
    from simulator.core.kernels import KernelSpec
    from simulator.core.models import Model, ModelSpec
    from simulator.core.notifies import Notify
    from simulator.core.operations.kernel_args import KernelArgs
    from simulator.core.operations.sharing import Shared
    from simulator.core.operations.threads import StartedThread
    from simulator.core.profiling import Profiling
    from simulator.core.streams import Stream
    from simulator.costs.protocol import Costs
    from simulator.engine.hosts.protocol import Host
    from simulator.engine.hosts.sites import Site
    from simulator.engine.hosts.thread import HostThread
    from simulator.engine.kernel import Kernel

# Programs make and destroy events by the million: of what is gone, the last are remembered.
_MOST_GRAVES: Final = 10_000


class Caller:
    """What the vendor keeps per thread: current context and last runtime error (rules g12, i6)."""

    __slots__ = (
        "context",
        "failure",
        "kernel_args",
        "last_error",
        "last_sent",
        "resources_of",
        "rt",
        "thread",
    )

    def __init__(self, rt: Runtime, thread: HostThread) -> None:
        self.rt = rt
        self.thread = thread
        self.context: Context | None = None
        self.last_error = 0
        # The list of arguments that kernel_args_init starts anew each time.
        self.kernel_args: KernelArgs | None = None
        # The number of the last task that the thread has put on its stream; 0 before the first.
        self.last_sent = 0
        # The stream whose limits hold for what the thread launches.
        self.resources_of: Stream | None = None
        # What tells about the last call that failed; reading it forgets it (rule i7).
        self.failure: Callable[[], str] | None = None

    def __repr__(self) -> str:
        return f"<caller {self.thread.name} in {self.context!r}>"

    @property
    def live_context(self) -> Context | None:
        """The current context unless it was destroyed (rule a5); the default device's for a thread without any."""
        context = self.context
        if context is None and self.rt.default_device is not None:
            self.rt.enter_default(self)
            context = self.context
        return context if context is not None and context.alive else None


class Runtime:
    """One simulated machine and the process that uses it, which sees the *devices* of these logical ids."""

    def __init__(
        self,
        kernel: Kernel,
        host: Host,
        profile: SocProfile,
        costs: Costs,
        *,
        devices: Sequence[int] = range(8),
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
        # The scheduler in hardware, which all but the older products have.
        self.has_stars = profile.lowering is not Lowering.ACK
        self.no_block_reserved = profile.runtime.no_block_reserved
        # Whether anybody answers choice points: then the host is told of each.
        self.asks = not kernel.chooser.friendly
        self._code_of = code_of
        # Codes that the options leave to the run.
        self._own_codes = {
            Fault.BAD_FREE: int(self.options.bad_free),
            Fault.DEVICE_OUT_OF_MEMORY: int(self.options.out_of_memory),
        }
        self.devices = Devices(devices, self._make_device)
        self.handles = HandleTable(reuses=self.options.handles == "reused")
        self.memory = Memory()
        self.virtual = VirtualMemory(self.memory)
        self.reports = ReportRegistry()
        # Whether each launch notes where the program made it; without a trace it costs as much as the rest.
        self.sites = trace is not None
        # Rule b14: unsubscribing may wait while it holds this, and acknowledging needs it.
        self.subscription_lock = RuntimeLock("the subscription lock")
        # Of streams, events and contexts that are gone: label, and where each was made and destroyed.
        self.graves: dict[int, tuple[str, Site, Site]] = {}
        # Who ignores the codes of calls: kept with the trace, which is where it is told.
        self.unread = None if trace is None else UnreadCodes(self)
        # Prints why a call has failed, once per key; None where only acl.get_recent_err_msg tells.
        self.log: Callable[[object, str, str], None] | None = None
        # Threads of acl.util.start_thread that nobody has joined yet, by id.
        self.started: dict[int, StartedThread] = {}
        self._names: dict[str, int] = {}
        self._foreign_threads: dict[int, str] = {}
        self._begin_process()
        self._begin_registers()
        if self.faults is not None:
            self.faults.begin()

    def _begin_process(self) -> None:
        """Set what the program has of its process: initialisation, what it has set, who listens."""
        self.init_count = 0
        self.finalized = False
        self.init_config: str | None = None
        # What the configuration names: threads without a context get its primary one when they first need it.
        self.default_device: Device | None = None
        # What acl.prof records with, once it was used; and how the calls of the API are watched meanwhile.
        self.profiling: Profiling | None = None
        self.watch_calls: Callable[[object], None] | None = None
        # Who hears of failed tasks, and of the states of streams and devices.
        self.failures = Failures()
        self.stream_states = StateListeners()
        self.device_states = StateListeners()
        self.limits = TimeLimits(self.profile.features)
        # What a program has set for its process: the mode of floats that overflow, and system parameters.
        self.saturates = not self.profile.features.infnan_mode
        self.params: dict[int, int] = {}
        # Who waits for values in memory; devices tell it of what their tasks do.
        self.watches = Watches()

    def _begin_registers(self) -> None:
        """Set what is found by a name, a number or a key: models, kernels, shared memory, notifies."""
        self.specs: dict[str, ModelSpec] = {}
        self.models: dict[int, Model] = {}
        # What the program says of kernels, by their names; and of which it was told that something is not known.
        self.kernels: dict[str, KernelSpec] = {}
        self.kernels_told: set[str] = set()
        self.models_loaded = 0
        # Ids of the models in each bundle that is loaded.
        self.bundles: dict[int, list[int]] = {}
        # Between init_dump and finalize_dump.
        self.dumping = False
        # Memory that is shared by a key, and how many keys there were.
        self.keys: dict[str, Shared] = {}
        self.keys_made = 0
        # What programs have registered as the allocators of streams, with the handle of each description.
        self.allocators: dict[int, tuple[int, dict[str, object]]] = {}
        # Why the last single operator was refused, for people; and whether a folder of them was named.
        self.operator_said = ""
        self.operators_named = False
        # Notifies by the keys that they were exported under.
        self.notify_keys: dict[str, Notify] = {}

    def __repr__(self) -> str:
        return f"<runtime {self.profile.key} with {len(self.devices)} devices at {self.kernel.now} ns>"

    def _make_device(self, index: int) -> Device:
        device = Device(index, self.profile, self.kernel, self.trace, self.options)
        device.watches = self.watches
        device.failures = self.failures
        return device

    def caller(self) -> Caller:
        """Return the state of the calling thread; a new thread has no context (rule g12)."""
        thread = self.host.current()
        if thread.runtime is None:
            thread.runtime = Caller(self, thread)
        return cast("Caller", thread.runtime)

    def enter_default(self, me: Caller) -> None:
        """Give a thread without a context that of the default device, as if it had set that device."""
        from simulator.core.operations.devices import set_device  # it builds on this module

        if self.default_device is not None:
            set_device(self, me, self.default_device)

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
            return self._own_codes.get(result) or self._code_of(result)
        return result or 0

    def note(self, finding: str, text: str, rule: str) -> None:
        """Record a finding: something the user should hear about although the runtime went on."""
        if self.trace is not None:
            thread = self.host.current()
            site = site_text(call_site(thread))
            self.trace.append(Noted(self.kernel.now, finding, thread.name, text, rule, site))
