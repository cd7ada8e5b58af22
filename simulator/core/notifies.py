"""Notifies of the program's own: one bit on a device that streams set, and wait for (rules f16-f18)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simulator.base.lifecycle import Lifecycle
from simulator.core.waits import SharedFlag

if TYPE_CHECKING:
    from simulator.core.devices import Device
    from simulator.engine.hosts.sites import Site

# The bit of the flags that makes a notify of the device's own programs.
DEVICE_USE_ONLY: Final = 1


class Notify:
    """A notify, or one that was imported: both then have one flag and one number, which the first has taken.

    `key` is what it was exported under, `pids` are the processes that may import it (None: everybody). `site` is
    where the program made it.
    """

    __slots__ = ("device", "flag", "handle", "imported", "key", "label", "life", "number", "pids", "site")

    def __init__(
        self, device: Device, label: str, number: int, flag: SharedFlag | None = None, *, site: Site = None
    ) -> None:
        self.device = device
        self.label = label
        self.number = number
        self.imported = flag is not None
        self.flag = SharedFlag(label) if flag is None else flag
        self.flag.users += 1
        self.handle = 0
        self.key: str | None = None
        self.pids: set[int] | None = set()
        self.site = site
        self.life = Lifecycle("notify", label)

    def __repr__(self) -> str:
        return f"<notify {self.label} {self.life.state}, {self.flag!r}>"

    def __str__(self) -> str:
        return self.label

    @property
    def shared(self) -> bool:
        """True once it was exported or imported: it must then be waited for on its own device (rule f18)."""
        return self.imported or self.key is not None
