"""What a run does where the real runtime is not known, as a mapping in a scenario file: `core.options`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, TypeAlias

from pydantic import BeforeValidator, WithJsonSchema

from simulator.base.errors import UserError
from simulator.core.options import UNKNOWNS, setting_of
from simulator.scenario.values import wrong


def _as_option(value: object) -> object:
    """Check options given as a mapping: names, and values that may be numbers."""
    if not isinstance(value, Mapping):
        raise wrong("options are a mapping", "write them as in {handles: reused}")
    try:
        return dict(setting_of(f"{name}={each}") for name, each in value.items())
    except UserError as error:
        raise wrong(str(error)) from None


_OPTIONS_SCHEMA: Final = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        unknown.name: {
            "description": f"Rule {unknown.rule}. "
            + " ".join(f"{value}: {says}." for value, says in unknown.values.items()),
            "enum": [int(value) if value.isdigit() else value for value in unknown.values],
        }
        for unknown in UNKNOWNS.values()
    },
}
Options: TypeAlias = Annotated[
    Mapping[str, str], BeforeValidator(_as_option), WithJsonSchema(_OPTIONS_SCHEMA)
]
