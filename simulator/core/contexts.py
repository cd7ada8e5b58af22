"""A context: the streams, models and hidden callback thread that live and die together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.base.lifecycle import Lifecycle
from simulator.core.locks import RuntimeLock

if TYPE_CHECKING:
    from simulator.core.devices import Device
    from simulator.core.reports import ReportQueue
    from simulator.core.streams import Stream
    from simulator.engine.hosts.sites import Site


class Context:
    """Primary (one per device, counted) or explicit; each has a default stream of its own (rule g9).

    `site` is where the program made it.
    """

    __slots__ = (
        "alive",
        "default_stream",
        "device",
        "handle",
        "hidden_queue",
        "label",
        "life",
        "models",
        "params",
        "primary",
        "site",
        "stop_code",
        "stop_on_failure",
        "stream_lock",
        "streams",
    )

    def __init__(self, device: Device, label: str, *, primary: bool, site: Site = None) -> None:
        self.device = device
        self.label = label
        self.primary = primary
        self.life = Lifecycle("context", label)
        self.alive = True
        self.site = site
        self.handle = 0
        self.streams: list[Stream] = []
        self.default_stream: Stream | None = None
        # Ids of the models loaded while it was current; they go with it (rule g10).
        self.models: list[int] = []
        # System parameters that a program has set for this context.
        self.params: dict[int, int] = {}
        # Rule e19: the first failure in stop mode answers every later submit and sync of the context.
        self.stop_code = 0
        self.stop_on_failure = False
        # Rule e15: synchronize_device holds the stream list while it waits.
        self.stream_lock = RuntimeLock(f"stream list of {label}")
        # Rule d3: the runtime's own callback thread, made at the first host function.
        self.hidden_queue: ReportQueue | None = None

    def __repr__(self) -> str:
        return f"<context {self.label} {self.life.state}, {len(self.streams)} streams>"

    def __str__(self) -> str:
        return self.label
