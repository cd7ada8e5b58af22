"""Source lines of calls: noted as cheaply as can be, and turned into text only when somebody reads them."""

from __future__ import annotations

import sys
from types import CodeType
from typing import TYPE_CHECKING, Final

from simulator.engine.hosts.thread import Place

if TYPE_CHECKING:
    from simulator.engine.hosts.thread import HostThread

# Code and offset of an instruction. A plain tuple: one is made per launch, and finding the line costs more.
Spot = tuple[CodeType, int]
Site = str | Place | Spot | None


class _Ours(dict[str, bool]):
    """Whether a module is ours and not the program's, by its name; each name is looked at once."""

    def __missing__(self, name: str) -> bool:
        known = self[name] = str(name).startswith(("simulator.", "acl_api."))
        return known


ours: Final = _Ours()


def call_site(thread: HostThread) -> Site:
    """Return where in the program the running *thread* has called us: its scenario step, else code and offset.

    None when there is no frame of a program below us, as on the runtime's own threads.
    """
    if thread.site is not None or thread.internal:
        return thread.site
    frame = sys._getframe(2)  # noqa: SLF001 - its documented name
    while ours[frame.f_globals.get("__name__", "")]:
        if frame.f_back is None:
            return None
        frame = frame.f_back
    return frame.f_code, frame.f_lasti


def site_text(site: Site) -> str | None:
    """Return *site* as people read it: "prog.py:12 in main", or the step of a scenario."""
    if site is None or isinstance(site, str | Place):
        return None if site is None else str(site)
    code, offset = site
    lines = (line for first, end, line in code.co_lines() if first <= offset < end)
    return str(Place(code, next(lines, None) or code.co_firstlineno))
