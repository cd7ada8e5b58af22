"""The cases: scenarios in short, in the YAML files beside this module.

    - rule: a8                          # what it is about
      does: launch on a stream that nobody is subscribed to
      steps:                            # of the thread main; `s` is a stream of device 0
        - launch_callback: {fn: f, block: true, stream: s, returns: 107015}

| key | meaning |
|---|---|
| `streams` | the streams to make, default `[s]`; `makes: {t: persistent}` makes one with flags |
| `subscribed` | those that the thread `polls` (default `reporter`) is subscribed to |
| `served` | the same for the thread `reporter`, which polls until the streams are synchronised |
| `threads`, `callbacks`, `buffers`, `models` | as in a scenario; callbacks `f`, `g`, `h` are there, and do nothing |
| `ordered` | callbacks that must come in this order |
| `frame: none` | no steps but its own; `ends: false`: nothing is tidied up behind them |
| `needs: model`, `devices: 2` | what the library must have |
| `option` | of `unsettled.yaml`: which option of `simulator.core.options` the outcome settles |

In steps, `copies: 3` with `of:` stands for three copies of the steps, with 0, 1 and 2 in place of `{i}`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import resources
from typing import Any, Final, cast

from simulator.base.errors import InternalError
from simulator.core.options import UNKNOWNS
from simulator.scenario.load import LoadedScenario, parse_scenario
from simulator.scenario.nodes import Plain, compose

_FOLDER: Final = "cases"
_KEYS: Final = frozenset({
    "rule", "does", "streams", "makes", "subscribed", "polls", "served", "steps", "threads", "callbacks", "buffers",
    "models", "ordered", "frame", "ends", "needs", "devices", "option", "syncs",
})  # fmt: skip
_POLL_MS: Final = "20ms"


@dataclass(frozen=True)
class Case:
    """One small program, and the rule that it is about; `option` is what its outcome settles."""

    name: str
    rule: str
    does: str
    text: str = field(repr=False)
    option: str = ""
    needs_model: bool = False
    devices: int = 1

    @cached_property
    def loaded(self) -> LoadedScenario:
        """The case as a scenario; most commands need a few of them."""
        return parse_scenario(self.text, f"case {self.name}")


@dataclass(frozen=True, slots=True)
class Suite:
    """All cases in the order of their rules, and the rules that none can show, each with the reason."""

    cases: tuple[Case, ...]
    unseen: Mapping[str, str]

    def about(self, rules: Sequence[str]) -> Suite:
        """Return what is about one of *rules*, such as "a8", "O5" or a whole letter; all of it for none."""
        if not rules:
            return self
        chosen = tuple(case for case in self.cases if _is_about(case.rule, rules))
        return Suite(chosen, {rule: why for rule, why in self.unseen.items() if _is_about(rule, rules)})


def _is_about(rule: str, rules: Sequence[str]) -> bool:
    return any(rule == each or rule[0] == each for each in rules)


@cache
def suite() -> Suite:
    """Return the suite that comes with this package."""
    cases: list[Case] = []
    unseen: dict[str, str] = {}
    folder = resources.files(__package__) / _FOLDER
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        document = _document(file.read_text("utf-8"), file.name)
        unseen |= document.get("unseen", {})
        counts: dict[str, int] = {}
        for raw in document["cases"]:
            rule = str(raw["rule"])
            counts[rule] = counts.get(rule, 0) + 1
            ending = f"-{counts[rule]}" if counts[rule] > 1 else ""
            cases.append(_case(raw, f"{raw.get('option', rule)}{ending}"))
    return Suite(
        tuple(sorted(cases, key=lambda case: _place(case.rule))),
        {rule: unseen[rule] for rule in sorted(unseen, key=_place)},
    )


def _place(rule: str) -> tuple[bool, str, int, str]:
    """Sort by letter, and by number; the guarantees come last."""
    number = rule[1:].rstrip("b").lstrip(".")
    return rule[0] == "O", rule[0], int(number), rule


def _document(text: str, name: str) -> dict[str, Any]:
    return cast("dict[str, Any]", Plain().value(compose(text, name)))


def _case(raw: Mapping[str, Any], name: str) -> Case:
    unknown = set(raw) - _KEYS
    if unknown or raw.get("option", "handles") not in UNKNOWNS:
        raise InternalError(f"case {name}: {', '.join(sorted(unknown)) or raw['option']} is not known")
    return Case(
        name,
        str(raw["rule"]),
        raw["does"],
        json.dumps(_scenario(raw), indent=1),
        raw.get("option", ""),
        raw.get("needs") == "model",
        raw.get("devices", 1),
    )


def _scenario(raw: Mapping[str, Any]) -> dict[str, object]:
    """Return a case as the scenario that it stands for."""
    threads = {name: [*_spread(steps)] for name, steps in raw.get("threads", {}).items()}
    if "served" in raw:
        poll = {"process_report": {"timeout": _POLL_MS}}
        # Once more behind the end: nobody has waited for non-blocking callbacks.
        threads["reporter"] = [{"until": "done", "steps": [poll]}, {"repeat": 1, "steps": [poll]}]
    expect = [{"order": raw["ordered"]}] if "ordered" in raw else []
    scenario: dict[str, object] = {
        "schema_version": 1,
        "title": f"{raw['rule']}: {raw['does']}",
        "callbacks": {"f": {}, "g": {}, "h": {}, **raw.get("callbacks", {})},
        "threads": {"main": [*_main(raw)], **threads},
        "expect": [*expect, {"ends": ["done", "deadlock", "stalled"]}],
    }
    return scenario | {key: raw[key] for key in ("buffers", "models", "devices") if key in raw}


def _main(raw: Mapping[str, Any]) -> Iterator[object]:
    if raw.get("frame") == "none":
        yield from _spread(raw["steps"])
        return
    served = raw.get("served", [])
    yield from ("init", {"set_device": {"device": 0}})
    for name in raw.get("streams", [*dict.fromkeys(["s", *served])]):
        if name != "default":
            yield _made(name, raw.get("makes", {}).get(name))
    if served:
        yield {"start_thread": "reporter"}
    for thread, streams in (("reporter", served), (raw.get("polls"), raw.get("subscribed", []))):
        for name in streams:
            yield {"subscribe_report": {"thread": thread or "once", "stream": name}}
    yield from _spread(raw["steps"])
    if raw.get("ends", True):
        yield from _ending(raw.get("syncs", served), is_served=bool(served))


def _made(name: str, flag: str | None) -> object:
    if flag is None:
        return {"create_stream": {"as": name}}
    return {"create_stream_with_config": {"flag": flag, "as": name}}


def _ending(synced: Sequence[str], *, is_served: bool) -> Iterator[object]:
    for name in synced:
        yield {"synchronize_stream": {"stream": name}}
    if is_served:
        yield from ({"set_flag": "done"}, {"join_thread": "reporter"})
    yield from ({"reset_device": {"device": 0}}, "finalize")


def _spread(steps: Sequence[object]) -> Iterator[object]:
    """Write out `copies`."""
    for step in steps:
        if isinstance(step, dict) and "copies" in step:
            for number in range(step["copies"]):
                yield from (_numbered(each, number) for each in step["of"])
        else:
            yield step


def _numbered(value: object, number: int) -> object:
    if isinstance(value, dict):
        return {key: _numbered(each, number) for key, each in value.items()}
    if isinstance(value, str) and "{i}" in value:
        text = value.replace("{i}", str(number))
        return int(text) if text.isdecimal() else text
    return value
