"""Kernels: what a kernel does and how long it takes, the binaries that hold them, and what a launch hands over."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from simulator.base.errors import Fault
from simulator.core.memory import NEAR_DEVICE
from simulator.engine.hosts.sites import site_text

if TYPE_CHECKING:
    from simulator.core.runtime import Runtime
    from simulator.engine.hosts.sites import Site

DEFAULT_LATENCY_NS: Final = 3_000
# Addresses, each with a number of bytes.
Told = Iterable[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class KernelSpec:
    """A kernel as the user describes it: its name, how long it takes, on how many cores, and what it computes.

    Without `cores` it takes one for each block. `reads` and `writes` tell which memory a launch touches; without them
    nobody knows.
    """

    name: str
    latency_ns: int = DEFAULT_LATENCY_NS
    cores: int | None = None
    work: Callable[[KernelCall], object] | None = None
    reads: Callable[[KernelCall], Told] | None = None
    writes: Callable[[KernelCall], Told] | None = None

    def __repr__(self) -> str:
        return f"<kernel {self.name}{'' if self.work else ' that computes nothing'}>"

    @property
    def told(self) -> bool:
        """Whether its launches say what they touch."""
        return self.reads is not None or self.writes is not None

    def spans(self, call: KernelCall) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Return what a launch reads and what it writes, as the user's functions tell it."""
        reads, writes = (
            [] if told is None else [(int(address), int(size)) for address, size in told(call)]
            for told in (self.reads, self.writes)
        )
        return reads, writes


@dataclass(eq=False, slots=True)
class Program:
    """A binary that is loaded; `names` are the symbols that it has, None where any name will do."""

    names: frozenset[str] | None
    specs: dict[str, KernelSpec]
    on_cpu: bool = False
    number: int = 0
    functions: dict[str, KernelFunction] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<binary with {len(self.functions)} functions in use>"


class KernelFunction:
    """A function of a binary, as the program launches it."""

    __slots__ = ("name", "number", "program")

    def __init__(self, program: Program, name: str) -> None:
        self.program = program
        self.name = name
        self.number = 0

    def __repr__(self) -> str:
        return f"<kernel function {self.name}>"

    def spec(self, rt: Runtime) -> KernelSpec | None:
        """Return what the user says of it: in a call, else beside the binary; None where nothing is said."""
        return rt.kernels.get(self.name) or self.program.specs.get(self.name)


class BadAccessError(Exception):
    """A kernel reaches memory that it cannot: the message says which."""


class KernelCall:
    """One launch: the arguments as raw bytes, how many blocks, and the memory that the device reaches.

    The arguments lie in memory of the runtime's own, into which they may point themselves.
    """

    __slots__ = ("_allowed", "_image", "_rt", "args", "block_dim", "name")

    def __init__(self, rt: Runtime, name: str, block_dim: int, args: bytes) -> None:
        self._rt = rt
        self.name = name
        self.block_dim = block_dim
        self._image = ctypes.create_string_buffer(args, max(len(args), 1))
        self.args = args
        self._allowed: list[tuple[int, int]] | None = None

    def __repr__(self) -> str:
        return f"<launch of {self.name} on {self.block_dim} blocks>"

    def place(self, offset: int, at: int) -> None:
        """Let the argument at *offset* point to the byte *at* of the arguments."""
        address = ctypes.addressof(self._image) + at
        patched = self.args[:offset] + address.to_bytes(8, "little") + self.args[offset + 8 :]
        self.args = patched
        ctypes.memmove(self._image, patched, len(patched))

    def allow(self, spans: list[tuple[int, int]]) -> None:
        """Keep the kernel to the memory that it says it touches."""
        self._allowed = spans

    def view(self, address: int, size: int) -> memoryview:
        """Return *size* bytes of memory, to be read and written. Raises BadAccessError where that cannot be."""
        base = ctypes.addressof(self._image)
        if base <= address and address + size <= base + len(self.args):
            return memoryview(self._image).cast("B")[address - base : address - base + size]
        memory = self._rt.memory
        region = memory.find(address)
        if region is None or not memory.fits(address, size):
            raise BadAccessError(f"reaches {size} bytes that were freed, are not mapped, or end too early")
        if region.place not in NEAR_DEVICE and not self._rt.profile.runtime.host_shares_device_memory:
            what = (
                f"{region.place.value} memory, which the device of this product cannot reach: copy it first"
            )
            raise BadAccessError(f"reaches {what}")
        inside = self._allowed is None or any(
            start <= address and address + size <= start + length for start, length in self._allowed
        )
        if not inside:
            raise BadAccessError(
                f"reaches {size} bytes of {region.label} that its reads and writes do not name"
            )
        at = region.at(address)
        return memoryview(region.mapping)[at : at + size]


class KernelRun:
    """What a launch does at its end: calling it returns 0, or the code of its failure, which a finding explains."""

    __slots__ = ("_load", "_rt", "_site", "_spec", "why")

    def __init__(
        self, rt: Runtime, spec: KernelSpec, load: Callable[[], KernelCall | None], site: Site
    ) -> None:
        self._rt = rt
        self._spec = spec
        self._load = load
        self._site = site
        self.why = ""

    def __repr__(self) -> str:
        return f"<run of {self._spec.name}>"

    def __call__(self) -> int:
        """Do the work."""
        call, work = self._load(), self._spec.work
        if call is None:
            return self._failed("bad-address", "its arguments lie in memory that the device cannot reach")
        try:
            if self._spec.told:
                call.allow([span for spans in self._spec.spans(call) for span in spans])
            if work is not None:
                work(call)
        except BadAccessError as error:
            return self._failed("bad-address", f"it {error}")
        except Exception as error:  # noqa: BLE001 - whatever the user's function raises is a failure of the kernel
            return self._failed("kernel-failed", f"{type(error).__name__}: {error}{raised_at(error)}")
        return 0

    def _failed(self, finding: str, what: str) -> int:
        self.why = f"kernel {self._spec.name} failed: {what}"
        site = site_text(self._site)
        self._rt.note(finding, f"{self.why} (launched at {site})" if site else self.why, "i3")
        return self._rt.code_of(Fault.AICORE_EXCEPTION)


def raised_at(error: Exception) -> str:
    """Return the innermost line of the program's own code that raised."""
    trace, where = error.__traceback__, ""
    while trace is not None:
        code = trace.tb_frame.f_code
        where = f" ({code.co_filename.rpartition('/')[2]}:{trace.tb_lineno} in {code.co_name})"
        trace = trace.tb_next
    return where
