"""The configuration file of acl.init: what is read of it, and with which code it is refused.

The order is that of the vendor's code: the file, then each section in turn (hicann/runtime src/acl/aclrt_impl,
src/acl/common/json_parser.cpp; hicann/ge max_opqueue_num). `defaultDevice` and `profiler` have an effect here; the
other sections are checked and kept, and docs/limits.md says that they change nothing.
"""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NoReturn

from acl_api import codes
from acl_api.dump_config import dump_section_fits
from acl_api.profiling.sections import profiler_section_fits

_LARGEST: Final = 10 << 20
_DEEPEST: Final = 10
_STACK_SIZES: Final = ("aicore_stack_size", "simt_divergence_stack_size", "simt_stack_size")
_FIFO_SIZES: Final = ("simd_printf_fifo_size_per_core", "simt_printf_fifo_size")
_MODES: Final = {"0", "1"}
_INT32: Final = 1 << 31

Sections = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Config:
    """A configuration that was accepted: the file's content, and what of it has an effect.

    `default_device` is its number, None without one. `profiler` is that section when it switches profiling on,
    else None.
    """

    content: str = ""
    default_device: int | None = None
    profiler: Sections | None = None
    sections: Sections = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<configuration with {', '.join(self.sections) or 'nothing'}>"


class _Refused(Exception):  # noqa: N818 - says what has happened
    """The configuration is refused with this code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def read_content(path: str | None) -> str | int:
    """Return the text of a configuration file, or the code for one that cannot be read; no path is no text."""
    if not path:
        return ""
    try:
        data = Path(path).resolve(strict=True)
        return "" if data.is_dir() else data.read_bytes().decode("utf-8", "surrogateescape")
    except OSError:
        return codes.ACL_ERROR_INVALID_FILE


def read_config(path: str | None, content: str, devices: int) -> Config | int:
    """Return what stands in a file with that content, on a machine of so many *devices*, or a code."""
    if not path:
        return Config()
    try:
        sections = _sections(Path(path), content)
        for check in _CHECKS:
            check(sections)
        device = _default_device(sections, devices)
        _later_checks(sections)
    except _Refused as refused:
        return refused.code
    profiler = sections.get("profiler")
    on = isinstance(profiler, dict) and profiler.get("switch") == "on"
    return Config(content, device, profiler if on and isinstance(profiler, dict) else None, sections)


def read_json(path: str) -> Sections | int:
    """Return the sections of a file of that kind, as acl.mdl.set_dump reads it, or the code for what is none."""
    content = read_content(path)
    if isinstance(content, int):
        return content
    try:
        return _sections(Path(path), content)
    except _Refused as refused:
        return refused.code


def _sections(path: Path, content: str) -> Sections:
    facts = path.stat()
    if not stat.S_ISREG(facts.st_mode) or facts.st_size > _LARGEST:
        raise _Refused(codes.ACL_ERROR_INVALID_FILE)
    if not content:
        return {}
    if max(_depth(content, "{", "}"), _depth(content, "[", "]")) > _DEEPEST:
        raise _Refused(codes.ACL_ERROR_PARSE_FILE)
    try:
        found = json.loads(content.removeprefix("\ufeff"), parse_constant=_no_number)
        content.encode()
    except (ValueError, RecursionError):
        raise _Refused(codes.ACL_ERROR_PARSE_FILE) from None
    return found if isinstance(found, dict) else {}


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)


def _depth(content: str, opens: str, closes: str) -> int:
    """Return how deep brackets nest; those inside of texts count, too, and too many closing ones are passed over."""
    depth = deepest = 0
    for char in content:
        if char == opens:
            depth += 1
            deepest = max(deepest, depth)
        elif char == closes and depth:
            depth -= 1
        elif char == "\0":
            break
    return deepest


def _refuse_unless(fits: bool, code: int) -> None:
    if not fits:
        raise _Refused(code)


def _error_mode(sections: Sections) -> None:
    mode = sections.get("err_msg_mode", "0")
    _refuse_unless(isinstance(mode, str) and mode in _MODES, codes.ACL_ERROR_INVALID_PARAM)


def _dump(sections: Sections) -> None:
    _refuse_unless(dump_section_fits(sections), codes.ACL_ERROR_INVALID_DUMP_CONFIG)


def _operators(sections: Sections) -> None:
    """Read how many operators are kept: a number that stands in a text."""
    if "max_opqueue_num" in sections:
        number = re.match(r"\s*\+?(\d+)", str(sections["max_opqueue_num"]))
        fits = number is not None and int(number[1]) > 0
        _refuse_unless(fits, codes.ACL_ERROR_INVALID_PARAM)


def _stack_sizes(sections: Sections) -> None:
    sizes = sections.get("StackSize")
    for name in _STACK_SIZES if isinstance(sizes, dict) else ():
        size = sizes.get(name, 0) if isinstance(sizes, dict) else 0
        _refuse_unless(isinstance(size, int | float), codes.ACL_ERROR_FAILURE)


def _default_device(sections: Sections, devices: int) -> int | None:
    """Return the number of the default device; whatever is wrong with its text gives the same code."""
    section = sections.get("defaultDevice")
    if not isinstance(section, dict) or "default_device" not in section:
        return None
    text = section["default_device"]
    _refuse_unless(isinstance(text, str) and _is_number(text), codes.ACL_ERROR_FAILURE)
    low = min(int(text), (1 << 63) - 1) & 0xFFFF_FFFF
    number = low - (1 << 32) if low >= _INT32 else low
    _refuse_unless(0 <= number < devices, codes.ACL_ERROR_RT_INVALID_DEVICEID)
    return number


def _is_number(text: str) -> bool:
    return re.fullmatch(r"0|[1-9][0-9]*", text) is not None


def _later_checks(sections: Sections) -> None:
    for name in _FIFO_SIZES:
        size = sections.get(name, 1)
        fits = isinstance(size, int) and not isinstance(size, bool) and size > 0
        _refuse_unless(fits, codes.ACL_ERROR_FAILURE)
    graph = sections.get("acl_graph")
    mode = graph.get("event_mode", "0") if isinstance(graph, dict) else "0"
    # The vendor's code ends the process for what is no text; here that is a bad parameter like the others.
    _refuse_unless(isinstance(mode, str) and mode in _MODES, codes.ACL_ERROR_INVALID_PARAM)
    if "profiler" in sections:
        _refuse_unless(profiler_section_fits(sections["profiler"]), codes.ACL_ERROR_INVALID_PARAM)


_CHECKS: Final[tuple[Callable[[Sections], None], ...]] = (_error_mode, _dump, _operators, _stack_sizes)
