"""Threads that wait without saying so: loops over queries, locks, flags and clocks.

The clock moves when every thread is blocked or spinning. What counts as spinning is told here.
"""

from __future__ import annotations

from threading import get_ident
from typing import Final

from simulator.engine.hosts.handing import Handing
from simulator.engine.hosts.thread import HostThread
from simulator.engine.hosts.turns import MOST_CALLS

# Once a thread has made its MOST_CALLS, it next gives way sooner: such a loop would never get anywhere.
_FEWEST_CALLS: Final = 16
# The same for reads of a clock.
_MOST_READS: Final = 100
_FEWEST_READS: Final = 10


class Spins(Handing):
    """Recognises threads that ask again and again, and lets the world move for them."""

    def current(self) -> HostThread:
        """Return the calling thread; the program's own first thread is adopted as `main` at its first call.

        A thread that has called very often at one instant, while others wait, gives way here: see `hurry`.
        """
        running = self.running
        if running is not None and running.os_ident == get_ident():
            self.calls_left -= 1
            if self.calls_left <= 0:
                self.hurry(running)
            return running
        return self._arrived()

    def spin(self, op: str = "", on: object = None) -> None:
        """Let the world move if the caller has asked *op* about *on* in vain at this instant before."""
        me = self._must_run()
        me.asked = (op, on)
        if me.spun_at != self.kernel.now:
            me.spun_at = self.kernel.now
        else:
            self._spin(me)

    def peeked(self, op: str, on: object) -> None:
        """Note a look that found nothing and costs nothing, as `Event.is_set`: it spins when nothing else is done.

        Unlike a query, it also stands in loops that do work: only two in a row, with no call in between, count.
        """
        me = self._must_run()
        if me.asked == (op, on) and me.asked_after == self.calls_left:
            self._spin(me)
        me.asked, me.asked_after = (op, on), self.calls_left

    def hurry(self, me: HostThread) -> None:
        """Let the world move because *me* has made very many calls at one instant, if anybody else is there.

        Each time it does so again without having waited in between, fewer calls are borne.
        """
        self.calls_left = MOST_CALLS
        if self.others(me) and not self._stopping and not self.driving:
            me.hurried += 1
            self._spin(me)
            self.calls_left = max(_FEWEST_CALLS, MOST_CALLS >> (4 * me.hurried))

    def clock_read(self) -> None:
        """Note that the program has read a clock: one that reads it many times at one instant waits for it.

        Others that are ready go first; else the clock moves on, by a small part of what has passed like this.
        """
        me, now = self.running, self.kernel.now
        if me is None or self.driving or self._stopping:
            return
        if me.read_at != now:
            me.read_at, me.reads = now, 0
        me.reads += 1
        if me.reads < (_FEWEST_READS if me.hurried else _MOST_READS):
            return
        if self.ready or self.spinning:
            self._spin(me)
            return
        self.watch.spun(me)
        self.driving = True
        try:
            self.kernel.advance(int(min(self.soon(me), self.kernel.peek())))
        finally:
            self.driving = False
        if self.end is not None:
            self._leave(me, None)
