"""Objects of the program whose addresses the binding has given out: bytes and numpy arrays.

An address holds no reference. `bytes_to_ptr(array.tobytes())` is the address of something that is gone before
the next line, and works on hardware by luck. The last few objects are kept alive here, so that such an address
still has its data, and using it can be told to the program.
"""

from __future__ import annotations

from sys import getrefcount
from typing import Final

_MOST: Final = 256
_MOST_BYTES: Final = 64 << 20
# What refers to an object that only this module knows: its record, a local name, and getrefcount's argument.
_OURS: Final = 3


class Lending:
    """The objects behind the addresses given out last, oldest first."""

    __slots__ = ("_bytes", "_lent")

    def __init__(self) -> None:
        self._lent: dict[int, tuple[object, int]] = {}
        self._bytes = 0

    def __repr__(self) -> str:
        return f"<{len(self._lent)} objects lent, {self._bytes} bytes>"

    def lend(self, address: int, owner: object, size: int) -> None:
        """Remember that *address* is that of the *size* bytes of *owner*; large ones are not kept."""
        self._forget(address)
        if size > _MOST_BYTES:
            return
        self._lent[address] = owner, size
        self._bytes += size
        while len(self._lent) > _MOST or self._bytes > _MOST_BYTES:
            self._forget(next(iter(self._lent)))

    def dropped(self, address: int) -> bool:
        """Tell whether the program has let go of the object whose data begins at *address*."""
        if address not in self._lent:
            return False
        owner, _ = self._lent[address]
        return getrefcount(owner) <= _OURS

    def _forget(self, address: int) -> None:
        _, size = self._lent.pop(address, (None, 0))
        self._bytes -= size
