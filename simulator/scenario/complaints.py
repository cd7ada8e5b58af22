"""What the validator says, in the words of a scenario: place, mistake, fix."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from pydantic import ValidationError
from ruamel.yaml.nodes import Node

from simulator.scenario.expectations import EXPECTATIONS
from simulator.scenario.nodes import locate
from simulator.scenario.problems import Problem, did_you_mean, shown, suggest
from simulator.scenario.schema import scenario_schema
from simulator.scenario.steps import CALLS, NO_STEP, STEP_NAMES

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Path: TypeAlias = tuple[int | str, ...]
_KEY: Final = "[key]"
_MOST_LISTED: Final = 40
_EXPECTED: Final[Mapping[str, str]] = {
    "model_type": "a mapping (key: value)",
    "dict_type": "a mapping (key: value)",
    "mapping_type": "a mapping (key: value)",
    "tuple_type": "a list",
    "list_type": "a list",
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
}


def complaints(error: ValidationError, root: Node) -> list[Problem]:
    """Return one problem for each mistake that *error* holds, at its place in the tree *root*."""
    details = error.errors(include_url=False)
    unknown = {
        (_path(detail["loc"])[:-1], str(detail["loc"][-1]))
        for detail in details
        if detail["type"] == "extra_forbidden"
    }
    return [_problem(detail, root) for detail in details if not _follows(detail, unknown)]


def _path(loc: Path) -> Path:
    """Return the path in the file: without the tags that say which kind of expectation was tried."""
    return tuple(
        part
        for index, part in enumerate(loc)
        if not (index > 1 and isinstance(loc[index - 1], int) and loc[index - 2] == "expect")
    )


def _follows(detail: ErrorDetails, unknown: set[tuple[Path, str]]) -> bool:
    """Tell whether the mistake is only a consequence of one that is said already.

    A field is missing because its name is misspelt; a list is too short because its items are wrong.
    """
    if detail["type"] == "too_short":
        value = detail["input"]
        return isinstance(value, list | tuple) and bool(value) and detail["ctx"]["min_length"] <= len(value)
    if detail["type"] != "missing":
        return False
    *_, field = path = _path(detail["loc"])
    return any(where == path[:-1] and did_you_mean(name, [str(field)]) for where, name in unknown)


def _problem(detail: ErrorDetails, root: Node) -> Problem:
    kind, path = detail["type"], _path(detail["loc"])
    context = cast("Mapping[str, object]", detail.get("ctx", {}))
    special = _SPECIAL.get(kind)
    if special is not None:
        return special(path, detail["input"], root)
    field = next((part for part in reversed(path) if isinstance(part, str) and part != _KEY), "the file")
    at = locate(root, [part for part in path if part != _KEY], key=_KEY in path)
    if kind == "scenario":
        return Problem(at, str(context["message"]), str(context["hint"]))
    if kind in _EXPECTED:
        return Problem(at, f"'{field}' must be {_EXPECTED[kind]}, not {shown(detail['input'])}")
    if kind == "literal_error":
        known = re.findall(r"'([^']*)'", str(context["expected"]))
        hint = suggest(str(detail["input"]), known) if known else f"write {context['expected']}"
        return Problem(at, f"'{field}' cannot be {shown(detail['input'])}", hint)
    if kind in {"too_short", "string_too_short"}:
        return Problem(at, f"'{field}' is empty or too short", f"it needs at least {context['min_length']}")
    text = detail["msg"].removeprefix("Input ")
    return Problem(at, f"'{field}' is {shown(detail['input'])}, which {text[0].lower()}{text[1:]}")


def _unknown_alternative(path: Path, value: object, root: Node) -> Problem:
    """Say what is wrong with a step or expectation that is none."""
    expectation = "expect" in path
    what, known = ("expectation", set(EXPECTATIONS)) if expectation else ("step", set(STEP_NAMES))
    if isinstance(value, str):
        if value in CALLS:
            return Problem(
                locate(root, path), f"step '{value}' needs {_needs(value)}", f"write '{value}: {{…}}'"
            )
        return Problem(locate(root, path), f"unknown {what} {shown(value)}", suggest(value, known))
    if isinstance(value, Mapping) and value:
        name = str(next(iter(value)))
        if name == "steps":
            return Problem(
                locate(root, path), "these steps are not repeated", "add repeat: or until: beside them"
            )
        at = locate(root, (*path, name), key=True)
        return Problem(at, f"unknown {what} {shown(name)}", suggest(name, known))
    article = "an expectation" if expectation else "a step"
    given = "an empty mapping" if value == {} else shown(value)
    return Problem(locate(root, path), f"{article} is a mapping with one key, not {given}")


def _needs(step: str) -> str:
    operation = CALLS[step].operation
    return " and ".join(f"'{argument.name}'" for argument in operation.arguments if argument.required)


def _unknown_field(path: Path, _value: object, root: Node) -> Problem:
    *where, name = path
    at = locate(root, path, key=True)
    inside = next((f" in '{part}'" for part in reversed(where) if isinstance(part, str)), "")
    known = fields_at(tuple(where))
    hint = suggest(str(name), known) or _listed(known)
    return Problem(at, f"unknown field {shown(str(name))}{inside}", hint)


def _listed(known: Collection[str]) -> str:
    """Return what a field may be called, when nothing is near: the steps are too many to be told."""
    if not known:
        return "remove it"
    if len(known) > _MOST_LISTED:
        return f"there are {len(known)}, which 'aclsim schema' lists"
    return f"known: {', '.join(sorted(known))}"


def _missing(path: Path, _value: object, root: Node) -> Problem:
    *where, name = path
    inside = next((f" in '{part}'" for part in reversed(where) if isinstance(part, str)), "")
    return Problem(locate(root, where), f"the field '{name}' is missing{inside}", f"add '{name}:'")


_SPECIAL: Final[Mapping[str, Callable[[Path, object, Node], Problem]]] = {
    "union_tag_not_found": _unknown_alternative,
    NO_STEP: _unknown_alternative,
    "extra_forbidden": _unknown_field,
    "missing": _missing,
}


@cache
def _schema() -> Mapping[str, object]:
    return scenario_schema()


def fields_at(path: Path) -> set[str]:
    """Return the field names that the grammar knows in the mapping at *path*."""
    nodes = _alternatives(_schema())
    for part in path:
        following: list[object] = []
        for node in nodes:
            if isinstance(part, int):
                following.append(node.get("items", {}))
                continue
            properties = cast("Mapping[str, object]", node.get("properties", {}))
            others = cast("Mapping[str, object]", node.get("patternProperties", {}))
            following.append(
                properties.get(part, next(iter(others.values()), node.get("additionalProperties", {})))
            )
        found = [inner for node in following if isinstance(node, Mapping) for inner in _alternatives(node)]
        # "steps" may be implied in a thread that is a plain list: then stay.
        nodes = found if any(found) or part != "steps" else nodes
    return {str(name) for node in nodes for name in cast("Mapping[str, object]", node.get("properties", {}))}


def _alternatives(node: Mapping[str, object]) -> list[Mapping[str, object]]:
    """Return the schemas that *node* offers, references followed."""
    if "$ref" in node:
        name = str(node["$ref"]).rpartition("/")[2]
        definitions = cast("Mapping[str, Mapping[str, object]]", _schema()["$defs"])
        return _alternatives(definitions[name])
    choices = cast("list[Mapping[str, object]]", node.get("anyOf") or node.get("oneOf") or [])
    return [inner for choice in choices for inner in _alternatives(choice)] if choices else [node]
