"""Calls whose code the program never looks at: told once per place in the program, and again when the call fails."""

from __future__ import annotations

from types import CodeType
from typing import TYPE_CHECKING, Final

from simulator.base.lines import Spot, spot_text
from simulator.base.remarks import Unread
from simulator.engine.hosts.unread import is_unread

if TYPE_CHECKING:
    from simulator.core.runtime import Runtime
    from simulator.engine.hosts.sites import Site

# What a report loop and a second user of the library may well ignore (rules c2, c3, g1).
_HARMLESS: Final = frozenset({("process_report", 107012), ("process_report", 507012), ("init", 100002)})


class UnreadCodes:
    """The places of one run that were looked at; each costs one look at the bytecode."""

    __slots__ = ("_rt", "_told", "known")

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        # By the code's id, which hashes faster than the code does; the code is kept, so that its id stays its own.
        self.known: dict[tuple[int, int], tuple[CodeType, bool]] = {}
        self._told: set[tuple[int, int, int]] = set()

    def __repr__(self) -> str:
        return f"<unread codes: {len(self.known)} places>"

    def look(self, site: Site, what: str, code: int, results: int) -> None:
        """Note the call *what* at *site* if it returned *code*, last of *results* values, to nobody."""
        if type(site) is not tuple:  # a step of a scenario, or no line at all
            return
        key = (id(site[0]), site[1])
        known = self.known.get(key)
        if known is None:
            known = self._know(site, key, what, results)
        if code and known[1] and (what, code) not in _HARMLESS and (*key, code) not in self._told:
            self._told.add((*key, code))
            self._tell(site, what, code)

    def _know(self, spot: Spot, key: tuple[int, int], what: str, results: int) -> tuple[CodeType, bool]:
        known = self.known[key] = (spot[0], is_unread(spot, results))
        if known[1]:
            self._tell(spot, what, 0)
        return known

    def _tell(self, spot: Spot, what: str, code: int) -> None:
        rt = self._rt
        if rt.trace is not None:
            thread = rt.host.current()
            rt.trace.append(Unread(rt.kernel.now, thread.name, what, code, spot_text(spot)))
