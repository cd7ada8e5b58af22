"""Handles: the integers that stand for streams, events, contexts … at the API.

A handle looks like an address, is not reused in one run unless that is asked for, and is only ever looked up, never
followed: a stale, forged or foreign one cannot crash anything (rule 0.3).
"""

from __future__ import annotations

from typing import Final

_BASE: Final = 0x1_2000_0000
_STEP: Final = 0x100


class HandleTable:
    """The live handles of one run, and which numbers were ever given out.

    One that *reuses* them gives the last that became stale to the next object, as an allocator would (rule 0.3).
    """

    __slots__ = ("_next", "_stale", "live")

    def __init__(self, *, reuses: bool = False) -> None:
        self._next = _BASE
        self._stale: list[int] | None = [] if reuses else None
        self.live: dict[int, object] = {}

    def __repr__(self) -> str:
        return f"<handles {len(self.live)} live of {self.issued}>"

    @property
    def issued(self) -> int:
        """How many different handles this run has given out."""
        return (self._next - _BASE) // _STEP

    def add(self, thing: object) -> int:
        """Give *thing* a handle that no other live object has; that none ever had, unless the table reuses them."""
        if self._stale:
            handle = self._stale.pop()
        else:
            handle = self._next
            self._next += _STEP
        self.live[handle] = thing
        return handle

    def remove(self, handle: int) -> None:
        """Make *handle* stale; looking it up again finds nothing."""
        del self.live[handle]
        if self._stale is not None:
            self._stale.append(handle)

    def was_issued(self, handle: int) -> bool:
        """Tell a stale handle (True) from a forged number (False)."""
        return _BASE <= handle < self._next and (handle - _BASE) % _STEP == 0
