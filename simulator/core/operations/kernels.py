"""Binaries and kernels: load, find functions, launch."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from simulator.base.errors import Fault
from simulator.core.accesses import touched
from simulator.core.kernels import KernelCall, KernelFunction, KernelRun, KernelSpec, Program, raised_at
from simulator.core.memory import NEAR_DEVICE
from simulator.core.models import ComputingTask
from simulator.core.operations.submit import submit
from simulator.core.tasks import ExecuteTask, FailingTask
from simulator.engine.hosts.sites import call_site

if TYPE_CHECKING:
    from simulator.core.accesses import Touches
    from simulator.core.operations.kernel_args import KernelArgs
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.streams import Stream

# A kernel `add` is compiled to one symbol, or to several: for either kind of core, for each tiling key.
_SUFFIX: Final = re.compile(r"(_\d+)?(_mix_ai[cv]|__kernel\d+)?")
_UNKNOWN: Final = ((), (), False)


def load(rt: Runtime, program: Program) -> tuple[int]:
    """Keep a binary that was read: (handle,)."""
    program.number = rt.handles.add(program)
    return (program.number,)


def unload(rt: Runtime, program: Program) -> None:
    """Forget a binary and the handles of its functions; launches already queued go on."""
    for function in program.functions.values():
        rt.handles.remove(function.number)
    rt.handles.remove(program.number)


def get_function(rt: Runtime, me: Caller, program: Program, name: str) -> tuple[int] | Fault:
    """Return the function of that name, the same each time: (handle,)."""
    if me.live_context is None:
        return Fault.PARAM_INVALID
    if not (name in rt.kernels or name in program.specs or _has(program, name)):
        rt.note("no-such-kernel", f"the binary has no kernel {name}{_those_there(program)}", "i3")
        return Fault.PARAM_INVALID
    return (function_of(rt, program, name).number,)


def function_of(rt: Runtime, program: Program, name: str) -> KernelFunction:
    """Return the function of that name, made when first asked for."""
    function = program.functions.get(name)
    if function is None:
        function = program.functions[name] = KernelFunction(program, name)
        function.number = rt.handles.add(function)
    return function


def _has(program: Program, name: str) -> bool:
    if program.names is None:
        return True
    return any(
        symbol.startswith(name) and _SUFFIX.fullmatch(symbol, len(name)) is not None
        for symbol in program.names
    )


def _those_there(program: Program) -> str:
    names = sorted(program.names or ())[:5]
    return f"; its symbols are {', '.join(names)}" if names else ""


class Arguments(NamedTuple):
    """The arguments of a launch: how to get them, the device memory that is read for it, and its time limit."""

    load: Callable[[], KernelCall | None]
    reads: tuple[tuple[int, int], ...] = ()
    limit: int = 0


def launch(
    rt: Runtime, me: Caller, function: KernelFunction, blocks: int, address: int, size: int, stream: Stream
) -> object:
    """Queue a kernel whose arguments lie in device memory, which is read when its turn has come."""

    def load_call() -> KernelCall | None:
        memory = rt.memory
        here = memory.place_of(address) in NEAR_DEVICE or rt.profile.runtime.host_shares_device_memory
        args = memory.read(address, size) if here and memory.fits(address, size) else None
        return None if args is None else KernelCall(rt, function.name, blocks, args)

    return _put(rt, me, function, blocks, Arguments(load_call, ((address, size),)), stream)


def launch_with(
    rt: Runtime,
    me: Caller,
    function: KernelFunction,
    blocks: int,
    args: KernelArgs,
    stream: Stream,
    limit: int,
) -> object:
    """Queue a kernel with a list of arguments, which the program may change from then on.

    One that takes longer than *limit* ns, unless that is 0, is ended as timed out (INFERRED).
    """
    call = args.call(rt, function.name, blocks)
    return _put(rt, me, function, blocks, Arguments(lambda: call, limit=limit), stream)


def _put(
    rt: Runtime, me: Caller, function: KernelFunction, blocks: int, arguments: Arguments, stream: Stream
) -> object:
    if stream.context.stop_code:
        return stream.context.stop_code
    device, site = stream.context.device, call_site(me.thread)
    spec = function.spec(rt) or KernelSpec(function.name)
    cores = min(spec.cores or blocks, device.profile.engines.ai_cores)
    engine = None if function.program.on_cpu else device.cores
    duration = rt.costs.execute_ns(spec.latency_ns)
    if 0 < arguments.limit < duration:
        code = rt.code_of(Fault.AICORE_TIMEOUT)
        task: ExecuteTask = FailingTask(function.name, arguments.limit, cores, engine, code)
        touches = None
    elif spec.work is None:
        _tell_idle(rt, function.name)
        task = ExecuteTask(function.name, duration, cores, engine)
        touches = touched(rt, arguments.reads)
    else:
        task = ComputingTask(
            function.name, duration, cores, engine, KernelRun(rt, spec, arguments.load, site)
        )
        touches = _touches(rt, spec, arguments)
    return submit(rt, me, stream, lambda: (task,), "execute", function.name, site=site, touches=touches)


def _tell_idle(rt: Runtime, name: str) -> None:
    """Say once of each kernel that it computes nothing here."""
    text = f"kernel {name} computes nothing here: tell what it does with acl_api.register_kernel"
    if rt.log is not None:
        rt.log(("kernel", name), text, "RUNTIME")
    if name not in rt.kernels_told:
        rt.kernels_told.add(name)
        rt.note("kernel-without-function", text, "i3")


def _touches(rt: Runtime, spec: KernelSpec, arguments: Arguments) -> Touches | None:
    """Return what a launch touches, as far as anybody has said it."""
    if rt.trace is None:
        return None
    call = arguments.load() if spec.told else None
    try:
        spans = None if call is None else spec.spans(call)
    except Exception as error:  # noqa: BLE001 - whatever the user's functions raise, the launch goes on
        text = f"what kernel {spec.name} touches cannot be told: {type(error).__name__}: {error}{raised_at(error)}"
        rt.note("kernel-touches-unknown", text, "i3")
        return _UNKNOWN
    if spans is not None:
        return touched(rt, (*arguments.reads, *spans[0]), spans[1])
    if spec.name not in rt.kernels_told:
        rt.kernels_told.add(spec.name)
        text = (
            f"nobody knows what kernel {spec.name} touches: give its reads and writes, so that races are seen"
        )
        rt.note("kernel-touches-unknown", text, "i3")
    return _UNKNOWN
