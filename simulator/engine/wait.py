"""What an operation that cannot finish yet returns: a one-shot wait.

The core makes waits and ends them; a host blocks its thread on one. A wait ends once, as fired, expired or
cancelled, and `fire` says whether it was taken: a wake-up that meets a wait that has already expired must go
to the next waiter, or it is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from simulator.engine.hosts.thread import HostThread


class Outcome(Enum):
    """How a wait ended."""

    FIRED = "fired"
    EXPIRED = "expired"
    CANCELLED = "cancelled"

    def __repr__(self) -> str:
        return self.value


# Looked up once: on CPython 3.11 a member costs ten times as much as a global name, and every wait ends.
FIRED: Final = Outcome.FIRED
EXPIRED: Final = Outcome.EXPIRED
CANCELLED: Final = Outcome.CANCELLED


class Wait:
    """Something a host thread waits for.

    `op` names the operation for people, `on` is the model's object it is about, `timeout` is in ns (None: for
    ever). `then` turns the outcome into the operation's result, or into the next wait; `wake` is set by the
    host that blocks a thread on it.
    """

    __slots__ = ("on", "op", "outcome", "then", "thread", "timeout", "wake")

    def __init__(
        self,
        op: str,
        on: object = None,
        timeout: int | None = None,
        then: Callable[[Outcome], object] | None = None,
    ) -> None:
        self.op = op
        self.on = on
        self.timeout = timeout
        self.then = then
        self.outcome: Outcome | None = None
        self.thread: HostThread | None = None
        self.wake: Callable[[HostThread], None] | None = None

    def __repr__(self) -> str:
        state = "pending" if self.outcome is None else self.outcome.value
        return f"<wait {self.op} on {self.on!r} {state}>"

    def fire(self) -> bool:
        """End the wait as fired; False means it had ended before and the wake-up must go to somebody else."""
        # `_end` written out: nearly every wait ends here.
        if self.outcome is not None:
            return False
        self.outcome = FIRED
        wake, thread = self.wake, self.thread
        if wake is not None and thread is not None:
            wake(thread)
        return True

    def expire(self) -> bool:
        """End the wait because its time is up."""
        return self._end(EXPIRED)

    def cancel(self) -> bool:
        """End the wait because what it waits for is gone."""
        return self._end(CANCELLED)

    def _end(self, outcome: Outcome) -> bool:
        if self.outcome is not None:
            return False
        self.outcome = outcome
        if self.wake is not None and self.thread is not None:
            self.wake(self.thread)
        return True
