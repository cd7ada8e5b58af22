"""Which subject a file or module is: what is explored, what a token names, and how either is found again.

A program is explored without the grammar of scenarios, which takes longer to import than all else.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from simulator import __version__
from simulator.app.exploring.settings import RunSettings, settings_of
from simulator.base.errors import UserError
from simulator.explore.deviations import Deviation
from simulator.explore.subject import Seen, Subject
from simulator.explore.tokens import Token

if TYPE_CHECKING:
    from simulator.app.execution.target import Target
    from simulator.app.exploring.scenarios import ScenarioSubject

_SCENARIOS: Final = {".yaml", ".yml", ".json"}
_HASH_DIGITS: Final = 8


@dataclass(frozen=True, slots=True)
class Explored:
    """What is explored: its subject, and how a token says so. `kind` is "scenario", "script", "module" or "code"."""

    subject: Subject
    kind: str
    name: str
    content: str
    arguments: tuple[str, ...]
    settings: RunSettings

    def token(self, seen: Seen, deviations: tuple[Deviation, ...]) -> Token:
        """Return the token of a run that had these *deviations*.

        A program that has failed goes on to its end when it is replayed, and is cut off when explored: its traces
        are not compared.
        """
        trace = ""
        if seen.trace is not None and self.kind == "scenario":
            trace = seen.trace.digest()[:_HASH_DIGITS]
        return Token(
            self.kind, self.name, deviations, self.content, self.settings.of_token(), self.arguments, trace
        )


def is_scenario(file: str) -> bool:
    """Tell a scenario from a program by its name."""
    return Path(file).suffix.lower() in _SCENARIOS


def explored_scenario(file: str | None, settings: RunSettings) -> Explored:
    """Return the scenario *file* (None: the built-in example) as something to explore.

    Raises `UserError` for a file that is none.
    """
    from simulator.app.exploring.scenarios import ScenarioSubject, content_hash
    from simulator.app.runner import load_all

    (loaded,) = load_all([] if file is None else [file])
    subject = ScenarioSubject(loaded, settings)
    return Explored(subject, "scenario", file or "", content_hash(loaded), (), settings)


def explored_text(text: str, name: str, settings: RunSettings) -> Explored:
    """Return the scenario *text*, which is to be the file *name*, as something to explore."""
    from simulator.app.exploring.scenarios import ScenarioSubject, content_hash
    from simulator.scenario.load import parse_scenario

    subject = ScenarioSubject(parse_scenario(text, name), settings)
    return Explored(subject, "scenario", name, content_hash(subject.loaded), (), settings)


def explored_program(target: Target, settings: RunSettings, seconds: float | None = None) -> Explored:
    """Return a program as something to explore; no run of it takes longer than all are to take, *seconds*.

    Raises `UserError` when there is no such program.
    """
    from simulator.app.exploring.programs import PATIENCE_S, ProgramSubject

    target.check()
    patience = PATIENCE_S if seconds is None else min(PATIENCE_S, seconds)
    subject = ProgramSubject(target, settings.exec_options(), patience=patience)
    return Explored(subject, target.kind, target.name, program_hash(target), target.arguments, settings)


def program_hash(target: Target) -> str:
    """Return a hash of the program's own text; "" for what is no single file."""
    if target.kind == "code":
        text = target.name.encode()
    elif target.kind == "script" and Path(target.name).is_file():
        text = Path(target.name).read_bytes()
    else:
        return ""
    return hashlib.sha256(text).hexdigest()[:_HASH_DIGITS]


def scenario_of(token: Token, file: str | None) -> ScenarioSubject:
    """Return the scenario that *token* names, or *file* in its place, with the settings of the token."""
    from simulator.app.exploring.scenarios import ScenarioSubject
    from simulator.app.runner import load_all
    from simulator.scenario.load import load_scenario

    name = file or token.name
    loaded = load_scenario(name) if name else load_all([])[0]
    return ScenarioSubject(loaded, settings_of(token))


def target_of(token: Token, file: str | None) -> Target:
    """Return the program that *token* names, or *file* in its place."""
    from simulator.app.execution.target import Target

    if file is not None:
        return Target("script", file, token.arguments)
    if token.kind not in {"script", "module", "code"}:
        how = f"pytest {token.name} --aclsim-replay={token}" if token.kind == "test" else "run that itself"
        raise UserError(f"the token is of a {token.kind}, {token.name}, which this command cannot run: {how}")
    return Target(token.kind, token.name, token.arguments)


def changes(token: Token, name: str, content: str) -> list[str]:
    """Return what is not as it was when *token* was made, in sentences; *name* has the hash *content* now."""
    said = []
    if token.version != __version__:
        said.append(f"the token was made by aclsim {token.version}, this is {__version__}")
    if token.content and content and token.content != content:
        said.append(
            f"{name or 'the example'} is not what the token was made of; replaying as far as it matches"
        )
    return said
