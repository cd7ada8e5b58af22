"""From intent to tasks: what one callback launch puts on its stream, per SoC family (rules a12-a15)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from simulator.base.profile import Lowering
from simulator.core.tasks import (
    CallbackTask,
    HeldCallbackTask,
    NotifyWaitTask,
    ResetTask,
    SignalledCallbackTask,
    Task,
    WaitTask,
)

if TYPE_CHECKING:
    from simulator.core.reports import Subscription
    from simulator.core.streams import Stream
    from simulator.engine.hosts.sites import Site

Function = Callable[[object], object]
Lower = Callable[["Stream", "Subscription", Function, object, "Site"], tuple[Task, ...]]


def no_block(
    stream: Stream, subscription: Subscription, fn: Function, data: object, site: Site
) -> tuple[Task, ...]:
    """One task on every family: complete once its report is in the host's queue (rule a12)."""
    return (CallbackTask().launched(fn, data, stream, subscription, site),)


def _stars(
    stream: Stream, subscription: Subscription, fn: Function, data: object, site: Site
) -> tuple[Task, ...]:
    """Callback, event wait, event reset, all on the one event of the subscription (rule a13)."""
    task = SignalledCallbackTask().launched(fn, data, stream, subscription, site)
    signal = subscription.signal
    if signal is None:
        return (task,)
    behind = subscription.behind
    if behind is None:
        behind = subscription.behind = (WaitTask(signal), ResetTask(signal))
    return (task, *behind)


def _notify(
    stream: Stream, subscription: Subscription, fn: Function, data: object, site: Site
) -> tuple[Task, ...]:
    """Callback placeholder and a notify wait without limit (rule a14)."""
    task = SignalledCallbackTask().launched(fn, data, stream, subscription, site)
    # The one it was made with: unsubscribing while the launch waits for room deletes it, and nobody can record it
    # then; the stream stays blocked (rule b15).
    signal = subscription.first_signal
    if signal is None:
        return (task,)
    behind = subscription.behind
    if behind is None:
        behind = subscription.behind = (NotifyWaitTask(signal),)
    return (task, *behind)


def _ack(
    stream: Stream, subscription: Subscription, fn: Function, data: object, site: Site
) -> tuple[Task, ...]:
    """One task, held by the scheduler until the host acknowledges it (rule a15)."""
    return (HeldCallbackTask().launched(fn, data, stream, subscription, site),)


BLOCKING: Final[dict[Lowering, Lower]] = {
    Lowering.STARS: _stars,
    Lowering.NOTIFY: _notify,
    Lowering.ACK: _ack,
}
