"""The source of libascendcl.so: every C function, with its exact prototype, in front of Python or on its own.

A function that has a row packs its arguments into cells, 64 bits each, and passes them on by number; one that has
none says so once and returns. What they share is written by hand: `source/front.c`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from importlib import resources
from typing import Final

from acl_api.cabi.ctypes import scalar_of
from acl_api.cabi.declarations import CFunction, CParam, callbacks, functions
from acl_api.cabi.headers import header_texts
from acl_api.cabi.passing import plan_of
from acl_api.cabi.spelling import is_record, prototype
from acl_api.codes import name_of
from acl_api.table import ROWS

NOT_SUPPORTED: Final = 200001
_UNDEFINED: Final = {"aclFormat": "ACL_FORMAT_UNDEFINED", "aclDataType": "ACL_DT_UNDEFINED"}
# Changes with the layout of cells.
_PROTOCOL: Final = "1"


def source(name: str) -> str:
    """Return one of the C files that are written by hand."""
    return (resources.files("acl_api.cabi") / "source" / name).read_text("utf-8")


def stamp() -> str:
    """Return what must be the same where the library was made and where it runs."""
    facts = "\n".join(prototype(function) for function in functions().values())
    return f"{_PROTOCOL}-{hashlib.sha256(facts.encode()).hexdigest()[:12]}"


def modelled() -> tuple[str, ...]:
    """Return the C functions that are passed on to Python: those whose rows have a complete plan."""
    plans = [plan_of(row) for row in ROWS.values() if row.in_c]
    return tuple(dict.fromkeys(plan.function.name for plan in plans if plan is not None and plan.complete))


def front_source() -> str:
    """Return the whole source of libascendcl.so."""
    passed = modelled()
    numbers = {name: number for number, name in enumerate(passed)}
    lines = ["#define _GNU_SOURCE"]
    lines += [f'#include "{header}"' for header in header_texts() if header != "acl/acl_rt_api.h"]
    lines += [source("front.c"), *_invoking(), *_tables(passed), ""]
    for function in functions().values():
        number = numbers.get(function.name)
        lines += _absent(function) if number is None else _passed_on(function, number)
        lines.append("")
    return "\n".join(lines)


def _tables(passed: tuple[str, ...]) -> Iterator[str]:
    yield "static const char *const names[] = {"
    yield from (f'    "{name}",' for name in passed)
    yield "};"
    yield "static const char *const types[] = {"
    yield from (f'    "{name}",' for name in callbacks())
    yield "};"
    yield "static const struct aclsim_front front = {"
    yield f'    "{stamp()}", names, {len(passed)}, invoke, types, {len(callbacks())},'
    yield "    &departures, take_departed, gate_enter, gate_leave, seat_new, seat_ring, seat_rest,"
    yield "    file_of, plain_name,"
    yield "};"


def _invoking() -> Iterator[str]:
    """Write what calls a function of the program's, by the number of its type."""
    yield "static int64_t invoke(int32_t type, uintptr_t function, const int64_t *cells)"
    yield "{"
    yield "    struct passage passage __attribute__((cleanup(leave_passage))) = {types[type], 0};"
    yield "    int64_t result = 0;"
    yield "    gate_leave();"
    yield "    switch (type) {"
    for number, callback in enumerate(callbacks().values()):
        given = ", ".join(_from_cell(param, f"cells[{at}]") for at, param in enumerate(callback.params))
        call = f"(({callback.name})function)({given})"
        yield f"    case {number}:"
        yield (
            f"        {call};"
            if callback.returns == "void"
            else f"        result = {_to_cell(callback.returns, call)};"
        )
        yield "        break;"
    yield "    default:"
    yield "        break;"
    yield "    }"
    yield "    passage.returned = 1;"
    yield "    gate_enter();"
    yield "    return result;"
    yield "}"


def _from_cell(param: CParam, cell: str) -> str:
    if scalar_of(param.ctype) == "uintptr_t":
        return f"({param.ctype})(intptr_t){cell}"
    return f"({param.ctype}){cell}"


def _to_cell(ctype: str, value: str) -> str:
    scalar = scalar_of(ctype)
    if is_record(ctype):
        return f"(int64_t)(intptr_t)&{value}"
    if scalar == "uintptr_t":
        return f"(int64_t)(intptr_t){value}"
    if scalar == "int":  # an enumeration without negative names has no sign in C
        return f"(int64_t)(int){value}"
    return f"bits((double){value})" if scalar in {"float", "double"} else f"(int64_t){value}"


def _passed_on(function: CFunction, number: int) -> Iterator[str]:
    yield prototype(function)
    yield "{"
    if function.variadic:
        yield from _formatting(function.params[-1].name)
    given = [_to_cell(param.ctype, param.name) for param in function.params]
    if function.variadic:
        given[-1] = "(int64_t)(intptr_t)text"
    yield f"    int64_t cells[] = {{{', '.join(given) or '0'}}};"
    failure = "FAILURE" if function.returns == "aclError" else _nothing(function.returns)
    call = f"call({number}, cells, __builtin_return_address(0), {failure})"
    yield f"    {_returning(function.returns, call)};"
    yield "}"


def _formatting(fmt: str) -> Iterator[str]:
    yield "    char text[4096];"
    yield "    va_list more;"
    yield f"    va_start(more, {fmt});"
    yield f'    vsnprintf(text, sizeof text, {fmt} == NULL ? "" : {fmt}, more);'
    yield "    va_end(more);"


def _returning(ctype: str, call: str) -> str:
    scalar = scalar_of(ctype)
    if ctype == "void":
        return call
    if scalar == "uintptr_t":
        return f"return ({ctype})(intptr_t){call}"
    return f"return ({ctype})number({call})" if scalar == "float" else f"return ({ctype}){call}"


def _nothing(ctype: str) -> str:
    """Return the cell that stands for no result of that type."""
    return _UNDEFINED.get(ctype, "0")


def _absent(function: CFunction) -> Iterator[str]:
    coded = function.returns == "aclError"
    nothing = str(NOT_SUPPORTED) if coded else _nothing(function.returns)
    pointer = scalar_of(function.returns) == "uintptr_t"
    told = f"{NOT_SUPPORTED} ({name_of(NOT_SUPPORTED)})" if coded else "NULL" if pointer else nothing
    yield prototype(function)
    yield "{"
    yield "    static atomic_flag told = ATOMIC_FLAG_INIT;"
    yield from (f"    (void){param.name};" for param in function.params)
    yield f'    absent("{function.name}", &told, "{"nothing" if function.returns == "void" else told}");'
    if function.returns != "void":
        yield f"    return ({function.returns}){'(intptr_t)' if pointer else ''}{nothing};"
    yield "}"
