"""How types and declarations are written in C."""

from __future__ import annotations

from collections.abc import Iterator

from acl_api.cabi.declarations import CFunction, CParam, Record, callbacks, enums, records


def declared(ctype: str, name: str) -> str:
    """Return the declaration of *name*: arrays and functions stand around the name in C."""
    if "(*" in ctype:  # a pointer to a function, without a type's name of its own
        result, _, rest = ctype.partition("(*")
        const, _, parameters = rest.partition(")")
        return f"{result}(*{const.strip() + ' ' if const.strip() else ''}{name}){parameters}"
    base, bracket, bounds = ctype.partition("[")
    space = "" if base.endswith("*") else " "
    return f"{base}{space}{name}{bracket}{bounds}"


def prototype(function: CFunction, name: str = "") -> str:
    """Return the prototype of *function*, without the semicolon."""
    given = [declared(param.ctype, param.name) for param in function.params]
    if function.variadic:
        given.append("...")
    return declared(function.returns, f"{name or function.name}({', '.join(given) or 'void'})")


def pointer_type(function: CFunction, name: str) -> str:
    """Return the declaration of *name* as a pointer to a function of the type of *function*."""
    given = [declared(param.ctype, "").rstrip() for param in function.params]
    if function.variadic:
        given.append("...")
    return declared(function.returns, f"(*{name})({', '.join(given) or 'void'})")


def enum_lines(name: str) -> Iterator[str]:
    """Write one enumeration."""
    yield f"typedef enum {name} {{"
    yield from (f"    {enumerator} = {value}," for enumerator, value in enums()[name].items())
    yield f"}} {name};"


def record_lines(record: Record) -> Iterator[str]:
    """Write one struct or union."""
    kind = "union" if record.union else "struct"
    yield f"typedef {kind} {record.name} {{"
    yield from _field_lines(record, "    ")
    yield f"}} {record.name};"


def _field_lines(record: Record, indent: str) -> Iterator[str]:
    for field in record.fields:
        if isinstance(field, CParam):
            yield f"{indent}{declared(field.ctype, field.name)};"
        else:
            yield f"{indent}union {{"
            yield from _field_lines(field, f"{indent}    ")
            yield f"{indent}}}{' ' + field.name if field.name else ''};"


def callback_line(callback: CFunction) -> str:
    """Write one type of a function that the program hands in."""
    return f"typedef {pointer_type(callback, callback.name)};"


def is_record(ctype: str) -> bool:
    """Tell whether a value of *ctype* is a struct or union."""
    return ctype.removeprefix("const ") in {*records(), "aclmdlRICondTaskParams"}


def is_function(ctype: str) -> bool:
    """Tell whether *ctype* is a pointer to a function."""
    return ctype in callbacks() or "(*" in ctype
