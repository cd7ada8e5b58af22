"""The scenario itself made smaller, when its schedule cannot be: fewer threads, streams, steps, repetitions.

A cut counts when the file is still right, fails as before with the same deviations (or without any), and passes in
the friendly order if it did before: else cutting could end at a file that is wrong in a plain way.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final, cast

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from simulator.app.exploring.cuts import Data, cuts
from simulator.app.exploring.scenarios import ScenarioSubject
from simulator.base.errors import UserError
from simulator.explore.deviations import Deviating, Deviation, deviations_of
from simulator.explore.shrink import single_deviations
from simulator.explore.subject import Seen
from simulator.scenario.load import parse_scenario
from simulator.scenario.nodes import Plain

ATTEMPTS: Final = 600
_STALL_POLLS: Final = 500
_MOST_OTHERS: Final = 30
_WIDTH: Final = 110
_NUMBER: Final = re.compile(r"\d+")
_IN_A_LINE: Final = 90
# How deep in a file the list of a thread's steps may lie; deeper lists of one short step stand in a line.
_STEPS_DEPTH: Final = 3


@dataclass(frozen=True, slots=True, repr=False)
class Smaller:
    """A scenario that fails like a larger one: its text, how it is run, and the deviations that it needs."""

    text: str
    subject: ScenarioSubject
    deviations: tuple[Deviation, ...]
    attempts: int

    def __repr__(self) -> str:
        return f"<smaller scenario of {len(self.text.splitlines())} lines, {len(self.deviations)} deviations>"


def shrink_scenario(
    subject: ScenarioSubject, failing: Seen, deviations: tuple[Deviation, ...], *, attempts: int = ATTEMPTS
) -> Smaller:
    """Return the smallest scenario found within *attempts* that fails as *failing*, which had *deviations*."""
    search = _Search(subject, failing, deviations, attempts)
    while search.cut_all():
        pass
    smaller = ScenarioSubject(search.subject.loaded, subject.settings)
    if smaller.run(Deviating(search.deviations)).failure is None:  # watched for longer, it is no stall
        return Smaller(scenario_text(_data_of(subject)), subject, deviations, search.spent)
    return Smaller(scenario_text(search.data), smaller, search.deviations, search.spent)


def _data_of(subject: ScenarioSubject) -> Data:
    data = cast("Data", Plain().value(subject.loaded.root))
    data.pop("include", None)  # what is included is merged into it
    return data


class _Search:
    """The smallest scenario so far."""

    def __init__(
        self, subject: ScenarioSubject, failing: Seen, deviations: tuple[Deviation, ...], attempts: int
    ) -> None:
        self.subject = subject
        self.deviations = deviations
        self.data = _data_of(subject)
        self.spent = 0
        self._attempts = attempts
        self._wanted = _coarse(failing)
        # Most cuts take away what somebody polls for: such a run need not be watched for long.
        polls = min(_STALL_POLLS, subject.settings.stall_polls)
        self._settings = replace(subject.settings, stall_polls=polls)
        self._passes = subject.run(Deviating(())).failure is None

    def cut_all(self) -> bool:
        """Try every cut once, keeping those that count; tell whether there was one."""
        number, kept = 0, False
        while self.spent < self._attempts:
            data = next(islice(cuts(self.data), number, None), None)
            if data is None:
                break
            if self._counts(data):
                kept = True  # the next cut has moved up to this number
            else:
                number += 1
        return kept

    def _counts(self, data: Data) -> bool:
        try:
            subject = ScenarioSubject(parse_scenario(scenario_text(data), self.subject.name), self._settings)
        except UserError:
            return False
        self.spent += 1
        friendly = subject.run(Deviating(()))
        if self._passes and friendly.failure is not None:
            return False
        seen = self._failing(subject, friendly)
        if seen is None:
            return False
        self.data, self.subject, self.deviations = data, subject, deviations_of(seen.choices)
        return True

    def _failing(self, subject: ScenarioSubject, friendly: Seen) -> Seen | None:
        """Return a run of *subject* that fails as wanted; None when none was found."""
        chooser = Deviating(self.deviations)
        seen = subject.run(chooser)
        if _coarse(seen) == self._wanted:
            return seen
        if chooser.missed:
            # Whoever went first there has been cut out: perhaps somebody else can do the same.
            for schedule in islice(single_deviations(friendly), _MOST_OTHERS):
                seen = subject.run(Deviating(schedule))
                if _coarse(seen) == self._wanted:
                    return seen
        return None


def _coarse(seen: Seen) -> object:
    """What a failure is about, without the numbers that a cut elsewhere may change."""
    if seen.failure is None:
        return None
    return seen.failure.kind, tuple(_NUMBER.sub("", part) for part in seen.failure.signature)


def scenario_text(data: Data) -> str:
    """Return *data* as a scenario file laid out as people write it."""
    yaml = YAML()
    yaml.width = _WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    yaml.dump(_laid_out(data), stream)
    return stream.getvalue()


def _laid_out(value: object, depth: int = 0, *, item: bool = False) -> object:
    """Lists of steps stand one below the other; a definition or a step's arguments stand in one line if they fit."""
    if not isinstance(value, dict | list):
        return value
    node: CommentedMap | CommentedSeq
    if isinstance(value, dict):
        node = CommentedMap((key, _laid_out(each, depth + 1)) for key, each in value.items())
        in_a_line = not item and "steps" not in value
    else:
        node = CommentedSeq(_laid_out(each, depth + 1, item=True) for each in value)
        in_a_line = depth > _STEPS_DEPTH or not any(isinstance(each, dict) for each in value)
    if depth > 1 and in_a_line and len(str(value)) <= _IN_A_LINE:
        node.fa.set_flow_style()
    return node
