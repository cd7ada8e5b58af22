"""The JSON schema of scenario files: what editors complete from, and what other tools validate with."""

from __future__ import annotations

import json
from typing import Final, cast

from simulator.scenario.model import Scenario

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
REGENERATE: Final = "aclsim schema > scenarios/schema.json"


def scenario_schema() -> dict[str, object]:
    """Return the schema (draft 2020-12), made from the grammar and therefore from the API table."""
    schema = cast("dict[str, object]", Scenario.model_json_schema(by_alias=True))
    properties = cast("dict[str, object]", schema["properties"])
    # Editors put it there, in YAML as a comment and in JSON as a key.
    properties["$schema"] = {"type": "string", "description": "Where this schema is, for editors."}
    return {"$schema": DIALECT, **_without_titles(_hoist_steps(schema))}


def schema_text() -> str:
    """Return the text of `scenarios/schema.json`."""
    return json.dumps(scenario_schema(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _hoist_steps(schema: dict[str, object]) -> dict[str, object]:
    """Replace the many copies of the union of all steps by references to one definition."""
    definitions = cast("dict[str, dict[str, dict[str, dict[str, object]]]]", schema["$defs"])
    step = definitions["Repeat"]["properties"]["steps"]["items"]

    def replace(node: object) -> object:
        if node == step:
            return {"$ref": "#/$defs/Step"}
        if isinstance(node, dict):
            return {key: replace(value) for key, value in node.items()}
        return [replace(item) for item in node] if isinstance(node, list) else node

    hoisted = cast("dict[str, object]", replace(schema))
    cast("dict[str, object]", hoisted["$defs"])["Step"] = step
    return hoisted


def _without_titles(node: dict[str, object]) -> dict[str, object]:
    """Drop the titles that only repeat a field's name; they double the size and tell nothing."""
    result: dict[str, object] = {}
    for key, value in node.items():
        if key == "title" and isinstance(value, str):
            continue
        result[key] = _clean(value)
    return result


def _clean(value: object) -> object:
    if isinstance(value, dict):
        return _without_titles(value)
    return [_clean(item) for item in value] if isinstance(value, list) else value
