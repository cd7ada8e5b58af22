"""The headers `acl/*.h`: names, values and prototypes are the vendor's, every sentence is ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from acl_api.cabi.declarations import (
    CFunction,
    aliases,
    callbacks,
    constants,
    enums,
    functions,
    handles,
    headers,
    records,
)
from acl_api.cabi.overloads import OVERLOADS
from acl_api.cabi.spelling import callback_line, enum_lines, prototype, record_lines
from acl_api.table import ROWS

_TYPES: Final = "acl/acl_types.h"
_OVERLOADS: Final = "acl/acl_rt_api.h"
# What else a program gets by including one header.
_INCLUDES: Final[Mapping[str, tuple[str, ...]]] = {
    "acl/acl.h": ("acl/acl_rt.h", "acl/acl_op.h", "acl/acl_mdl.h"),
    "acl/acl_base_rt.h": (_TYPES,),
    "acl/acl_base_mdl.h": ("acl/acl_base_rt.h",),
    "acl/acl_base.h": (
        "acl/acl_base_rt.h",
        "acl/acl_base_mdl.h",
        "acl/error_codes/rt_error_codes.h",
        "acl/error_codes/ge_error_codes.h",
    ),
    "acl/acl_rt.h": ("acl/acl_base.h", "acl/acl_rt_allocator.h"),
    "acl/error_codes/rt_error_codes.h": (),
    "acl/error_codes/ge_error_codes.h": (),
}
_COMMON: Final = ("acl/acl_base.h",)
_SYSTEM: Final = ("stdbool.h", "stddef.h", "stdint.h")

_MACROS: Final = """\
#define ACL_FUNC_VISIBILITY __attribute__((visibility("default")))
#define ACL_DEPRECATED
#define ACL_DEPRECATED_MESSAGE(message)
"""
_LOG_MACRO: Final = """\
#define ACL_APP_LOG(level, ...) aclAppLog(level, __func__, __FILE__, __LINE__, __VA_ARGS__)
"""


def header_texts() -> dict[str, str]:
    """Return every header by its path below the include folder."""
    names = sorted({*headers(), "acl/acl.h"})
    texts = {name: _header(name, _declarations(name)) for name in names}
    texts[_TYPES] = _header(_TYPES, _types())
    texts[_OVERLOADS] = _header(_OVERLOADS, OVERLOADS.splitlines(), ("acl/acl_rt.h",))
    return texts


def _header(name: str, body: Iterator[str] | list[str], includes: tuple[str, ...] | None = None) -> str:
    guard = f"ACLSIM_{name.upper().replace('/', '_').replace('.', '_')}"
    if includes is None:
        includes = () if name == _TYPES else _INCLUDES.get(name, _COMMON)
    lines = [
        f"/* {name} of the simulator: made by `aclsim build-lib`. */",
        f"#ifndef {guard}",
        f"#define {guard}",
        "",
        *(f"#include <{header}>" for header in _SYSTEM),
        *(f'#include "{header}"' for header in includes),
        "",
        *body,
        f"#endif /* {guard} */",
        "",
    ]
    return "\n".join(lines)


def _types() -> Iterator[str]:
    yield from _MACROS.splitlines()
    yield ""
    yield from (_alias(name, ctype) for name, ctype in aliases().items() if not _later(ctype))
    yield ""
    for enum in enums():
        yield from enum_lines(enum)
        yield ""
    yield "/* Handles: only passed on. */"
    yield from (_alias(name, ctype) for name, ctype in handles().items())
    yield ""
    for record in records().values():
        yield from record_lines(record)
        yield ""
    yield from (_alias(name, ctype) for name, ctype in aliases().items() if _later(ctype))
    yield ""
    yield "/* Functions of the program's. */"
    yield from (callback_line(callback) for callback in callbacks().values())
    yield ""


def _later(ctype: str) -> bool:
    return ctype in enums() or ctype in records()


def _alias(name: str, ctype: str) -> str:
    return f"typedef {ctype}{'' if ctype.endswith('*') else ' '}{name};"


def _declarations(header: str) -> Iterator[str]:
    for constant in constants():
        if constant.header == header and constant.form == "macro":
            yield f"#define {constant.name} {_guarded(constant.literal)}"
        elif constant.header == header:
            yield f"static const {constant.form} {constant.name} = {constant.literal};"
    yield ""
    declared = [function for function in functions().values() if function.header == header]
    if not declared:
        return
    yield from ("#ifdef __cplusplus", 'extern "C" {', "#endif", "")
    says = {row.c_name: row.says for row in ROWS.values() if row.in_c}
    for function in declared:
        yield from _function(function, says.get(function.name))
    if header == "acl/acl_base_rt.h":
        yield from _LOG_MACRO.splitlines()
    yield from ("", "#ifdef __cplusplus", "}", "#endif", "")


def _guarded(literal: str) -> str:
    return f"({literal})" if literal.startswith("-") else literal


def _function(function: CFunction, says: str | None) -> Iterator[str]:
    yield f"/* {says} */" if says else "/* Not modelled: returns ACL_ERROR_API_NOT_SUPPORT, or nothing. */"
    yield f"ACL_FUNC_VISIBILITY {prototype(function)};"
