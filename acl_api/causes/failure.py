"""A call that failed, and the words in which its cause is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from simulator.core.streams import Stream
from simulator.engine.hosts.sites import site_text

if TYPE_CHECKING:
    from acl_api.table.row import Check, Row
    from simulator.core.contexts import Context
    from simulator.core.events import Event
    from simulator.core.runtime import Caller, Runtime
    from simulator.engine.hosts.sites import Site

# What was wrong, without a full stop, and what to do, as sentences.
Told = tuple[str, str]

# How many of a kind a census lists before it sums up.
MOST: Final = 5


class Failure(NamedTuple):
    """A call that failed: see `acl_api.diagnosis.failed`."""

    rt: Runtime
    me: Caller
    row: Row
    code: int
    check: Check | None
    values: tuple[object, ...]
    given: tuple[int | None, ...]

    def of(self, kind: type[object]) -> object:
        """Return the argument that was found to be such an object; None when there is none."""
        return next((value for value in self.values if isinstance(value, kind)), None)

    @property
    def stream(self) -> Stream | None:
        """The stream the call was about, if it got that far."""
        return cast("Stream | None", self.of(Stream))


def made(thing: Stream | Event) -> str:
    """Name a stream or an event and the line that made it."""
    where = site_text(thing.site)
    return f"{thing.label} (made at {where})" if where else thing.label


def at(site: Site, verb: str = "") -> str:
    """Return " at prog.py:12", with ", verb" before it; nothing for an unknown line."""
    where = site_text(site)
    return f"{f', {verb}' if verb else ''} at {where}" if where else ""


def listed(things: Iterable[str]) -> str:
    """Enumerate the first few things."""
    told = list(things)
    more = f" and {len(told) - MOST} more" if len(told) > MOST else ""
    return ", ".join(told[:MOST]) + more


def named(context: Context) -> str:
    """Name a context, its device and the line that made it."""
    where = site_text(context.site)
    made = f", made at {where}" if where else ""
    return f"{context.label} (device {context.device.index}{made})"


def census(sites: Iterable[Site]) -> str:
    """Count things by the line that made them, the most frequent first."""
    lines = Counter(site_text(site) or "an unknown line" for site in sites)
    told = [f"{count} made at {line}" for line, count in lines.most_common(MOST)]
    rest = len(lines) - len(told)
    return "; ".join(told + ([f"the rest at {rest} other lines"] if rest > 0 else []))
