"""How values are written in a scenario: units, names in place of handles, constants by name.

Each type takes its friendly forms *and* the raw number, because scenarios must be able to pass wrong values
on purpose. What a type cannot take is a `PydanticCustomError` whose context holds the hint.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Final, TypeAlias

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from simulator.base.units import NS_PER_MS, NS_PER_S, NS_PER_US, UnitError, parse_duration, parse_size
from simulator.scenario.problems import shown, suggest

# Words that stand for something else where a name is expected.
DEFAULT_STREAM: Final = "default"
NEVER: Final = "never"
_RESERVED: Final = frozenset({DEFAULT_STREAM, NEVER, "forever"})

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
_DURATION_PATTERN: Final = r"^\s*[0-9]+(\.[0-9]+)?\s*(ns|us|ms|s|min|h)\s*$"
_SIZE_PATTERN: Final = r"^\s*[0-9]+(\.[0-9]+)?\s*(B|kB|KiB|MB|MiB|GB|GiB|TB|TiB)\s*$"
_INTEGER_SCHEMA: Final[dict[str, object]] = {"type": "integer"}
_NAME_SCHEMA: Final[dict[str, object]] = {"type": "string", "pattern": f"^{_NAME.pattern}$"}
_CODE_SCHEMA: Final[dict[str, object]] = {"anyOf": [_INTEGER_SCHEMA, {"type": "string", "pattern": "^ACL_"}]}


def wrong(message: str, hint: str = "") -> PydanticCustomError:
    """Return the error of a value that cannot be taken."""
    return PydanticCustomError("scenario", "{message}", {"message": message, "hint": hint})


def is_number(value: object) -> bool:
    """Tell an integer from a boolean, which Python counts as one."""
    return isinstance(value, int) and not isinstance(value, bool)


def _name(value: object) -> object:
    if not isinstance(value, str):
        raise wrong(f"a name is text, not {shown(value)}", "put quotes around it")
    if value in _RESERVED:
        raise wrong(f"'{value}' is a reserved word", "choose another name")
    if not _NAME.fullmatch(value):
        raise wrong(f"{shown(value)} is not a name", "use a letter first, then letters, digits and _ . -")
    return value


def _duration(value: object) -> object:
    try:
        return parse_duration(value)
    except UnitError as error:
        raise _from_unit(error) from None


def _size(value: object) -> object:
    if is_number(value):
        return value
    try:
        return parse_size(value)
    except UnitError as error:
        raise _from_unit(error) from None


def _from_unit(error: UnitError) -> PydanticCustomError:
    message, _, hint = str(error).partition(": ")
    return wrong(message, hint)


def _reference(value: object) -> object:
    if is_number(value) or (isinstance(value, str) and value):
        return value
    if value is None:
        raise wrong("'null' names nothing", "write 'default' for the default stream, or 0 for a null handle")
    raise wrong(f"{shown(value)} is neither a name nor a number", "write the name that an 'as:' gave it")


def _in(unit: str, ns_each: int, forever: int) -> Callable[[object], object]:
    """Return a reader of times that the API takes as whole numbers of *unit*, with *forever* for no limit."""

    def read(value: object) -> object:
        if is_number(value):
            return value
        if value == "forever":
            return forever
        try:
            ns = parse_duration(value)
        except UnitError as error:
            raise _from_unit(error) from None
        if ns % ns_each:
            raise wrong(f"timeout {shown(value)} is not a whole number of {unit}", f"the call takes {unit}")
        return ns // ns_each

    return read


def _block(value: object) -> object:
    if isinstance(value, int):
        return int(value)
    raise wrong(
        f"block is true or false, not {shown(value)}", "numbers are passed on as they are (0 no, 1 yes)"
    )


def _code(value: object) -> object:
    if is_number(value) or isinstance(value, str):
        return value
    raise wrong(f"{shown(value)} is not a code", "write a number such as 107015, or its ACL_ERROR_… name")


def _scalar(value: object) -> object:
    if isinstance(value, dict | list):
        raise wrong(f"{shown(value)} is not a single value", "write a number, text, true or false")
    return value


def constants(known: Mapping[str, int], *, combine: bool) -> Callable[[object], object]:
    """Return the validator of a parameter whose values have names; *combine* lets a list be or-ed."""

    def check(value: object) -> object:
        if is_number(value):
            return value
        parts = value if combine and isinstance(value, list) else [value]
        result = 0
        for part in parts:
            if not isinstance(part, str) or part not in known:
                hint = suggest(str(part), known) or f"known: {', '.join(known)}"
                raise wrong(f"{shown(part)} is not one of its constants", hint)
            result |= known[part]
        return result

    return check


def constants_schema(known: Mapping[str, int], *, combine: bool) -> dict[str, object]:
    """Return the JSON schema of what `constants` takes."""
    names: dict[str, object] = {"enum": list(known)}
    choices: list[dict[str, object]] = [names, _INTEGER_SCHEMA]
    if combine:
        choices.append({"type": "array", "items": names, "minItems": 1})
    return {"anyOf": choices}


Name: TypeAlias = Annotated[str, BeforeValidator(_name), WithJsonSchema(_NAME_SCHEMA)]
Duration: TypeAlias = Annotated[
    int,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": _DURATION_PATTERN, "examples": ["100ms", "2.8ms", "3us"]}),
]
Size: TypeAlias = Annotated[
    int,
    BeforeValidator(_size),
    WithJsonSchema({"anyOf": [_INTEGER_SCHEMA, {"type": "string", "pattern": _SIZE_PATTERN}]}),
]
# A name of the scenario, or the raw number that the call shall get.
Reference: TypeAlias = Annotated[
    int | str,
    BeforeValidator(_reference),
    WithJsonSchema({"anyOf": [{"type": "string", "minLength": 1}, _INTEGER_SCHEMA]}),
]
_TIMEOUT_SCHEMA: Final = WithJsonSchema(
    {"anyOf": [{"type": "string", "pattern": _DURATION_PATTERN}, {"const": "forever"}, _INTEGER_SCHEMA]}
)
Timeout: TypeAlias = Annotated[int, BeforeValidator(_in("milliseconds", NS_PER_MS, -1)), _TIMEOUT_SCHEMA]
# Limits of tasks and of aborts: 0 for none.
Limit: TypeAlias = Annotated[int, BeforeValidator(_in("milliseconds", NS_PER_MS, 0)), _TIMEOUT_SCHEMA]
LimitSeconds: TypeAlias = Annotated[int, BeforeValidator(_in("seconds", NS_PER_S, 0)), _TIMEOUT_SCHEMA]
LimitMicroseconds: TypeAlias = Annotated[
    int, BeforeValidator(_in("microseconds", NS_PER_US, 0)), _TIMEOUT_SCHEMA
]
Block: TypeAlias = Annotated[
    int, BeforeValidator(_block), WithJsonSchema({"anyOf": [{"type": "boolean"}, _INTEGER_SCHEMA]})
]
Code: TypeAlias = Annotated[
    int | str,
    BeforeValidator(_code),
    WithJsonSchema(_CODE_SCHEMA),
]


def several(value: object) -> object:
    """Let one value stand for a list of one."""
    return value if isinstance(value, list | tuple) or value is None else (value,)


# Several things by name, or as raw numbers.
References: TypeAlias = Annotated[
    tuple[Reference, ...],
    Field(strict=False),
    BeforeValidator(several),
    WithJsonSchema(
        {"type": "array", "items": {"anyOf": [{"type": "string", "minLength": 1}, _INTEGER_SCHEMA]}}
    ),
]


class OneOrMore:
    """Lets the published schema accept one item in place of a list, as `several` does."""

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        whole = handler(core)
        return {"anyOf": [whole["items"], whole]}


Codes: TypeAlias = Annotated[
    tuple[Code, ...],
    Field(strict=False),
    BeforeValidator(several),
    WithJsonSchema({"anyOf": [_CODE_SCHEMA, {"type": "array", "items": _CODE_SCHEMA, "minItems": 1}]}),
]
Names: TypeAlias = Annotated[
    tuple[Name, ...],
    Field(strict=False),
    BeforeValidator(several),
    WithJsonSchema({"anyOf": [_NAME_SCHEMA, {"type": "array", "items": _NAME_SCHEMA, "minItems": 1}]}),
]
Byte: TypeAlias = Annotated[int, Field(ge=0, le=255)]
Scalar: TypeAlias = Annotated[
    object, BeforeValidator(_scalar), WithJsonSchema({"type": ["string", "number", "boolean", "null"]})
]
