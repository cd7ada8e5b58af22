"""Where the program launched what is still pending when it ends: the trace does not keep lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.engine.hosts.sites import site_text

if TYPE_CHECKING:
    from simulator.core.runtime import Runtime

# A stream's name and the number of a launch's first task.
Launch = tuple[str, int]


def pending_launches(rt: Runtime) -> dict[Launch, str]:
    """Return the lines of launches whose tasks are queued, or whose reports nobody has taken yet."""
    streams = [stream for device in rt.devices for context in device.contexts for stream in context.streams]
    sites = [((stream.label, seq), site) for stream in streams for seq, site in stream.sent_from]
    for queue in rt.reports.by_ident.values():
        sites += [((task.stream.label, task.seq), task.site) for task in (*queue.ready, *queue.post_waits)]
    return {launch: text for launch, site in sites if (text := site_text(site)) is not None}
