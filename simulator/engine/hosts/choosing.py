"""Choice points: what may happen next is offered, and happens, until that is the turn of a thread.

The friendly order is not preemptive. A thread that is chosen goes on until it blocks. The world that is chosen while
threads could run goes on until nothing is pending, and then come those it has woken: that a thread is slow is one
deviation, however much happens meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.engine.hosts.thread import HostThread
from simulator.engine.hosts.turns import Turns
from simulator.engine.kernel import kind_of
from simulator.engine.wait import Wait

if TYPE_CHECKING:
    from simulator.engine.hosts.stall import StallLimits
    from simulator.engine.kernel import Kernel
    from simulator.engine.pending import Entry, Pending


class Choosing(Turns):
    """Turns that a chooser gives: it is asked at every point at which more than one thing could happen."""

    def __init__(self, kernel: Kernel, limits: StallLimits | None) -> None:
        super().__init__(kernel, limits)
        # Counts what threads do that others may see: one that asks in vain may ask again when it has grown.
        self.progress = 0

    def pick(self) -> HostThread | None:
        """Return the thread that goes next, moving the world until there is one; None when the run has ended."""
        pending = self.kernel.pending
        return super().pick() if pending is None else self.decide(pending, "thread")

    def decide(
        self, pending: Pending, kind: str, me: HostThread | None = None, *, me_last: bool = False
    ) -> HostThread | None:
        """Ask what happens next, and let it happen, until it is a thread's turn; None when the run has ended.

        *me* is the running thread at a point of the given *kind*, and stands first, or last of the ready ones.
        """
        kernel = self.kernel
        favoured = None if me_last else me
        world_goes_on = False
        self.driving = True
        try:
            if self.pollers:
                self._poll(0)
            while self.end is None:
                if self.outside.arrivals:
                    self._admit()
                threads = self._enabled(me, favoured)
                beside = bool(threads)
                if not beside and self.gil is None and self._ask_again():
                    continue
                world = pending.options(beside=beside)
                if not beside and not self._world_may_go_on(world):
                    continue
                happening = [entry[-1] for entry in world]
                ahead = world_goes_on and bool(kernel.heap)
                among = [*happening, *threads] if ahead else [*threads, *happening]
                if beside and self.spinning:
                    # To ask again in vain is never the friendly thing to do.
                    among += [each for each in self.spinning if each.in_vain != self.progress]
                at = 0
                if len(among) > 1 or kernel.notes is not None:
                    at = kernel.choose(kind if beside else kind_of(world), among)
                chosen = among[at]
                if isinstance(chosen, HostThread):
                    return self._give_turn(chosen, me)
                pending.take(world[at if ahead else at - len(threads)], beside=beside)
                if self.spinning:
                    self._world_moved()
                # Who was passed over is slow: whoever the world wakes comes before him, too.
                favoured = chosen.thread if isinstance(chosen, Wait) else None
                world_goes_on = beside and not isinstance(chosen, Wait)
                kind = "thread"
        finally:
            self.driving = False
        return None

    def _enabled(self, me: HostThread | None, favoured: HostThread | None) -> list[HostThread]:
        """Return the threads that could go on, the friendly one first."""
        if self.gil is not None:
            return [self.gil] if self.gil in self.ready else []
        if favoured is None or (favoured is not me and favoured not in self.ready):
            return self.ready.copy() if me is None else [*self.ready, me]
        others = [each for each in self.ready if each is not favoured]
        if me is not None and me is not favoured:
            others.append(me)
        return [favoured, *others]

    def _world_may_go_on(self, world: list[Entry]) -> bool:
        """Tell whether there is a *world* to move when no thread can run; else see to what that comes to."""
        if self.gil is not None and self._kept_for_ever(self.gil):
            return False
        if not world and self.spinning:
            self._readmit()
        elif not world:
            self._nothing_left()
        return bool(world)

    def _give_turn(self, chosen: HostThread, me: HostThread | None) -> HostThread:
        if chosen is not me:
            (self.ready if chosen in self.ready else self.spinning).remove(chosen)
        return chosen
