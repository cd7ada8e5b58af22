"""The published schema: current, valid, and as strict as the loader."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any, cast

import pytest
from ruamel.yaml import YAML

import simulator.scenario
from simulator.scenario.schema import REGENERATE, scenario_schema, schema_text
from simulator.scenario.vocabulary import OPERATIONS

REPOSITORY = Path(__file__).parents[2]
FOLDERS = (Path(simulator.scenario.__file__).parent / "examples", REPOSITORY / "scenarios")
FILES = sorted(path for folder in FOLDERS for path in folder.glob("*.yaml"))
# check-jsonschema brings it; it has no type hints of its own.
Draft202012Validator = import_module("jsonschema").Draft202012Validator


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return scenario_schema()


@pytest.fixture(scope="module")
def definitions(schema: dict[str, Any]) -> dict[str, Any]:
    return cast("dict[str, Any]", schema["$defs"])


@pytest.fixture(scope="module")
def validator(schema: dict[str, Any]) -> Any:
    return Draft202012Validator(schema)


def read(path):
    return YAML(typ="safe", pure=True).load(path)


def test_the_committed_schema_is_the_one_the_grammar_gives():
    committed = (REPOSITORY / "scenarios" / "schema.json").read_text(encoding="utf-8")
    assert committed == schema_text(), f"scenarios/schema.json is stale; run: {REGENERATE}"


def test_the_schema_is_valid_and_names_its_draft(schema):
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_every_function_of_scenarios_is_a_step_with_a_description(definitions):
    steps: dict[str, Any] = {}
    for choice in definitions["Step"]["oneOf"]:
        if "$ref" in choice:
            steps |= definitions[choice["$ref"].rpartition("/")[2]]["properties"]
    for operation in OPERATIONS.values():
        assert operation.row.says in steps[operation.step]["description"]


def test_every_field_is_described(definitions):
    undescribed = [
        f"{name}.{field}"
        for name, definition in definitions.items()
        for field, schema in definition.get("properties", {}).items()
        if "description" not in schema
    ]
    assert undescribed == []


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_scenario_files_satisfy_the_schema(validator, path):
    assert [error.message for error in validator.iter_errors(read(path))] == []


@pytest.mark.parametrize(
    "step",
    [
        "init",
        {"init": None},
        {
            "launch_callback": {
                "fn": "f",
                "block": True,
                "stream": "s",
                "returns": [0, "ACL_ERROR_RT_PARAM_INVALID"],
            }
        },
        {"process_report": {"timeout": "forever"}},
        {"create_event_with_flag": {"flag": ["sync", "time_line"], "as": "e"}},
        {"repeat": 2, "steps": ["init", {"until": "x", "steps": [{"sleep": "1.5ms"}]}]},
    ],
)
def test_the_schema_takes_what_the_loader_takes(validator, step):
    assert validator.is_valid({"schema_version": 1, "title": "t", "threads": {"main": [step]}})
    assert validator.is_valid({"schema_version": 1, "title": "t", "threads": {"main": {"steps": [step]}}})


@pytest.mark.parametrize(
    "step",
    [
        "synchronize_stream",
        {"lanch_callback": {}},
        {"set_device": {"device": "first"}},
        {"sleep": 3},
        {"sleep": "3 parsec"},
        {"init": {}, "finalize": {}},
        {"repeat": 2, "steps": []},
    ],
)
def test_the_schema_refuses_what_the_loader_refuses(validator, step):
    assert not validator.is_valid({"schema_version": 1, "title": "t", "threads": {"main": [step]}})
