"""What of an expectation can be judged when a run was seen from outside only, as on a real library.

Calls, their codes and order, callbacks with their threads, and the program's own threads are seen. Tasks of the
device, the life of the runtime's objects, what the checks of a trace find, and why something hangs are not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from acl_api.table.row import Kind
from simulator.engine.hosts.thread import ThreadState
from simulator.scenario.expectations import (
    Expectation,
    ExpectEnds,
    ExpectExplains,
    ExpectFindings,
    ExpectLost,
    ExpectNo,
    ExpectOrder,
    ExpectState,
)
from simulator.scenario.vocabulary import OPERATIONS

if TYPE_CHECKING:
    from simulator.scenario.model import Scenario

# Launches are seen: what they queue is the callback, which has a name of its own.
_SEEN_LAUNCHES: Final = frozenset({"launch_callback", "launch_host_func"})
_SEEN_TROUBLE: Final = frozenset({"deadlock", "stall", "inconclusive", "raised"})
_FEWEST: Final = 2


class Visible(NamedTuple):
    """The part of an expectation that can be judged, None for nothing, and what is said of the rest."""

    part: Expectation | None
    remark: str = ""


def visible(expectation: Expectation, scenario: Scenario) -> Visible:
    """Return what of *expectation* is seen from outside."""
    limit = _LIMITS.get(type(expectation))
    return Visible(expectation) if limit is None else limit(expectation, scenario)


def _order(expectation: Expectation, scenario: Scenario) -> Visible:
    wanted = cast("ExpectOrder", expectation)
    hidden = [name for name in wanted.order if _is_device_work(name.partition("@")[0], scenario)]
    if not hidden:
        return Visible(wanted)
    remark = f"when the device worked on {', '.join(hidden)} is not seen from outside"
    seen = tuple(name for name in wanted.order if name not in hidden)
    return Visible(_but(wanted, order=seen) if len(seen) >= _FEWEST else None, remark)


def _is_device_work(name: str, scenario: Scenario) -> bool:
    if name in scenario.models:
        return True
    operation = OPERATIONS.get(name)
    return operation is not None and operation.row.kind is Kind.ENQUEUE and name not in _SEEN_LAUNCHES


def _state(expectation: Expectation, _scenario: Scenario) -> Visible:
    wanted = cast("ExpectState", expectation)
    kind, _ = wanted.state.subject
    if kind != "thread":
        return Visible(None, f"the state of {kind}s is the runtime's own, and not seen from outside")
    if wanted.state.state == ThreadState.SPINNING.value:
        return Visible(None, "that a thread asks in vain is not told from waiting, from outside")
    return Visible(wanted)


def _ends(expectation: Expectation, _scenario: Scenario) -> Visible:
    wanted = cast("ExpectEnds", expectation)
    # From outside a deadlock is a run in which nothing happens any more.
    ends = (*wanted.ends, "stalled") if "deadlock" in wanted.ends else wanted.ends
    remark = "why it hangs is not seen from outside" if wanted.explains else ""
    return Visible(_but(wanted, ends=ends, explains=None), remark)


def _no(expectation: Expectation, _scenario: Scenario) -> Visible:
    wanted = cast("ExpectNo", expectation)
    seen = tuple(trouble for trouble in wanted.no if trouble in _SEEN_TROUBLE)
    hidden = [trouble for trouble in wanted.no if trouble not in _SEEN_TROUBLE]
    remark = f"{', '.join(hidden)}: not seen from outside" if hidden else ""
    return Visible(_but(wanted, no=seen) if seen else None, remark)


def _but(expectation: Expectation, **values: Any) -> Expectation:  # noqa: ANN401 - fields of any type
    """Return a copy with other values; an expectation's own parts are right, whatever they are without the rest."""
    return expectation.model_copy(update=values)


def _nothing(sentence: str) -> Callable[[Expectation, Scenario], Visible]:
    return lambda _expectation, _scenario: Visible(None, sentence)


_LIMITS: Final[Mapping[type[Expectation], Callable[[Expectation, Scenario], Visible]]] = {
    ExpectOrder: _order,
    ExpectState: _state,
    ExpectEnds: _ends,
    ExpectNo: _no,
    ExpectLost: _nothing("whether the runtime still has a callback is not seen from outside"),
    ExpectFindings: _nothing("findings come from what the device did, which is not seen from outside"),
    ExpectExplains: _nothing("why it hangs is not seen from outside"),
}
