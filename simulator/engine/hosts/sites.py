"""Source lines of calls: noted as cheaply as can be, and turned into text only when somebody reads them."""

from __future__ import annotations

import sys
from types import FrameType
from typing import TYPE_CHECKING, Final

from simulator.base.lines import Spot, spot_text
from simulator.engine.hosts.thread import Place

if TYPE_CHECKING:
    from simulator.engine.hosts.thread import HostThread

Site = str | Place | Spot | None


class _Ours(dict[str, bool]):
    """Whether a module is ours and not the program's, by its name; each name is looked at once."""

    def __missing__(self, name: str) -> bool:
        known = self[name] = str(name).startswith(("simulator.", "acl_api."))
        return known


ours: Final = _Ours()


def call_site(thread: HostThread, first: int = 2) -> Site:
    """Return where in the program the running *thread* has called us: its scenario step, else code and offset.

    The program may be found *first* frames up from here, and no nearer: each frame looked at costs as much as a
    tuple in the trace. None when there is no frame of a program below us, as on the runtime's own threads.
    """
    if thread.site is not None or thread.internal:
        return thread.site
    frame: FrameType | None = sys._getframe(first)  # noqa: SLF001 - its documented name
    while frame is not None and ours[frame.f_globals.get("__name__", "")]:
        frame = frame.f_back
    return None if frame is None else (frame.f_code, frame.f_lasti)


def site_text(site: Site) -> str | None:
    """Return *site* as people read it: "prog.py:12 in main", or the step of a scenario."""
    if site is None or isinstance(site, str | Place):
        return None if site is None else str(site)
    return spot_text(site)
