"""What the vendor's headers declare: functions, enumerations, structs, handles, callback types, constants.

The facts lie in `facts/*.txt`, a line each, in the order of the headers; what a line says is told at the function
that reads it. A type is written as in C, with the array's bounds behind it: `uint32_t[4] rsv`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final, Literal, cast

Direction = Literal["in", "out", "inout"]

_FUNCTION: Final = re.compile(
    r"(?P<returns>.+?)(?P<name>\w+)\((?P<parameters>.*)\)(?P<deprecated> deprecated)?"
)
_CALLBACK: Final = re.compile(r"(?P<name>\w+)\((?P<parameters>.*)\) -> (?P<returns>.+)")
# A comma outside of parentheses: one between parameters.
_COMMA: Final = re.compile(r", (?![^(]*\))")


@dataclass(frozen=True, slots=True)
class CParam:
    """One parameter, or field of a struct; `direction` is what the headers' comments say, and not always right."""

    name: str
    ctype: str
    direction: Direction = "in"

    @property
    def points_to(self) -> str | None:
        """What is behind a pointer, without const; None for anything else."""
        return pointed_to(self.ctype)


@dataclass(frozen=True, slots=True)
class CFunction:
    """One function, or callback type, with the header that declares it."""

    name: str
    returns: str
    params: tuple[CParam, ...]
    header: str = ""
    variadic: bool = False
    deprecated: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """A struct or union; a field whose type is a Record is an union without a type's name of its own."""

    name: str
    union: bool
    fields: tuple[CParam | Record, ...]


@dataclass(frozen=True, slots=True)
class Constant:
    """A named number or text: a `macro`, or a constant of the type in `form`; `literal` is C."""

    name: str
    form: str
    literal: str
    header: str


def pointed_to(ctype: str) -> str | None:
    """Return what a pointer, or an array as a parameter, points to, without const; None for any other type."""
    base, bracket, bounds = ctype.partition("[]")
    if bracket:
        return unqualified(base) + bounds
    plain = ctype.removesuffix("const").strip()  # a pointer that is itself constant
    return unqualified(plain.removesuffix("*")) if plain.endswith("*") else None


def unqualified(ctype: str) -> str:
    """Return *ctype* without const around it."""
    return ctype.strip().removesuffix("const").strip().removeprefix("const ").strip()


@cache
def functions() -> Mapping[str, CFunction]:
    """Return every C function by name; a line is its declaration, with `out` or `inout` before parameters."""
    found = {}
    for header, line in _sections("functions"):
        match = _FUNCTION.fullmatch(line)
        parameters = match["parameters"] if match else ""
        variadic = parameters.endswith("...")
        if match:
            found[match["name"]] = CFunction(
                match["name"],
                match["returns"].strip(),
                _parameters(parameters.removesuffix(", ...")),
                header,
                variadic,
                match["deprecated"] is not None,
            )
    return found


@cache
def enums() -> Mapping[str, Mapping[str, int]]:
    """Return every enumeration: its enumerators and their values, a line each."""
    found: dict[str, dict[str, int]] = {}
    for enum, line in _sections("enums"):
        name, value = line.split()
        found.setdefault(enum, {})[name] = int(value)
    return found


@cache
def records() -> Mapping[str, Record]:
    """Return every struct and union; a line is a field, indented where it is one of an union without a name."""
    lines: dict[str, list[str]] = {}
    for head, line in _sections("records"):
        lines.setdefault(head, []).append(line)
    return {head.split()[1]: _record(head, fields) for head, fields in lines.items()}


@cache
def aliases() -> Mapping[str, str]:
    """Return every plain other name of a type: `aclError int`."""
    return {name: ctype for head, name, ctype in _types() if head == "aliases"}


@cache
def handles() -> Mapping[str, str]:
    """Return every type that the program only passes on: `void *`, or a struct that nobody sees into."""
    return {name: ctype for head, name, ctype in _types() if head == "handles"}


@cache
def callbacks() -> Mapping[str, CFunction]:
    """Return every type of function that the program may hand in: `name(parameters) -> result`."""
    found = {}
    for head, line in _sections("types"):
        match = _CALLBACK.fullmatch(line) if head == "callbacks" else None
        if match:
            found[match["name"]] = CFunction(
                match["name"], match["returns"], _parameters(match["parameters"])
            )
    return found


@cache
def constants() -> tuple[Constant, ...]:
    """Return every constant: name, `macro` or its type, and its value as the header writes it."""
    found = []
    for header, line in _sections("constants"):
        name, form, literal = line.split(" ", 2)
        found.append(Constant(name, form, literal, header))
    return tuple(found)


def headers() -> tuple[str, ...]:
    """Return the headers that declare a function or constant, in the order in which they need each other."""
    return tuple(dict.fromkeys([*(each.header for each in functions().values()), *_constant_headers()]))


def _constant_headers() -> Iterator[str]:
    return (constant.header for constant in constants())


def _sections(name: str) -> Iterator[tuple[str, str]]:
    """Read a file of facts: each line with the head, `[…]`, that it stands under."""
    head = ""
    for line in (resources.files("acl_api.cabi") / "facts" / f"{name}.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            head = line.strip("[]")
        elif line:
            yield head, line


def _types() -> Iterator[tuple[str, str, str]]:
    for head, line in _sections("types"):
        if head != "callbacks":
            name, ctype = line.split(" ", 1)
            yield head, name, ctype


def _parameters(text: str) -> tuple[CParam, ...]:
    return tuple(_parameter(each) for each in _COMMA.split(text) if each)


def _parameter(text: str) -> CParam:
    direction, _, rest = text.partition(" ")
    if direction not in {"out", "inout"}:
        direction, rest = "in", text
    ctype, _, name = rest.rpartition(" ")
    return CParam(name, ctype, cast("Direction", direction))


def _record(head: str, lines: list[str]) -> Record:
    kind, name = head.split()
    fields: list[CParam | Record] = []
    inner: list[str] = []
    for line in [*lines, ""]:
        if line.startswith("  "):
            inner.append(line.strip())
            continue
        if inner:
            fields[-1] = _record(f"union {cast('CParam', fields[-1]).name}", inner)
            inner = []
        if line:
            fields.append(_parameter(line))
    return Record("" if name == "-" else name, kind == "union", tuple(fields))
