"""Counting the occasions of declared faults, deciding which of them strike, and saying so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from simulator.base.remarks import FaultInjected
from simulator.base.units import format_duration
from simulator.core.faults.kinds import FaultKind

if TYPE_CHECKING:
    from simulator.base.trace import Trace
    from simulator.core.faults.declared import DeclaredFault
    from simulator.engine.kernel import Kernel

NO_FAULT: Final = "no fault"
# The device that a fault about devices means when it names none.
FIRST_DEVICE: Final = "0"


class _Armed:
    """A fault of the plan in one run: how often it had an occasion, how often it struck, and how it first did."""

    __slots__ = ("_where", "fault", "first", "occasions", "struck")

    def __init__(self, fault: DeclaredFault) -> None:
        self.fault = fault
        self._where = (
            FIRST_DEVICE if fault.kind is FaultKind.DEVICE_LOST and fault.where is None else fault.where
        )
        self.occasions = 0
        self.struck = 0
        self.first = ""

    def __repr__(self) -> str:
        return f"<{self.fault.spec}: {self.struck} of {self.occasions} occasions>"

    def falls_on(self, names: Sequence[str], where: str | None) -> bool:
        """Tell whether *names* at *where* is an occasion that the fault means; every occasion is counted."""
        fault = self.fault
        if fault.at is not None or not (fault.what in (None, *names) and self._where in (None, where)):
            return False
        self.occasions += 1
        return fault.nth in (None, self.occasions) or (fault.onwards and self.occasions > (fault.nth or 0))


class Occasions:
    """The plan of one run. Whoever may be hit asks `meet`, and tells with `struck` what came of it."""

    def __init__(self, plan: Iterable[DeclaredFault], kernel: Kernel, trace: Trace | None) -> None:
        self._kernel = kernel
        self._trace = trace
        self._armed = [_Armed(fault) for fault in plan]
        self._by_kind: dict[FaultKind, list[_Armed]] = {}
        for armed in self._armed:
            self._by_kind.setdefault(armed.fault.kind, []).append(armed)

    def __repr__(self) -> str:
        return f"<plan of {len(self._armed)} faults>"

    def of(self, *kinds: FaultKind) -> list[DeclaredFault]:
        """Return the declared faults of these kinds."""
        return [armed.fault for kind in kinds for armed in self._by_kind.get(kind, ())]

    def meet(
        self, kind: FaultKind, names: Sequence[str] = (), where: str | None = None
    ) -> DeclaredFault | None:
        """Return the fault that strikes at this occasion: the first that means it and, if it only may, is chosen."""
        found: DeclaredFault | None = None
        for armed in self._by_kind.get(kind, ()):
            if armed.falls_on(names, where) and found is None and self.chosen(armed.fault):
                found = armed.fault
        return found

    def chosen(self, fault: DeclaredFault) -> bool:
        """Tell whether *fault* is to happen now: if it only may, that is a choice."""
        return not fault.maybe or self._kernel.choose("fault", (NO_FAULT, fault.spec)) == 1

    def struck(
        self,
        fault: DeclaredFault,
        text: str,
        *,
        thread: str | None = None,
        stream: str | None = None,
        seq: int = 0,
        value: int = 0,
    ) -> None:
        """Record that *fault* has struck, before its consequences; *text* is a clause without a full stop."""
        now = self._kernel.now
        armed = next(each for each in self._armed if each.fault is fault)
        armed.struck += 1
        armed.first = armed.first or f"{text} at {format_duration(now)}"
        if self._trace is not None:
            self._trace.append(
                FaultInjected(now, fault.kind.value, fault.spec, thread, stream, seq, value, text)
            )

    def told(self) -> tuple[str, ...]:
        """Say of each fault that has struck what it did first, and how often, in sentences."""
        return tuple(
            f"Declared fault {armed.fault.spec}: {armed.first}" + _more(armed.struck - 1)
            for armed in self._armed
            if armed.struck
        )

    def idle(self) -> tuple[str, ...]:
        """Say which demanded faults never struck: their names may be wrong."""
        return tuple(
            f"Declared fault {armed.fault.spec} never struck: it had {armed.occasions or 'no'} "
            f"occasion{'' if armed.occasions == 1 else 's'}."
            for armed in self._armed
            if not armed.struck and not armed.fault.maybe
        )


def _more(times: int) -> str:
    return "." if not times else ", and once more." if times == 1 else f", and {times} times more."
