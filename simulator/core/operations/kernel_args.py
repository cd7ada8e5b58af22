"""Lists of arguments for kernels (aclrtKernelArgs...): parameters, then the data of placeholders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simulator.base.errors import Fault
from simulator.core.kernels import KernelCall
from simulator.core.memory import address_of, reserve
from simulator.core.operations.allocations import rounded_up
from simulator.core.operations.memory import out_of_range

if TYPE_CHECKING:
    import mmap

    from simulator.core.kernels import KernelFunction
    from simulator.core.runtime import Caller, Runtime

_ROOM: Final = 64 << 10
_MOST_PARAMETERS: Final = 128
_NUMBER: Final = 8
# What the runtime wants beside the program's arguments, and how large its list is (hicann/runtime, args_inner.h).
_EXTRA: Final = 64 + _MOST_PARAMETERS * _NUMBER
_LIST_BYTES: Final = 96 + _MOST_PARAMETERS * 48


class Parameter:
    """One parameter of a list: where it stands; a placeholder has data, which it points to."""

    __slots__ = ("at", "data_at", "holds_place", "number", "size")

    def __init__(self, at: int, size: int, *, holds_place: bool) -> None:
        self.at = at
        self.size = size
        self.holds_place = holds_place
        self.data_at = 0
        self.number = 0

    def __repr__(self) -> str:
        return f"<{'placeholder' if self.holds_place else 'parameter'} at {self.at}>"


class KernelArgs:
    """A list of arguments in a buffer of host memory, the runtime's own or the program's."""

    __slots__ = (
        "address",
        "buffer",
        "filled",
        "finalized",
        "function",
        "has_data",
        "number",
        "parameters",
        "room",
        "updating",
    )

    def __init__(self, function: KernelFunction, address: int, room: int, buffer: mmap.mmap | None) -> None:
        self.buffer = buffer  # kept, so that its address stays
        self.address = address
        self.room = room
        self.number = 0
        self.parameters: list[Parameter] = []
        self.begin(function)

    def __repr__(self) -> str:
        return f"<arguments of {self.function.name}: {len(self.parameters)} in {self.filled} bytes>"

    def begin(self, function: KernelFunction) -> None:
        """Begin anew."""
        self.function = function
        self.parameters = []
        self.filled = 0
        self.has_data = False
        self.finalized = False
        self.updating = False

    def place(self, size: int) -> int | None:
        """Return where *size* more bytes go; None when there is no room."""
        at = self.filled if self.function.program.on_cpu else rounded_up(self.filled, _NUMBER)
        if at + size > self.room:
            return None
        self.filled = at + size
        return at

    def call(self, rt: Runtime, name: str, blocks: int) -> KernelCall | None:
        """Return a launch with what stands in the list now; None when the buffer is gone."""
        data = (
            rt.memory.read(self.address, self.filled) if rt.memory.fits(self.address, self.filled) else None
        )
        if data is None:
            return None
        call = KernelCall(rt, name, blocks, data)
        for parameter in self.parameters:
            if parameter.data_at:
                call.place(parameter.at, parameter.data_at)
        return call


def init(rt: Runtime, me: Caller, function: KernelFunction) -> tuple[int] | Fault:
    """Begin the one list that the calling thread has: (handle,)."""
    args = me.kernel_args
    if args is None:
        buffer = reserve(_ROOM)
        if buffer is None:
            return Fault.HOST_OUT_OF_MEMORY
        args = me.kernel_args = KernelArgs(function, address_of(buffer), _ROOM, buffer)
        args.number = rt.handles.add(args)
    _forget_parameters(rt, args)
    args.begin(function)
    return (args.number,)


def init_in(rt: Runtime, function: KernelFunction, number: int, address: int, size: int) -> None:
    """Begin a list whose handle and buffer are memory of the program's."""
    old = rt.handles.live.get(number)
    if isinstance(old, KernelArgs):
        _forget_parameters(rt, old)
    args = KernelArgs(function, address, size, None)
    args.number = number
    rt.handles.live[number] = args


def _forget_parameters(rt: Runtime, args: KernelArgs) -> None:
    for parameter in args.parameters:
        rt.handles.remove(parameter.number)


def memory_size(function: KernelFunction, size: int) -> tuple[int]:
    """Return how large a buffer for *size* bytes of arguments must be: (bytes,)."""
    return (size if function.program.on_cpu else size + _EXTRA,)


def list_size() -> tuple[int]:
    """Return how large the memory of a list is: (bytes,)."""
    return (_LIST_BYTES,)


def append(rt: Runtime, args: KernelArgs, source: int, size: int) -> tuple[int] | Fault:
    """Copy a parameter to the end of the list: (handle,)."""
    if args.finalized or args.has_data:
        return Fault.NOT_SUPPORTED
    data = rt.memory.read(source, size) if size <= args.room and rt.memory.fits(source, size) else b""
    if data is None:
        return out_of_range(rt, "kernel_args_append")
    return _added(rt, args, size, data, holds_place=False)


def append_placeholder(rt: Runtime, args: KernelArgs) -> tuple[int] | Fault:
    """Add a pointer to data that follows: (handle,)."""
    if args.finalized or args.has_data:
        return Fault.NOT_SUPPORTED
    return _added(rt, args, _NUMBER, bytes(_NUMBER), holds_place=True)


def _added(rt: Runtime, args: KernelArgs, size: int, data: bytes, *, holds_place: bool) -> tuple[int] | Fault:
    at = None if len(args.parameters) == _MOST_PARAMETERS else args.place(size)
    if at is None:
        return Fault.PARAM_INVALID
    if not rt.memory.store(args.address + at, data):
        return out_of_range(rt, "kernel_args_append")
    parameter = Parameter(at, size, holds_place=holds_place)
    parameter.number = rt.handles.add(parameter)
    args.parameters.append(parameter)
    return (parameter.number,)


def placeholder_buffer(args: KernelArgs, parameter: Parameter, size: int) -> tuple[int] | Fault:
    """Return where the data of a placeholder goes, in the buffer: (address,)."""
    if not parameter.holds_place:
        return Fault.PARAM_INVALID
    if args.finalized:
        return Fault.NOT_SUPPORTED
    at = args.place(size)
    if at is None:
        return Fault.PARAM_INVALID
    args.has_data = True
    parameter.data_at = at
    return (args.address + at,)


def update(rt: Runtime, args: KernelArgs, parameter: Parameter, source: int, size: int) -> Fault | None:
    """Replace a parameter; the list must be finalised again."""
    if parameter.holds_place or parameter.size != size:
        return Fault.PARAM_INVALID
    data = rt.memory.read(source, size) if rt.memory.fits(source, size) else None
    if data is None or not rt.memory.store(args.address + parameter.at, data):
        return out_of_range(rt, "kernel_args_para_update")
    args.updating = True
    return None


def finalize(args: KernelArgs) -> None:
    """Mark a list as complete."""
    args.finalized = True
    args.updating = False
