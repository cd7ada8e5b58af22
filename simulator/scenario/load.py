"""From a file to a checked scenario, or to one `UserError` with every mistake, its place and its fix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from simulator.base.errors import UserError
from simulator.scenario.complaints import complaints
from simulator.scenario.model import SHARED, Scenario
from simulator.scenario.nodes import Plain, compose, locate, position_of, read_text
from simulator.scenario.problems import Position, Problem, refuse, suggest
from simulator.scenario.references import missing_references

_MOST_INCLUDES = 64
# What an included file may say besides what it adds, so that it can be checked and opened in an editor by
# itself.
_HARMLESS = frozenset({"schema_version", "title", "description", "include", "$schema"})


@dataclass(frozen=True, slots=True, repr=False)
class LoadedScenario:
    """A scenario and where everything in it stands."""

    scenario: Scenario
    file: str
    root: Node
    # Explored, a scenario is compiled thousands of times.
    _found: dict[tuple[int | str, ...], Position] = field(default_factory=dict, compare=False)

    def at(self, path: Sequence[int | str]) -> Position:
        """Return the place of what *path* leads to, e.g. ("threads", "main", 3)."""
        key = tuple(path)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = locate(self.root, path)
        return found

    def __repr__(self) -> str:
        return f"<scenario {self.scenario.title!r} of {self.file}>"


def load_scenario(path: str | Path) -> LoadedScenario:
    """Read, merge and check the scenario file *path*.

    Raises `UserError` whose text has a line `file:line:column: what; how to mend it` for each mistake (at
    most 20).
    """
    return _checked(_Reader().read(Path(path), str(path)), str(path))


def parse_scenario(text: str, file: str = "scenario.yaml") -> LoadedScenario:
    """Check a scenario given as text; *file* is what messages call it. It cannot include files."""
    root = _as_mapping(compose(text, file), file)
    include = _entry(root, "include")
    if include is not None:
        raise refuse([Problem(position_of(include), "text cannot include files", "save it as a file")])
    return _checked(root, file)


def _checked(root: MappingNode, file: str) -> LoadedScenario:
    plain = Plain()
    data = plain.value(root)
    problems = plain.problems
    if isinstance(data, dict):
        # JSON has no comment in which to name the schema.
        data.pop("$schema", None)
    try:
        scenario = Scenario.model_validate(data)
    except ValidationError as error:
        raise refuse([*problems, *complaints(error, root)]) from None
    problems += missing_references(scenario, root)
    if problems:
        raise refuse(problems)
    return LoadedScenario(scenario, file, root)


class _Reader:
    """Reads a file and what it includes into one tree; every node keeps the name of its own file."""

    def __init__(self) -> None:
        self._stack: list[Path] = []
        self._done: set[Path] = set()

    def read(self, path: Path, name: str) -> MappingNode:
        """Return the merged tree of *path*; messages call it *name*."""
        root = _as_mapping(compose(read_text(path, name), name), name)
        real = path.resolve()
        self._stack.append(real)
        self._done.add(real)
        include = _entry(root, "include")
        if isinstance(include, SequenceNode):
            for item in include.value:
                if isinstance(item, ScalarNode):
                    self._include(root, item, path, name)
        self._stack.pop()
        return root

    def _include(self, root: MappingNode, item: ScalarNode, path: Path, name: str) -> None:
        at = position_of(item)
        folder = path.parent.resolve()
        target = self._resolve(item, folder, at)
        if target in self._stack:
            chain = " → ".join(file.name for file in [*self._stack[self._stack.index(target) :], target])
            raise refuse(
                [Problem(at, f"the files include each other in a circle: {chain}", "remove one include")]
            )
        if target in self._done:
            return
        if len(self._done) >= _MOST_INCLUDES:
            raise refuse([Problem(at, f"more than {_MOST_INCLUDES} files are included", "join some of them")])
        shown = str(Path(name).parent / str(item.value))
        try:
            inner = self.read(target, shown)
        except UserError as error:
            # A file that cannot be read at all has no line to point at: point at the include.
            if str(error).startswith(f"{shown}: "):
                what = str(error).removeprefix(f"{shown}: ")
                raise refuse(
                    [Problem(at, f"the included file {item.value} cannot be used: {what}")]
                ) from None
            raise
        _merge(root, inner)

    def _resolve(self, item: ScalarNode, folder: Path, at: Position) -> Path:
        wanted = Path(str(item.value))
        try:
            target = (folder / wanted).resolve()
        except (OSError, ValueError, RuntimeError) as error:
            raise refuse([Problem(at, f"the path {item.value!r} cannot be followed: {error}")]) from None
        if wanted.is_absolute() or not target.is_relative_to(folder):
            message = f"'{item.value}' leads out of the folder of this file"
            raise refuse(
                [Problem(at, message, "included files lie beside or below the file that includes them")]
            )
        return target


def _as_mapping(root: Node, name: str) -> MappingNode:
    if isinstance(root, MappingNode):
        return root
    what = "a list" if isinstance(root, SequenceNode) else "a single value"
    raise refuse(
        [
            Problem(
                position_of(root)._replace(file=name),
                f"a scenario is a mapping (key: value), this file holds {what}",
                "start with 'schema_version: 1', 'title:' and 'threads:'",
            )
        ]
    )


def _entry(root: MappingNode, name: str) -> Node | None:
    return next((value for key, value in root.value if key.value == name), None)


def _merge(root: MappingNode, inner: MappingNode) -> None:
    """Add the shared sections of *inner* to *root*, and refuse what only a whole scenario may say."""
    problems = []
    for key, section in inner.value:
        if key.value in _HARMLESS:
            continue
        if key.value not in SHARED:
            hint = suggest(str(key.value), SHARED)
            problems.append(Problem(position_of(key), f"an included file cannot say '{key.value}'", hint))
        elif isinstance(section, MappingNode):
            problems += _add_section(root, key, section)
    if problems:
        raise refuse(problems)


def _add_section(root: MappingNode, key: Node, section: MappingNode) -> list[Problem]:
    for index, (own_key, own) in enumerate(root.value):
        if own_key.value != key.value or not isinstance(own, MappingNode):
            continue
        names = {str(name.value): name for name, _ in own.value}
        clashes = [
            Problem(
                position_of(name),
                f"'{name.value}' is defined twice (also in {position_of(names[str(name.value)]).short})",
                "rename one of the two",
            )
            for name, _ in section.value
            if str(name.value) in names
        ]
        # A new node: the old one may be shared through an alias.
        joined = MappingNode(own.tag, [*own.value, *section.value], own.start_mark, own.end_mark)
        root.value[index] = (own_key, joined)
        return clashes
    root.value.append((key, section))
    return []
