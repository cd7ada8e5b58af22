"""Memory that is shared by a key (aclrtIpcMem...): within one process, where both sides see the same addresses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from simulator.base.errors import Fault

if TYPE_CHECKING:
    from simulator.core.runtime import Runtime

KEY_LENGTH: Final = 64


@dataclass(slots=True)
class Shared:
    """Memory with a key, and how often it was imported by it."""

    address: int
    size: int
    imports: int = 0
    pids: set[int] = field(default_factory=set)


def export_key(rt: Runtime, address: int, size: int) -> tuple[str] | Fault:
    """Give memory a key: (key,). Keys are counted, so that a run repeated has the same."""
    region = rt.memory.find(address)
    if region is None or region.device is None or region.view is not None or address + size > region.end:
        return _refused(rt, "ipc_mem_get_export_key of what is not inside device memory")
    rt.keys_made += 1
    key = f"{rt.keys_made:0{KEY_LENGTH}x}"
    rt.keys[key] = Shared(address, size)
    return (key,)


def set_import_pids(rt: Runtime, key: str, pids: tuple[int, ...]) -> Fault | None:
    """Let other processes import by a key: they are other machines here, so that nothing comes of it."""
    shared = rt.keys.get(key)
    if shared is None:
        return _unknown(rt)
    shared.pids.update(pids)
    return None


def import_by_key(rt: Runtime, key: str) -> tuple[int] | Fault:
    """Return the address of memory with that key, which is the one that it has anyhow: (address,)."""
    shared = rt.keys.get(key)
    if shared is None:
        return _unknown(rt)
    if rt.memory.find(shared.address) is None:
        return _refused(rt, "ipc_mem_import_by_key of memory that was freed meanwhile")
    shared.imports += 1
    return (shared.address,)


def close(rt: Runtime, key: str) -> Fault | None:
    """Give one import back; without any, the key itself."""
    shared = rt.keys.get(key)
    if shared is None:
        return _unknown(rt)
    if shared.imports:
        shared.imports -= 1
    else:
        del rt.keys[key]
    return None


def _unknown(rt: Runtime) -> Fault:
    return _refused(
        rt, "a key that this process has not made, or has closed: other processes are other machines here"
    )


def _refused(rt: Runtime, text: str) -> Fault:
    rt.note("bad-key", text, "h2")
    return Fault.PARAM_INVALID
