"""Kernels by name: what users say of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Final

from simulator.base.errors import UserError
from simulator.base.units import UnitError, parse_duration
from simulator.core.kernels import KernelSpec

if TYPE_CHECKING:
    from acl_api.kernels.launch import Launch
    from simulator.core.kernels import KernelCall

    Work = Callable[[Launch], object]
    Touched = Callable[[Launch], Iterable[tuple[int, int]]]

# Those that were registered before any session was open: every session begins with them.
REGISTERED: Final[dict[str, KernelSpec]] = {}


def register_kernel(
    name: str,
    fn: Work | None = None,
    *,
    duration: str | int = "3us",
    cores: int | None = None,
    reads: Touched | None = None,
    writes: Touched | None = None,
) -> None:
    """Say what the kernel *name* does: *fn* gets a `Launch` when its task ends, and works on the device's memory.

    It takes *duration* ("3us", or nanoseconds) on *cores* AI cores, else on one for each block. *reads* and *writes*
    return, for a launch, the memory that it touches as pairs of address and bytes; without them races of the kernel
    are not seen. It holds for the session that is open, else for all that open later. Raises UserError.
    """
    from acl_api.session import current

    if not name:
        raise UserError(
            f"register_kernel: the name is {name!r}: give the name that binary_get_function asks for"
        )
    if fn is not None and not callable(fn):
        raise UserError(f"register_kernel: {name} is to run {fn!r}, which cannot be called")
    if cores is not None and (type(cores) is not int or cores < 1):
        raise UserError(f"register_kernel: {name} is to take {cores!r} cores: give a whole number from 1")
    try:
        latency = duration if type(duration) is int and duration >= 0 else parse_duration(duration)
    except UnitError as error:
        raise UserError(f"register_kernel: the duration of {name} is wrong: {error}") from None
    work, told = None if fn is None else partial(_run, fn), (reads, writes)
    spec = KernelSpec(
        name, latency, cores, work, *(None if it is None else partial(_told, it) for it in told)
    )
    kernels = REGISTERED if current.session is None else current.session.runtime.kernels
    kernels[name] = spec


def work_of(fn: Callable[..., object]) -> Callable[[KernelCall], object]:
    """Return a user's function as the model calls it."""
    return partial(_run, fn)


def _run(fn: Work, call: KernelCall) -> object:
    from acl_api.kernels.launch import Launch

    return fn(Launch(call))


def _told(fn: Touched, call: KernelCall) -> Iterable[tuple[int, int]]:
    from acl_api.kernels.launch import Launch

    return fn(Launch(call))
