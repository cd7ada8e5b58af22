"""Names that a scenario uses but never makes: found before anything runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from ruamel.yaml.nodes import Node

from acl_api import codes
from simulator.base.errors import UserError
from simulator.base.profile import load_profile
from simulator.scenario.expectations import (
    ExpectCallbacks,
    ExpectCodes,
    ExpectLost,
    ExpectOrder,
    ExpectState,
)
from simulator.scenario.faults import FaultDef
from simulator.scenario.model import Scenario
from simulator.scenario.nodes import locate
from simulator.scenario.problems import Problem, suggest
from simulator.scenario.steps import (
    Bound,
    CallStep,
    ExpectBytes,
    Fill,
    JoinThread,
    Region,
    SetFlag,
    StartThread,
    StepModel,
    Until,
    WaitFlag,
)
from simulator.scenario.values import DEFAULT_STREAM, NEVER
from simulator.scenario.vocabulary import OPERATIONS

Path: TypeAlias = tuple[int | str, ...]
_HOW_TO_MAKE: Final[Mapping[str, str]] = {
    "callback": "add it under callbacks:",
    "thread": "add it under threads:",
    "flag": "add a set_flag step, or use 'never'",
    "memory": "add it under buffers:, or bind a malloc step with 'as:'",
    "model": "add it under models:, or bind a load_from_file step with 'as:'",
}


def every_step(scenario: Scenario) -> Iterator[tuple[Path, StepModel]]:
    """Yield each step of threads and callbacks, nested ones too, with its path in the file."""

    def walk(path: Path, steps: tuple[StepModel, ...]) -> Iterator[tuple[Path, StepModel]]:
        for index, step in enumerate(steps):
            here = (*path, index)
            yield here, step
            yield from walk((*here, "steps"), step.children)

    for name, thread in scenario.threads.items():
        yield from walk(("threads", name, "steps"), thread.steps)
    for name, callback in scenario.callbacks.items():
        yield from walk(("callbacks", name, "steps"), callback.steps or ())


def missing_references(scenario: Scenario, root: Node) -> list[Problem]:
    """Return a problem for every name in *scenario* that nothing in the file makes."""
    return _Names(scenario, root).problems()


class _Names:
    """What a scenario makes, by kind, and which uses of it are wrong."""

    def __init__(self, scenario: Scenario, root: Node) -> None:
        self._scenario = scenario
        self._root = root
        self._steps = list(every_step(scenario))
        self._known: dict[str, set[str]] = defaultdict(set)
        self._found: list[Problem] = []
        self._known["callback"] = set(scenario.callbacks)
        self._known["thread"] = set(scenario.threads)
        self._known["model"] = set(scenario.models)
        self._known["memory"] = set(scenario.buffers)
        self._known["flag"] = {NEVER}
        self._known["stream"] = {DEFAULT_STREAM}
        for _, step in self._steps:
            if isinstance(step, SetFlag):
                self._known["flag"].add(step.set_flag)
            elif isinstance(step, CallStep):
                kind = step.operation.produces
                self._known[kind].update(step.binds[:1])
                self._known[""].update(step.binds)

    def problems(self) -> list[Problem]:
        """Check every step, then every expectation."""
        for path, step in self._steps:
            self._step(path, step)
        for index, _ in enumerate(self._scenario.expect):
            self._expectation(index)
        for name, model in self._scenario.models.items():
            self._code(model.fails_with, ("models", name, "fails_with"))
        for index, fault in enumerate(self._scenario.faults):
            self._fault(("faults", index), fault)
        if self._scenario.soc is not None:
            self._soc(self._scenario.soc)
        return self._found

    def _use(self, kind: str, name: object, path: Path) -> None:
        if not isinstance(name, str) or name in self._known[kind]:
            return
        others = [other for other, names in self._known.items() if other and name in names]
        if others:
            message, hint = f"'{name}' is a {others[0]}, but a {kind} is needed here", ""
        elif name in self._known[""] and kind not in _HOW_TO_MAKE:
            # Bound to a plain number (an id, a count): passed on, for scenarios that pass wrong values.
            return
        else:
            message = f"no {kind} is called '{name}'"
            hint = suggest(name, self._known[kind] - {DEFAULT_STREAM, NEVER})
            make = _HOW_TO_MAKE.get(kind, f"let a step that makes a {kind} say 'as: {name}'")
            hint = hint if hint.startswith("did") else make
        self._found.append(Problem(locate(self._root, path), message, hint))

    def _step(self, path: Path, step: StepModel) -> None:
        match step:
            case CallStep():
                self._call(path, step)
            case StartThread():
                self._use("thread", step.start_thread, (*path, "start_thread"))
            case JoinThread():
                self._use("thread", step.join_thread, (*path, "join_thread"))
            case WaitFlag():
                self._use("flag", step.wait_flag, (*path, "wait_flag"))
            case Until():
                self._use("flag", step.until, (*path, "until"))
            case Fill():
                self._region((*path, "fill"), step.fill)
            case ExpectBytes():
                self._region((*path, "expect_bytes"), step.expect_bytes)
            case _:
                pass

    def _fault(self, path: Path, fault: FaultDef) -> None:
        self._use("callback", fault.callback, (*path, "callback"))
        self._use("thread", fault.thread, (*path, "thread"))
        if not (fault.stream or "").startswith(DEFAULT_STREAM):  # traces call it "default of …"
            self._use("stream", fault.stream, (*path, "stream"))

    def _soc(self, soc: str) -> None:
        if soc.casefold().endswith(".toml"):
            message = "a scenario names a built-in SoC, not a profile file"
            self._found.append(Problem(locate(self._root, ("soc",)), message, "give the file with --soc"))
            return
        try:
            load_profile(soc)
        except UserError as error:
            self._found.append(Problem(locate(self._root, ("soc",)), str(error)))

    def _region(self, path: Path, region: Region) -> None:
        self._use("memory", region.buffer, (*path, "buffer"))

    def _code(self, code: object, path: Path) -> None:
        if isinstance(code, str) and codes.find(code) is None:
            near = codes.near_names(code)
            hint = f"did you mean {' or '.join(near)}?" if near else "write its number"
            self._found.append(Problem(locate(self._root, path), f"no code is called '{code}'", hint))

    def _call(self, path: Path, step: CallStep) -> None:
        name = step.operation.step
        for code in step.arguments.returns or ():
            self._code(code, (*path, name, "returns"))
        for argument in step.operation.arguments:
            value = step.argument(argument.name)
            for one in value if isinstance(value, tuple) and argument.names else (value,):
                if argument.names:
                    self._use(argument.names, one, (*path, name, argument.name))
        outs = step.operation.row.outs
        if len(step.binds) > len(outs):
            message = f"'{name}' gives {len(outs)} value(s), but 'as' names {len(step.binds)}"
            self._found.append(
                Problem(locate(self._root, (*path, name, "as")), message, f"it gives {', '.join(outs)}")
            )
        if isinstance(step.arguments, Bound):
            for given in step.arguments.gives or {}:
                if given not in outs:
                    at = locate(self._root, (*path, name, "gives", given), key=True)
                    self._found.append(
                        Problem(at, f"'{name}' gives no '{given}'", f"it gives {', '.join(outs)}")
                    )

    def _expectation(self, index: int) -> None:
        expectation = self._scenario.expect[index]
        path: Path = ("expect", index)
        match expectation:
            case ExpectCallbacks():
                wanted = expectation.callbacks
                self._use("callback", wanted.fn, (*path, "callbacks", "fn"))
                self._use("thread", wanted.thread, (*path, "callbacks", "thread"))
                self._use("stream", wanted.stream, (*path, "callbacks", "stream"))
            case ExpectLost():
                self._use("callback", expectation.lost.fn, (*path, "lost", "fn"))
            case ExpectState():
                kind, name = expectation.state.subject
                self._use(kind, name, (*path, "state", kind))
            case ExpectCodes():
                self._use("thread", expectation.codes.thread, (*path, "codes", "thread"))
                self._occurrence(expectation.codes.op, (*path, "codes", "op"), set(OPERATIONS))
                for place, code in enumerate(expectation.codes.codes):
                    self._code(code, (*path, "codes", "codes", place))
            case ExpectOrder():
                known = set(OPERATIONS) | self._known["callback"] | self._known["model"]
                for place, item in enumerate(expectation.order):
                    self._occurrence(item, (*path, "order", place), known)
            case _:
                pass

    def _occurrence(self, item: str, path: Path, known: set[str]) -> None:
        name, _, where = item.partition("@")
        places = self._known["stream"] | self._known["thread"]
        if name not in known:
            hint = suggest(name, known) or "name a step, a callback or a model"
            self._found.append(Problem(locate(self._root, path), f"nothing is called '{name}'", hint))
        elif where and where not in places:
            hint = suggest(where, places)
            self._found.append(
                Problem(locate(self._root, path), f"no stream or thread is called '{where}'", hint)
            )
