"""SoC profiles: what the limits, the callback lowering and the engines of one product family are.

A profile is a TOML file. Each figure is written as `{ value = …, source = "…" }`, and a source begins with
`rule` (the project's numbered rules), `public` (a public document or repository) or `assumed` (nobody told
us): whoever reads a simulated number can see what it rests on. The built-in files lie beside this module;
`load_profile("my.toml")` reads a file of the user's, which may build on a built-in one with `extends`. A table
`[options]` says what a machine does where the real runtime is not known, as `aclsim conformance --probe` finds out.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

from simulator.base.errors import UserError
from simulator.base.features import Features
from simulator.base.figures import SECTIONS, CostFigures, Engines, Limits, Lowering, RuntimeFigures
from simulator.base.readers import text

__all__ = [
    "DEFAULT_SOC",
    "CostFigures",
    "Engines",
    "Features",
    "Limits",
    "Lowering",
    "ProfileError",
    "RuntimeFigures",
    "SocProfile",
    "load_profile",
    "profile_names",
]

DEFAULT_SOC: Final = "Ascend910B"

_LARGEST_FILE = 1 << 20
_NAMES = ("key", "aliases", "products", "family", "extends")
_OPTIONS = "options"


class ProfileError(UserError, ValueError):
    """A profile name or profile file is wrong; the message names the file, the key and the remedy."""


@dataclass(frozen=True, slots=True, repr=False)
class SocProfile:
    """One product family as the model sees it. Hashable; two loads of a built-in name give the same object.

    In a file each section is a table of its figures (`figures.py`).
    """

    key: str
    """The name users give, such as "Ascend910B"."""
    aliases: tuple[str, ...]
    products: str
    family: str
    """The product family as rule e6 names it."""
    runtime: RuntimeFigures
    limits: Limits
    features: Features
    engines: Engines
    costs: CostFigures
    sources: Mapping[str, str] = field(compare=False)
    """For each figure ("limits.streams"), what it rests on."""
    options: tuple[str, ...] = ()
    """What is known of this machine where others may choose, as NAME=VALUE (names: `simulator.core.options`)."""

    def __repr__(self) -> str:
        return f"SocProfile({self.key})"

    @property
    def soc_name(self) -> str:
        """What aclrtGetSocName answers."""
        return self.runtime.soc_name

    @property
    def lowering(self) -> Lowering:
        """How a blocking callback becomes tasks."""
        return self.runtime.lowering

    @property
    def assumed(self) -> tuple[str, ...]:
        """The figures that rest on no rule and no public source, such as "costs.h2d_latency_ns"."""
        return tuple(name for name, source in self.sources.items() if source.startswith("assumed"))


def profile_names() -> tuple[str, ...]:
    """The keys of the built-in profiles, sorted."""
    return tuple(sorted(_documents()))


def load_profile(name: str) -> SocProfile:
    """The built-in profile of that key or alias (case does not matter), or the profile in a `.toml` file.

    Raises `ProfileError` (a ValueError), with the nearest name or with the file and key that are wrong.
    """
    if name.casefold().endswith(".toml"):
        return _load_file(Path(name))
    key = _keys_by_alias().get(name.strip().casefold())
    if key is None:
        near = get_close_matches(name.strip().casefold(), _keys_by_alias(), n=1)
        hint = f"did you mean {_keys_by_alias()[near[0]]}? " if near else ""
        raise ProfileError(
            f"no SoC profile is named {name!r}: {hint}Built in are {', '.join(profile_names())}; "
            "a name that ends in .toml is read as a file"
        )
    return _load_builtin(key)


@cache
def _load_builtin(key: str) -> SocProfile:
    return _Reader(f"{key}.toml").profile(_documents()[key])


@cache
def _documents() -> dict[str, dict[str, object]]:
    """The built-in files, parsed, by key."""
    from importlib import resources  # slow to import, and a caller may never load a profile

    folder = resources.files("simulator.base") / "profiles"
    texts = [entry.read_text("utf-8") for entry in folder.iterdir() if entry.name.endswith(".toml")]
    documents = [cast("dict[str, object]", tomllib.loads(text)) for text in texts]
    return {str(document["key"]): document for document in documents}


@cache
def _keys_by_alias() -> dict[str, str]:
    names: dict[str, str] = {}
    for key, document in _documents().items():
        for alias in (key, _load_builtin(key).soc_name, *cast("list[str]", document["aliases"])):
            names[alias.casefold()] = key
    # A key always means itself, even where another family's variant is spelled alike.
    return names | {key.casefold(): key for key in _documents()}


def _load_file(path: Path) -> SocProfile:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
    except (OSError, ValueError) as problem:
        raise ProfileError(f"{path}: cannot be read: {problem}") from problem
    if len(content) > _LARGEST_FILE:
        raise ProfileError(f"{path}: a profile is a few kilobytes; this file is larger than 1MiB")
    try:
        document = cast("dict[str, object]", tomllib.loads(content.decode("utf-8")))
    except UnicodeDecodeError as problem:
        raise ProfileError(f"{path}: is not a text file in UTF-8 (byte {problem.start})") from problem
    except (ValueError, RecursionError) as problem:
        raise ProfileError(f"{path}: is not TOML: {problem}") from problem
    reader = _Reader(str(path))
    return reader.profile(reader.extended(document))


def _name_in_file(name: str) -> str:
    return name.removesuffix("_ns").removesuffix("_bytes")


class _Reader:
    """Turns one parsed document into a profile; every message begins with the file's name."""

    def __init__(self, file: str) -> None:
        self._file = file

    def extended(self, document: dict[str, object]) -> dict[str, object]:
        """The document on top of the built-in one that `extends` names, if it does."""
        parent = document.get("extends")
        if parent is None:
            return document
        key = _keys_by_alias().get(parent.casefold()) if isinstance(parent, str) else None
        if key is None:
            raise self._error(
                "extends", f"{parent!r} is not built in: use one of {', '.join(profile_names())}"
            )
        base = _documents()[key]
        names = {"aliases": [], "products": base["products"], "family": base["family"]}
        sections = {name: {**self._table(base, name), **self._table(document, name)} for name in SECTIONS}
        return names | document | sections

    def profile(self, document: dict[str, object]) -> SocProfile:
        """The profile, with every figure checked."""
        self._refuse_unknown("", document, (*_NAMES, *SECTIONS, _OPTIONS))
        sources: dict[str, str] = {}
        profile = SocProfile(
            key=self._name(document, "key"),
            aliases=self._aliases(document),
            products=self._name(document, "products"),
            family=self._name(document, "family"),
            runtime=RuntimeFigures(**self._section(document, "runtime", sources)),
            limits=Limits(**self._section(document, "limits", sources)),
            features=Features(**self._section(document, "features", sources)),
            engines=Engines(**self._section(document, "engines", sources)),
            costs=CostFigures(**self._section(document, "costs", sources)),
            sources=sources,
            options=self._options(document),
        )
        if profile.limits.priority_greatest > profile.limits.priority_least:
            raise self._error("limits.priority_greatest", "must not exceed priority_least (rule e5)")
        if profile.runtime.stars is (profile.lowering is Lowering.ACK):
            raise self._error(
                "runtime.lowering", "must be 'ack' without STARS and another with it (rule 0.5)"
            )
        return profile

    def _section(self, document: dict[str, object], section: str, sources: dict[str, str]) -> dict[str, Any]:
        table = self._table(document, section)
        figures = {figure: _name_in_file(figure.name) for figure in fields(SECTIONS[section])}
        self._refuse_unknown(f"{section}.", table, list(figures.values()))
        values: dict[str, Any] = {}
        for figure, name in figures.items():
            where = f"{section}.{name}"
            if name not in table:
                raise self._error(where, 'is missing: add it, or build on a built-in one with extends = "…"')
            values[figure.name], sources[f"{section}.{figure.name}"] = self._figure(
                where, table[name], figure.metadata["read"]
            )
        return values

    def _figure(self, where: str, entry: object, read: Callable[[object], object]) -> tuple[object, str]:
        """Value and source; a bare value is allowed, and its source is then the file."""
        if not isinstance(entry, dict):
            entry = {"value": entry, "source": f"assumed: stated without a source in {Path(self._file).name}"}
        if set(entry) != {"value", "source"} or not isinstance(entry["source"], str):
            raise self._error(where, 'write it as { value = …, source = "…" }')
        try:
            return read(entry["value"]), entry["source"]
        except ValueError as problem:
            raise self._error(where, str(problem)) from None

    def _table(self, document: dict[str, object], section: str) -> dict[str, object]:
        table = document.get(section, {})
        if not isinstance(table, dict):
            raise self._error(section, f"must be a table: write [{section}] and the figures below it")
        return table

    def _options(self, document: dict[str, object]) -> tuple[str, ...]:
        table = self._table(document, _OPTIONS)
        for name, value in table.items():
            if type(value) not in (str, int):
                raise self._error(f"{_OPTIONS}.{name}", f'{value!r} is no value: write {name} = "…"')
        return tuple(f"{name}={value}" for name, value in table.items())

    def _name(self, document: dict[str, object], name: str) -> str:
        try:
            return text(document.get(name))
        except ValueError:
            raise self._error(name, f'is missing or no text: write {name} = "…" at the top') from None

    def _aliases(self, document: dict[str, object]) -> tuple[str, ...]:
        aliases = document.get("aliases", [])
        if not isinstance(aliases, list) or not all(isinstance(alias, str) for alias in aliases):
            raise self._error("aliases", 'must be a list of texts, such as ["A3"]')
        return tuple(aliases)

    def _refuse_unknown(self, prefix: str, table: dict[str, object], known: Sequence[str]) -> None:
        for name in table:
            if name not in known:
                near = get_close_matches(name, known, n=1)
                hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(known)}"
                raise self._error(f"{prefix}{name}", f"is not part of a profile: {hint}")

    def _error(self, where: str, problem: str) -> ProfileError:
        return ProfileError(f"{self._file}: {where}: {problem}")
