"""Smaller versions of a scenario as plain data: whatever can be cut out of a file, the largest pieces first.

Nothing here knows whether a cut makes sense: the loader refuses files that name what nobody makes, and a run shows
whether the failure is still there.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final, TypeAlias

# Plain data of a file, as `simulator.scenario.nodes.Plain` returns it.
Data: TypeAlias = dict[str, Any]
Steps: TypeAlias = list[Any]

_ASIDE: Final = ("description", "summary", "budget", "seed")
_DECLARED: Final = ("faults", "callbacks", "models", "buffers")


def cuts(data: Data) -> Iterator[Data]:
    """Yield copies of *data* that lack something: threads, objects, declarations, expectations, steps, rounds."""
    yield from (_changed(data, partial(_drop_key, key)) for key in _ASIDE if key in data)
    yield from (_without(data, "threads", name) for name in data["threads"] if name != "main")
    yield from (_changed(data, partial(_drop_steps, name)) for name in _made(data))
    for section in _DECLARED:
        entries = data.get(section) or {}
        names = list(entries) if isinstance(entries, dict) else reversed(range(len(entries)))
        yield from (_without(data, section, name) for name in names)
    yield from (_without(data, "expect", at) for at in reversed(range(len(data.get("expect") or ()))))
    yield from _cut_steps(data)


def step_lists(data: Data) -> Iterator[Steps]:
    """Yield every list of steps of threads and callbacks, nested ones after the list they are in."""
    for thread in data["threads"].values():
        yield from _nested(thread["steps"] if isinstance(thread, dict) else thread)
    for callback in (data.get("callbacks") or {}).values():
        if callback and callback.get("steps"):
            yield from _nested(callback["steps"])


def _nested(steps: Steps) -> Iterator[Steps]:
    yield steps
    for step in steps:
        if isinstance(step, dict) and isinstance(step.get("steps"), list):
            yield from _nested(step["steps"])


def _changed(data: Data, change: Callable[[Data], None]) -> Data:
    smaller = copy.deepcopy(data)
    change(smaller)
    return smaller


def _without(data: Data, section: str, entry: str | int) -> Data:
    """Leave out an entry of a section, and the steps that name it."""

    def change(smaller: Data) -> None:
        del smaller[section][entry]
        if not smaller[section]:
            del smaller[section]
        if isinstance(entry, str):
            _drop_steps(entry, smaller)

    return _changed(data, change)


def _made(data: Data) -> list[str]:
    """Return the names that steps give to what they make."""
    names: dict[str, None] = {}
    for steps in step_lists(data):
        for step in steps:
            for values in step.values() if isinstance(step, dict) else ():
                made = values.get("as") if isinstance(values, dict) else None
                names.update(dict.fromkeys([made] if isinstance(made, str) else made or ()))
    return list(names)


def _drop_key(key: str, data: Data) -> None:
    del data[key]


def _drop_steps(name: str, data: Data) -> None:
    """Take out every step and expectation that names *name*."""
    for steps in step_lists(data):
        steps[:] = [step for step in steps if _is_nest(step) or not _names(step, name)]
    if "expect" in data:
        data["expect"][:] = [each for each in data["expect"] if not _names(each, name)]


def _is_nest(step: object) -> bool:
    return isinstance(step, dict) and "steps" in step


def _names(value: object, name: str) -> bool:
    if isinstance(value, dict):
        return any(_names(each, name) for each in value.values())
    if isinstance(value, list):
        return any(_names(each, name) for each in value)
    return value == name or (isinstance(value, str) and value.endswith(f"@{name}"))


def _cut_steps(data: Data) -> Iterator[Data]:
    """Leave out single steps, the last ones first; repeat less often, or do the steps of a repetition once."""
    for number, steps in enumerate(step_lists(data)):
        for at in reversed(range(len(steps))):
            step = steps[at]
            changes: list[Callable[[Steps], None]] = [partial(_drop, at)]
            times = step.get("repeat") if isinstance(step, dict) else None
            if isinstance(times, int):
                fewer = sorted({1, times // 2, times - 1} - {times})
                changes += [partial(_unwrap, at), *(partial(_repeat, at, each) for each in fewer)]
            yield from (_changed(data, partial(_in_list, number, change)) for change in changes)


def _in_list(number: int, change: Callable[[Steps], None], data: Data) -> None:
    change(list(step_lists(data))[number])


def _drop(at: int, steps: Steps) -> None:
    del steps[at]


def _repeat(at: int, times: int, steps: Steps) -> None:
    steps[at]["repeat"] = times


def _unwrap(at: int, steps: Steps) -> None:
    steps[at : at + 1] = steps[at]["steps"]
