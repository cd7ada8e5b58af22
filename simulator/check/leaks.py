"""What a program has made and never released: streams, events, memory and so on.

Hardware says nothing of it until a device has no more events or memory. Only objects of the program's own count;
what goes with its context or device by the rules (g6, g10) is a note.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from simulator.base.lines import NOBODYS
from simulator.base.memory_records import Allocated, Freed
from simulator.base.subscription_records import Subscribed, Unsubscribed
from simulator.base.trace import Called, Moved, Record
from simulator.check.catalogue import finding
from simulator.check.finding import Finding
from simulator.check.ordering.facts import Reader, op_name, read_all

_SHOWN: Final = 5
_MAPPED: Final = "mapped"
_FINALIZE: Final = frozenset({"finalize", "finalize_reference"})
# Objects of the binding that have no names: what makes them, what destroys them, and what people call them.
_HANDLES: Final = (
    ("create_dataset", "destroy_dataset", "data set"),
    ("create_data_buffer", "destroy_data_buffer", "data buffer"),
    ("create_desc", "destroy_desc", "model description"),
    ("create_tensor_desc", "destroy_tensor_desc", "tensor description"),
    ("create_binary", "destroy_binary", "binary description"),
    ("allocator_create_desc", "allocator_destroy_desc", "allocator description"),
    ("create_attr", "destroy_attr", "set of operator attributes"),
    *(
        (f"create_handle{which}", "destroy_handle", "operator handle")
        for which in (
            "",
            "_for_cast",
            *(f"_for_{kind}{size}" for kind in ("h", "s8") for size in ("gemm", "gemv")),
        )
    ),
    *(
        (f"{prefix}_create_{noun}", f"{prefix}_destroy_{noun}", f"{prefix} {noun}")
        for prefix, nouns in (
            (
                "dvpp",
                "channel_desc pic_desc stream_desc batch_pic_desc roi_config resize_config jpege_config",
            ),
            ("vdec", "channel_desc frame_config"),
            ("venc", "channel_desc frame_config"),
        )
        for noun in nouns.split()
    ),
)
_MADE: Final = {
    "create_stream": "stream",
    "create_event": "event",
    "create_notify": "notify",
    "notify_import": "notify",
    "create_context": "context",
    "load_from": "model",
}
_BY_HAND: Final = {
    "stream": ("destroy_stream", "destroy_stream_force"),
    "event": ("destroy_event",),
    "notify": ("destroy_notify",),
    "context": ("destroy_context",),
    "model": ("unload",),
}
# A kind of thing, and its name in the trace.
_Thing = tuple[str, str]


@lru_cache(maxsize=1024)
def _effects(op: str) -> tuple[str | None, str | None, str | None]:
    """Return what kind of thing an operation makes, and which handles it makes and destroys."""
    kind = next((kind for begin, kind in _MADE.items() if op.startswith(begin)), None)
    made = next((noun for making, _, noun in _HANDLES if op == making), None)
    destroyed = next((noun for _, destroying, noun in _HANDLES if op == destroying), None)
    return kind, made, destroyed


class Leaks(Reader):
    """What is there, by kind and name, each with the line that made it; what is left at the end has leaked."""

    def __init__(self) -> None:
        super().__init__()
        self.live: dict[_Thing, str | None] = {}
        # What went with something else: it is told as a note.
        self.taken: dict[_Thing, str | None] = {}
        self.handles: dict[str, list[str | None]] = {}
        self.destroyed: dict[str, int] = {}
        self.bytes: dict[str, int] = {}
        self.finalized = False
        # Objects that went in the call being made, whose own record comes after those of its effects.
        self._gone: list[_Thing] = []
        self.on(Called, self._called)
        self.on(Moved, self._moved)
        self.on(Subscribed, self._subscribed)
        self.on(Unsubscribed, self._unsubscribed)
        self.on(Allocated, self._allocated)
        self.on(Freed, self._freed)

    def __repr__(self) -> str:
        return f"<{len(self.live)} things made and not released>"

    def _called(self, index: int, record: Called) -> None:
        del index
        op = op_name(record.op)
        if record.code == 0:
            self._make(op, record)
            # The call that counts down finalises with the last one (rule g2).
            self.finalized = self.finalized or op == "finalize" or (op in _FINALIZE and record.value == "0")
        for thing in self._gone if op not in _FINALIZE else ():  # finalize unsubscribes whatever is there
            if thing not in self.live:  # a default stream, a primary context
                continue
            made_at = self.live.pop(thing)
            # A subscription goes with its stream, which is no secret of the runtime's (rule b17).
            if thing[0] != "subscription" and op not in _BY_HAND[thing[0]]:
                self.taken[thing] = made_at
        self._gone.clear()
        if op == "subscribe_report" and record.on is not None and ("subscription", record.on) in self.live:
            self.live["subscription", record.on] = record.site

    def _make(self, op: str, record: Called) -> None:
        kind, made, destroyed = _effects(op)
        if made is not None and record.site != NOBODYS:
            self.handles.setdefault(made, []).append(record.site)
        if destroyed is not None:
            self.destroyed[destroyed] = self.destroyed.get(destroyed, 0) + 1
        if kind is not None and record.value is not None and record.site != NOBODYS:
            self.live[kind, record.value] = record.site

    def _moved(self, index: int, record: Moved) -> None:
        del index
        if record.after in ("destroyed", "unloaded"):
            # A model's name in its life ends in its id, which is what loading it returned.
            name = record.name.rpartition("#")[2] if record.kind == "model" else record.name
            self._gone.append((record.kind, name))

    def _subscribed(self, index: int, record: Subscribed) -> None:
        del index
        if not record.internal:
            self.live["subscription", record.stream] = None

    def _unsubscribed(self, index: int, record: Unsubscribed) -> None:
        del index
        self._gone.append(("subscription", record.stream))

    def _allocated(self, index: int, record: Allocated) -> None:
        del index
        if record.place == _MAPPED:  # what is mapped is told, not that it is
            return
        if record.site != NOBODYS:
            self.live["buffer", record.buffer] = record.site
        self.bytes[record.buffer] = record.size

    def _freed(self, index: int, record: Freed) -> None:
        del index
        self.live.pop(("buffer", record.buffer), None)

    def findings(self) -> tuple[Finding, ...]:
        """Return what was never released, when the whole of a run has been read; equal lines are told together."""
        found = [
            finding(
                "left-to-the-reset", f"{_things(kind, names)} went with what {_it(names)} belonged to", site
            )
            for (kind, site), names in _grouped(self.taken)
        ]
        left = _grouped(self.live)
        handles = [
            (f"{count:,} of {len(sites):,} {noun}s were never destroyed", sites)
            for noun, sites in self.handles.items()
            if (count := len(sites) - self.destroyed.get(noun, 0)) > 0
        ]
        if self.finalized:
            found += [_leak(self, kind, site, names) for (kind, site), names in left]
            found += [finding("handle-leaked", says, *sites[:_SHOWN]) for says, sites in handles]
        elif left:
            things = ", ".join(_things(kind, names) for (kind, _), names in left)
            lines = [site for (_, site), _ in left]
            found.append(
                finding("left-to-the-process", f"the program ended without finalize, with {things}", *lines)
            )
        return tuple(found)


def find_leaks(trace: Iterable[Record]) -> tuple[Finding, ...]:
    """Return what was never released in *trace*, a run that has come to its end; equal lines are told together."""
    leaks = Leaks()
    read_all(trace, (leaks,))
    return leaks.findings()


def _grouped(things: dict[_Thing, str | None]) -> list[tuple[tuple[str, str | None], list[str]]]:
    """Return names by kind and line."""
    groups: dict[tuple[str, str | None], list[str]] = {}
    for (kind, name), site in things.items():
        groups.setdefault((kind, site), []).append(name)
    return list(groups.items())


def _leak(made: Leaks, kind: str, site: str | None, names: list[str]) -> Finding:
    verb = "is" if len(names) == 1 else "are"
    if kind == "buffer":
        much = f" ({sum(made.bytes[name] for name in names):,} bytes)"
        return finding(
            "memory-leaked", f"{_things(kind, names)}{much} {verb} still allocated after finalize", site
        )
    return finding(f"{kind}-leaked", f"{_things(kind, names)} {verb} still there after finalize", site)


def _things(kind: str, names: list[str]) -> str:
    """Return "event e1", or "3 events (e1, e2, e3)"."""
    noun = "subscribed stream" if kind == "subscription" else kind
    if len(names) == 1:
        return f"{noun} {names[0]}"
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return f"{len(names):,} {noun}s ({', '.join(names[:_SHOWN])}{more})"


def _it(names: list[str]) -> str:
    return "it" if len(names) == 1 else "they"
