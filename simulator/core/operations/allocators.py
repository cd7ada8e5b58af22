"""Allocators that programs register for streams (aclrtAllocator...): kept, and asked for nothing here.

The vendor's graph engine takes memory from them for its models, which take none here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from simulator.core.runtime import Runtime

# What an allocator must have; how it is told of sizes in advance need not be given.
_NEEDED: Final = ("allocator", "alloc", "free", "address")


class AllocatorDesc:
    """What a program says of its allocator: the object, and its functions by what they do."""

    __slots__ = ("number", "parts")

    def __init__(self) -> None:
        self.number = 0
        self.parts: dict[str, object] = {}

    def __repr__(self) -> str:
        return f"<allocator description with {', '.join(self.parts) or 'nothing'}>"

    @property
    def complete(self) -> bool:
        """Whether everything is there that an allocator must have."""
        return all(part in self.parts for part in _NEEDED)


def create(rt: Runtime) -> tuple[int]:
    """Make an empty description: (handle,)."""
    desc = AllocatorDesc()
    desc.number = rt.handles.add(desc)
    return (desc.number,)


def register(rt: Runtime, stream: int, desc: AllocatorDesc) -> None:
    """Keep what a complete description says for a stream, which is not looked at."""
    rt.allocators[stream] = (desc.number, dict(desc.parts))


def unregister(rt: Runtime, stream: int) -> None:
    """Forget what is kept for a stream, if anything."""
    rt.allocators.pop(stream, None)


def of_stream(rt: Runtime, stream: int) -> tuple[object, ...]:
    """Return what is kept for a stream: (description, allocator, alloc, free, advise, address)."""
    number, parts = rt.allocators[stream]
    return number, *(parts.get(part, 0) for part in ("allocator", "alloc", "free", "advise", "address"))
