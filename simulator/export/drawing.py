"""In which order the slices that begin at one instant are written.

Viewers bind an arrow to the slice that its track began last, and need its beginning before its end. Perfetto
begins the slices of one instant that have a duration before those that have none, whatever their order in the
file.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from itertools import pairwise

from simulator.export.timeline import Slice, Track


def drawing_order(slices: list[Slice]) -> list[Slice]:
    """Order the slices of one instant: causes before effects, and each track in Perfetto's order if possible.

    It is impossible only when, in no time at all, a thread launches a callback and runs it; then causes still
    stand before effects.
    """
    return _Instant(slices).ordered()


class _Instant:
    """A topological sort with two grades of readiness; slices are known by their `place` in the trace."""

    __slots__ = ("causes", "due", "effects", "free", "slices", "successors", "waiting", "written")

    def __init__(self, slices: list[Slice]) -> None:
        self.slices = slices = sorted(slices, key=lambda piece: piece.key)
        places = {id(piece): place for place, piece in enumerate(slices)}
        self.causes = [0] * len(slices)
        self.effects: list[list[int]] = [[] for _ in slices]
        tracks: dict[Track, list[int]] = defaultdict(list)
        for place, piece in enumerate(slices):
            tracks[piece.track].append(place)
            for arrow in piece.outgoing:
                effect = places.get(id(arrow.target))
                if effect is not None:
                    self.effects[place].append(effect)
                    self.causes[effect] += 1
        self.successors: dict[int, list[int]] = {}
        for row in tracks.values():
            lasting = [place for place in row if slices[place].end > slices[place].start]
            self.successors |= {place: [following] for place, following in pairwise(lasting)}
            if lasting:
                momentary = [place for place in row if slices[place].end == slices[place].start]
                self.successors[lasting[-1]] = momentary
        self.waiting = {place for successors in self.successors.values() for place in successors}
        # Heaps of places whose causes are all written: those whose turn it is on their track, and the rest.
        self.free = [place for place, causes in enumerate(self.causes) if not causes]
        self.due = [place for place in self.free if place not in self.waiting]
        self.written: dict[int, Slice] = {}

    def ordered(self) -> list[Slice]:
        while self.due or self.free:
            place = heapq.heappop(self.due or self.free)
            if place not in self.written:
                self.write(place)
        return list(self.written.values())

    def write(self, place: int) -> None:
        self.written[place] = self.slices[place]
        for following in self.successors.get(place, ()):
            self.waiting.discard(following)
            if not self.causes[following]:
                heapq.heappush(self.due, following)
        for effect in self.effects[place]:
            self.causes[effect] -= 1
            if not self.causes[effect]:
                heapq.heappush(self.free if effect in self.waiting else self.due, effect)
