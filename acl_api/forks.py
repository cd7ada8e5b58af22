"""A process forked after acl.init: on hardware its calls hang or break the device; here they say so.

Only the forking thread lives on in a child, while the runtime's threads and its device handles stay behind. A
fork before the first call is fine: the child then opens a machine of its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from acl_api.backends.protocol import Call
    from simulator.engine.hosts.thread import Place

_watching: list[Callable[[], None]] = []


class Refused(dict[str, "Call"]):
    """Stands in for the functions of the surface where none can work; each raises RuntimeError with *text*."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def __missing__(self, key: str) -> Call:
        name = key

        def refuse(*_args: object) -> object:
            raise RuntimeError(f"{name}: {self.text}")

        return refuse


def watch_forks(in_child: Callable[[], None]) -> None:
    """Call *in_child* in every process forked from now on; a second call of this changes nothing."""
    if not _watching:
        _watching.append(in_child)
        os.register_at_fork(after_in_child=in_child)


def text_after_fork(first_calls: dict[str, Place | None]) -> str:
    """Return what a call in a forked child says: which call came before the fork, and the way out."""
    name = "acl.init" if "acl.init" in first_calls else next(iter(first_calls), "acl.init")
    place = first_calls.get(name)
    where = f" at {place}" if place is not None else ""
    return (
        f"this process was forked after {name}{where}: the runtime does not survive a fork, and on hardware this "
        "call would hang or fail. Fork before the first call of acl, or start the process afresh: "
        'multiprocessing.get_context("spawn")'
    )
