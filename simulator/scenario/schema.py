"""The JSON schema of scenario files: what editors complete from, and what other tools validate with."""

from __future__ import annotations

import json
from typing import Final, cast

from pydantic import TypeAdapter

from simulator.scenario.model import Scenario
from simulator.scenario.steps import STEP_SCHEMA, every_step

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
REGENERATE: Final = "aclsim schema > scenarios/schema.json"


def scenario_schema() -> dict[str, object]:
    """Return the schema (draft 2020-12), made from the grammar and therefore from the API table."""
    schema = cast("dict[str, object]", Scenario.model_json_schema(by_alias=True))
    steps = cast("dict[str, object]", TypeAdapter(every_step()).json_schema(by_alias=True))
    definitions = cast("dict[str, object]", schema["$defs"])
    definitions |= cast("dict[str, object]", steps.pop("$defs")) | {"Step": steps}
    properties = cast("dict[str, object]", schema["properties"])
    # Editors put it there, in YAML as a comment and in JSON as a key.
    properties["$schema"] = {"type": "string", "description": "Where this schema is, for editors."}
    return {"$schema": DIALECT, **_without_titles(schema)}


def schema_text() -> str:
    """Return the text of `scenarios/schema.json`."""
    return json.dumps(scenario_schema(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _without_titles(node: dict[str, object]) -> dict[str, object]:
    """Drop the titles that only repeat a field's name, which tell nothing, and name all steps by reference."""
    result: dict[str, object] = {}
    for key, value in node.items():
        if key == "title" and isinstance(value, str):
            continue
        result[key] = _clean(value)
    return result


def _clean(value: object) -> object:
    if value == STEP_SCHEMA:
        return {"$ref": "#/$defs/Step"}
    if isinstance(value, dict):
        return _without_titles(value)
    return [_clean(item) for item in value] if isinstance(value, list) else value
