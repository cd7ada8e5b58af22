"""Reading binaries: what the runtime looks at before it takes one, and the kernels that users describe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from acl_api.kernels.elf import is_object, symbols
from acl_api.kernels.sidefile import kernels_beside
from simulator.core.kernels import Program

if TYPE_CHECKING:
    from collections.abc import Sequence

    from acl_api.structs import Option
    from simulator.core.runtime import Runtime

# aclrtBinaryLoadOptionType.
_LAZY, _MAGIC, _ON_CPU = 1, 2, 3
_MAGICS: Final = frozenset((0x43554245, 0x41494343, 0x41415246))
_FROM_DATA: Final = 2
_MOST_BYTES: Final = 1 << 30


def from_file(path: str, options: Sequence[Option]) -> Program | None:
    """Return the binary in a file; None for what the runtime refuses. Raises UserError for a wrong side file."""
    if not _known(options, from_data=False):
        return None
    file = Path(path)
    on_cpu = any(option.which == _ON_CPU for option in options)
    try:
        if not file.is_file() or not 0 < file.stat().st_size <= _MOST_BYTES:
            return None
        data = file.read_bytes()
    except OSError:
        return None
    return _program(data, on_cpu=on_cpu, beside=file)


def from_data(rt: Runtime, address: int, size: int, options: Sequence[Option] = ()) -> Program | None:
    """Return the binary in memory; None for what the runtime refuses."""
    if not _known(options, from_data=True) or size > _MOST_BYTES:
        return None
    data = rt.memory.read(address, size) if rt.memory.fits(address, size) else None
    on_cpu = any(option.which == _ON_CPU for option in options)
    return None if data is None else _program(data, on_cpu=on_cpu, beside=None)


def _known(options: Sequence[Option], *, from_data: bool) -> bool:
    """Tell whether the runtime takes these options."""
    allowed = {
        _LAZY: frozenset((0, 1)),
        _MAGIC: _MAGICS if from_data else frozenset(),
        _ON_CPU: frozenset((_FROM_DATA,)) if from_data else frozenset((0, 1)),
    }
    return all(option.value in allowed.get(option.which, ()) for option in options)


def _program(data: bytes, *, on_cpu: bool, beside: Path | None) -> Program | None:
    specs = {} if beside is None else kernels_beside(beside)
    if on_cpu:  # a description in JSON, or a library for the device's processor: its names are given later
        return Program(None, specs, on_cpu=True)
    return Program(symbols(data), specs) if is_object(data) else None
