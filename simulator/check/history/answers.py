"""Codes that the state at the time of the call forbids: launches, polls and subscriptions (rules a8, b3, c2, c4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from simulator.check.history.facts import POLL
from simulator.check.ordering.guarantee import Violation

if TYPE_CHECKING:
    from simulator.base.trace import Called
    from simulator.check.history.facts import Bond, Call, History

_NOBODY: Final = 107015
_THREAD: Final = 107012
_TAKEN: Final = 107011
_NOTHING: Final = 507012


def wrong_answers(history: History) -> Iterator[Violation]:
    """Find calls that answered what they cannot have answered then."""
    for call in history.of_op("launch_callback"):
        yield from _launch(history, call)
    for call in history.of_op("subscribe_report"):
        yield from _subscribe(history, call)
    for call in history.of_op(POLL):
        yield from _poll(history, call)


def _launch(history: History, call: Call) -> Iterator[Violation]:
    record, bonds = call.record, history.bonds.get(call.record.on or "", [])
    if record.code == _NOBODY and any(_certainly(bond, record) for bond in bonds):
        yield _wrong(call, "a8", f"returned {_NOBODY} though {record.on} was subscribed all the time")
    served = history.may_be_hidden(record.on or "", record.time)
    if not record.code and not served and not any(_perhaps(bond, record) for bond in bonds):
        yield _wrong(call, "a8", f"returned 0 though nobody was subscribed to {record.on}")


def _subscribe(history: History, call: Call) -> Iterator[Violation]:
    record = call.record
    others = [bond for bond in history.bonds.get(record.on or "", []) if bond.since < record.began]
    if not record.code and any(_certainly(bond, record) for bond in others):
        yield _wrong(call, "b3", f"returned 0 though {record.on} was subscribed already ({_TAKEN})")


def _poll(history: History, call: Call) -> Iterator[Violation]:
    record = call.record
    mine = [bond for bonds in history.bonds.values() for bond in bonds if bond.thread == record.thread]
    if record.code == _THREAD and any(_certainly(bond, record) for bond in mine):
        yield _wrong(call, "c2", f"returned {_THREAD} though {record.thread} was subscribed all the time")
    if record.code == _NOTHING and not any(_perhaps(bond, record) for bond in mine):
        yield _wrong(call, "c2", f"returned {_NOTHING} though {record.thread} was not subscribed")
    # What was in the queue when the last subscription went may still come (rule b16 is not settled).
    if not record.code and not any(bond.asked <= record.time for bond in mine):
        yield _wrong(call, "c2", f"returned 0 though {record.thread} was never subscribed")
    if not record.code and not history.runs_within(record.thread, record.began, record.time):
        yield _wrong(call, "c4", "returned 0 and had run no callback")


def _certainly(bond: Bond, record: Called) -> bool:
    """Tell whether a subscription was there during the whole call."""
    return bond.since <= record.began and (bond.until is None or bond.until >= record.time)


def _perhaps(bond: Bond, record: Called) -> bool:
    """Tell whether a subscription may have been there at some time of the call."""
    return bond.asked <= record.time and (bond.gone is None or bond.gone >= record.began)


def _wrong(call: Call, rule: str, text: str) -> Violation:
    record = call.record
    at = f" at {record.site}" if record.site else ""
    return Violation(f"rule {rule}", f"{record.op} in {record.thread}{at} {text}", (call.index,))
