"""Operations that consist of others: the next one begins when the one before has come to its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simulator.base.errors import Fault
from simulator.engine.wait import Outcome, Wait


def after(result: object, then: Callable[[object], object]) -> object:
    """Go on with what an operation has returned, once it is no wait any more."""
    if not isinstance(result, Wait):
        return then(result)
    before = result.then

    def proceed(outcome: Outcome) -> object:
        return after(None if before is None else before(outcome), then)

    result.then = proceed
    return result


def in_turn(operations: Sequence[Callable[[], object]]) -> object:
    """Do one operation after the other; what the first that fails returns is returned."""
    if not operations:
        return None
    first, *rest = operations

    def proceed(result: object) -> object:
        return result if isinstance(result, Fault) or result else in_turn(rest)

    return after(first(), proceed)
