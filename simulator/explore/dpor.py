"""Dynamic partial-order reduction: one run for all orders that differ only in what is independent.

A run is made, and every pair of its steps looked at that depend on each other and that nothing else puts in this
order: a race. Where the first of the two was taken, one of those that could have led to the second is tried as well
(a backtrack). What was tried somewhere sleeps there: further runs from that place need not begin with it until
somebody takes a step that depends on it. (Flanagan and Godefroid, POPL 2005, with the initials of Abdulla and
others, POPL 2014, and sleep sets.)

Two more rules come from how this runtime is cut into steps. Whoever could have gone and, after a step, no longer
can, depends on that step, though it leaves no record: it is tried at that place. So a timeout that an arrival
forestalled is tried before it. And where the question is what happens, a fault or not, all answers are tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from simulator.explore.clocks import Race, races_of
from simulator.explore.dependence import Footprint
from simulator.explore.history import Step, forestalled
from simulator.explore.search import Job, Result
from simulator.explore.strategies.guided import Guided


class _Node:
    """A choice of the run that is looked at: what was taken, what else is to be tried, and what sleeps."""

    __slots__ = ("among", "footprint", "sleeping", "taken", "to_try", "value")

    def __init__(self, sleeping: dict[str, Footprint]) -> None:
        self.sleeping = dict(sleeping)
        self.to_try: set[str] = set()
        self.among: tuple[str, ...] = ()
        self.value = 0
        self.taken = ""
        self.footprint = Footprint((), ())

    def __repr__(self) -> str:
        return f"<choice of {self.taken}, {len(self.to_try)} to try>"

    def take(self, step: Step) -> None:
        """Note what the run did here."""
        self.among, self.value, self.footprint = step.among, step.value, step.footprint
        self.taken = step.among[step.value]
        self.to_try.update(step.among if step.is_data else (self.taken,))

    def reverse(self, race: Race) -> None:
        """See to it that one of those who could lead to the second step of *race* is tried before the first."""
        if race.initials & (self.to_try | self.sleeping.keys()):
            return
        offered = race.initials.intersection(self.among)
        if race.second in offered:
            self.to_try.add(race.second)
        elif offered:
            self.to_try.add(min(offered))
        elif race.initials != {race.second}:
            # Nobody can say who leads there.
            self.to_try.update(self.among)
        # Else the first step is what made the second one possible: they have no other order.

    def finish(self) -> None:
        """Note that everything that begins with what was taken has been seen: it sleeps from now on."""
        self.sleeping[self.taken] = self.footprint

    def following(self) -> str | None:
        """Return what to try next; None when all that is needed has been tried or sleeps."""
        return next((name for name in self.among if name in self.to_try and name not in self.sleeping), None)


class DporSearch:
    """All orders, up to the order of what is independent; one run after the other."""

    def __init__(self) -> None:
        self._nodes: list[_Node] = []
        self._prefix: tuple[tuple[int, int], ...] | None = ()
        self._avoid: frozenset[str] = frozenset()
        self._runs = 0
        self._blind = False

    def __repr__(self) -> str:
        return f"<partial-order search: {self._runs} runs, {len(self._nodes)} choices deep>"

    def batch(self) -> Sequence[Job]:
        """Return the next run."""
        if self._prefix is None:
            return ()
        return (Job("dpor", partial(Guided, self._prefix, self._avoid), steps=True),)

    def take(self, job: Job, result: Result) -> None:  # noqa: ARG002 - the protocol's signature
        """Find the races of the run and where to try otherwise; then go to the deepest such place."""
        self._runs += 1
        if len(result.options) and not result.states:
            self._blind = True
            self._prefix = None
            return
        places = self._extend(result.steps)
        self._backtrack(result.steps, places)
        self._go_back()

    def proof(self) -> str | None:
        """Say what is covered once nothing is left to be tried."""
        return (
            None if self._prefix is not None or self._blind else "all orders, up to that of independent steps"
        )

    def _extend(self, steps: Sequence[Step]) -> dict[int, _Node]:
        """Add nodes for the choices of the run after the one that was changed; return all by their steps.

        A run that takes what sleeps repeats others from there on: its last node is there.
        """
        places: dict[int, _Node] = {}
        sleeping: dict[str, Footprint] = {}
        for at, step in enumerate(steps):
            if not step.is_choice:
                sleeping = awake_after(sleeping, step.footprint)
                continue
            number = len(places)
            if number == len(self._nodes):
                self._nodes.append(_Node(sleeping))
            node = places[at] = self._nodes[number]
            node.take(step)
            if node.taken in node.sleeping:
                node.to_try.update(tuple(name for name in node.among if name not in node.sleeping)[:1])
                break
            sleeping = awake_after(node.sleeping, step.footprint)
        del self._nodes[len(places) :]
        return places

    def _backtrack(self, steps: Sequence[Step], places: dict[int, _Node]) -> None:
        """Add what must be tried at the choices of the run, as far as it does not only repeat others."""
        last = max(places, default=0)
        repeats = last in places and places[last].taken in places[last].sleeping
        end = last if repeats else len(steps)
        for race in races_of(steps[:end]):
            node = places.get(race.first)
            if node is not None and not steps[race.first].is_data:
                node.reverse(race)
        for at, node in places.items():
            if at < end:
                node.to_try.update(forestalled(steps, at))

    def _go_back(self) -> None:
        """Drop choices from the end until one has something left to try, and let the next run take that."""
        while self._nodes:
            node = self._nodes[-1]
            node.finish()
            following = node.following()
            if following is not None:
                values = [*(each.value for each in self._nodes[:-1]), node.among.index(following)]
                self._prefix = tuple(enumerate(values))
                self._avoid = frozenset(node.sleeping)
                return
            self._nodes.pop()
        self._prefix = None


def awake_after(sleeping: dict[str, Footprint], step: Footprint) -> dict[str, Footprint]:
    """Return what of *sleeping* still sleeps after a step: what does not depend on it."""
    return {name: footprint for name, footprint in sleeping.items() if not footprint.depends_on(step)}
