"""From a file to plain data plus the place of every node, within limits that no file can break.

YAML 1.2 through ruamel's pure composer: only nodes are composed, nothing is constructed, so a tag cannot run
code. Aliases share nodes; the limits therefore count what they *expand* to. JSON is read the same way.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from simulator.base.errors import UserError
from simulator.base.units import format_size
from simulator.scenario.problems import Position, Problem, refuse

LARGEST_FILE: Final = 8 << 20
MOST_NODES: Final = 200_000
DEEPEST: Final = 64

_TAG: Final = "tag:yaml.org,2002:"
# What the core schema of YAML 1.2 calls an integer; anything else that ruamel resolves (0b1, 1_000) stays
# text.
_INTEGER: Final = re.compile(r"[-+]?[0-9]+|0o[0-7]+|[-+]?0x[0-9a-fA-F]+")
_LONGEST_INTEGER: Final = 64


class _CountingComposer(Composer):
    """Stops at the limits while it composes: a file of 8 MiB can hold millions of nodes."""

    _nodes = 0
    _depth = 0

    def compose_node(self, parent: Node | None, index: object) -> Node | None:
        """Compose one node and all below it."""
        self._nodes += 1
        self._depth += 1
        if self._nodes > MOST_NODES or self._depth > DEEPEST:
            mark = self.parser.peek_event().start_mark
            where = Position(str(mark.name), mark.line + 1, mark.column + 1)
            raise refuse([_too_deep(where) if self._depth > DEEPEST else _too_many(where)])
        node: Node | None = super().compose_node(parent, index)
        self._depth -= 1
        return node


def _too_many(where: Position) -> Problem:
    message = f"the file expands to more than {MOST_NODES:,} nodes"
    return Problem(where, message, "do not nest aliases, and use repeat instead of copies")


def _too_deep(where: Position) -> Problem:
    message = f"the file is nested deeper than {DEEPEST} levels"
    return Problem(where, message, "flatten it, and let no alias contain itself")


def read_text(path: Path, name: str) -> str:
    """Return the text of the scenario file that messages call *name*.

    Raises `UserError` when it is missing, no regular file, too large, empty or binary.
    """
    try:
        status = path.stat()
        if path.is_dir():
            raise UserError(f"{name}: this is a folder; name a scenario file in it")
        if not path.is_file():
            raise UserError(f"{name}: this is not a regular file; scenarios are read from files only")
        if status.st_size > LARGEST_FILE:
            raise UserError(
                f"{name}: the file has {status.st_size:,} bytes, more than the {format_size(LARGEST_FILE)} a "
                "scenario may have; use repeat and include instead of copies"
            )
        # Bounded even if the file grows between the two calls.
        with path.open("rb") as file:
            raw = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise UserError(f"{name}: there is no such file; check the path") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(f"{name}: the file cannot be read: {reason}") from None
    if b"\0" in raw:
        raise UserError(f"{name}: this is a binary file; a scenario is YAML or JSON text in UTF-8")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UserError(f"{name}:{line}: byte {error.start} is not UTF-8; save the text as UTF-8") from None
    if not text.strip():
        raise UserError(f"{name}: the file is empty; start with 'schema_version: 1', 'title:' and 'threads:'")
    return text


def compose(text: str, file: str) -> Node:
    """Return the node tree of *text*; its marks carry the name *file*. Raises `UserError` for what is not
    YAML.
    """
    if file.endswith(".json"):
        # JSON may be indented with tabs, YAML may not; raw tabs cannot occur inside JSON strings.
        text = text.replace("\t", " ")
    stream = io.StringIO(text)
    stream.name = file
    try:
        reader = YAML(typ="safe", pure=True)
        reader.Composer = _CountingComposer
        root = reader.compose(stream)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = Position(file, mark.line + 1, mark.column + 1) if mark is not None else Position(file)
        context = f" {error.context}" if error.context else ""
        message = f"this is not valid YAML: {error.problem or 'unreadable'}{context}"
        raise refuse([Problem(where, message, "check the indentation, quotes and brackets here")]) from None
    except YAMLError as error:
        first = str(error).splitlines()[0]
        raise UserError(f"{file}: this is not valid YAML: {first}; remove what is not text") from None
    if not isinstance(root, Node):
        raise UserError(
            f"{file}: the file has only comments; start with 'schema_version: 1', 'title:' and 'threads:'"
        )
    return root


def position_of(node: Node) -> Position:
    """Return where *node* begins."""
    mark = node.start_mark
    return Position(str(mark.name), mark.line + 1, mark.column + 1)


class Plain:
    """Turns node trees into plain data: dict, list, str, int, float, bool, None.

    `problems` collects duplicate keys, tags and the like; going over a limit raises at once, because what
    follows cannot be trusted to end. One instance counts the nodes of all files of a scenario.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._nodes = 0

    def value(self, node: Node, depth: int = 0) -> object:
        """Return the plain data of *node* with every alias expanded."""
        self._nodes += 1
        if self._nodes > MOST_NODES:
            raise refuse([_too_many(position_of(node))])
        if depth > DEEPEST:
            raise refuse([_too_deep(position_of(node))])
        if isinstance(node, MappingNode):
            return self._mapping(node, depth)
        if isinstance(node, SequenceNode):
            self._check_tag(node, "seq")
            return [self.value(item, depth + 1) for item in node.value]
        return self._scalar(node)

    def _mapping(self, node: MappingNode, depth: int) -> dict[str, object]:
        self._check_tag(node, "map")
        result: dict[str, object] = {}
        first: dict[str, Position] = {}
        for key, value in node.value:
            name = self._key(key)
            if name is None:
                continue
            if name in result:
                message = f"the key '{name}' stands here a second time (first in line {first[name].line})"
                self.problems.append(Problem(position_of(key), message, "remove one of the two"))
                continue
            first[name] = position_of(key)
            result[name] = self.value(value, depth + 1)
        return result

    def _key(self, key: Node) -> str | None:
        if not isinstance(key, ScalarNode):
            self.problems.append(
                Problem(position_of(key), "a key must be a plain word", "put quotes around it")
            )
            return None
        if key.value == "<<":
            hint = "write the fields out, or use include"
            self.problems.append(
                Problem(position_of(key), "merge keys ('<<') are not part of YAML 1.2", hint)
            )
            return None
        return str(key.value)

    def _scalar(self, node: Node) -> object:
        tag, text = str(node.tag).removeprefix(_TAG), str(node.value)
        if tag == "null":
            return None
        if tag == "bool":
            # A %YAML 1.1 header would make booleans of "on" and "yes".
            return {"true": True, "false": False}.get(text.lower(), text)
        if tag == "int" and _INTEGER.fullmatch(text) and len(text) <= _LONGEST_INTEGER:
            return int(text, 0) if text[:2] in {"0x", "0o"} or "0x" in text else int(text)
        if tag == "float":
            return _float(text)
        if tag not in {"str", "int", "timestamp"}:
            self._check_tag(node, "str")
        return text

    def _check_tag(self, node: Node, expected: str) -> None:
        tag = str(node.tag).removeprefix(_TAG)
        if tag != expected:
            message = f"the tag '!{tag}' is not allowed: a scenario is plain data"
            self.problems.append(Problem(position_of(node), message, "remove the tag"))


def _float(text: str) -> object:
    plain = text.lower().lstrip("+")
    try:
        return float({".inf": "inf", "-.inf": "-inf", ".nan": "nan"}.get(plain, plain))
    except ValueError:
        return text


def _entry(node: MappingNode, name: int | str) -> tuple[Node, Node] | None:
    return next(((k, v) for k, v in node.value if isinstance(k, ScalarNode) and k.value == name), None)


def locate(root: Node, path: Sequence[int | str], *, key: bool = False) -> Position:
    """Return the position of what *path* leads to, or of the deepest part of it that the file has.

    The place of a mapping's entry is that of its value, or of its key when the value is a block or *key* is
    set.
    """
    node, at = root, position_of(root)
    for index, part in enumerate(path):
        if isinstance(node, MappingNode):
            entry = _entry(node, part)
            # A thread's "steps" may be implied: its value is then the list itself, and no entry is found.
            if entry is None:
                continue
            node = entry[1]
            block = isinstance(node, MappingNode | SequenceNode) or (key and index == len(path) - 1)
            at = position_of(entry[0] if block else node)
        elif isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            at = position_of(node)
    return at
