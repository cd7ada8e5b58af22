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
# What the vendor takes for none: so does a number that an int32 turns into it.
_NO_DEVICE: Final = -1
_SHOWN: Final = 60
# Longer numbers are cut off where they have long been too large.
_LONGEST_NUMBER: Final = 40

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


class BadConfig(Exception):  # noqa: N818 - the program's, which gets its code
    """A configuration that is refused: with which code, and why."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code


def read_content(path: str | None) -> str:
    """Return the text of a configuration file; no path is no text. Raises BadConfig for one that cannot be read."""
    if not path:
        return ""
    try:
        data = Path(path).resolve(strict=True)
        return "" if data.is_dir() else data.read_bytes().decode("utf-8", "surrogateescape")
    except (OSError, ValueError) as error:
        raise BadConfig(codes.ACL_ERROR_INVALID_FILE, f"{path} cannot be opened: {error}") from None


def read_config(path: str | None, content: str, devices: int) -> Config:
    """Return what stands in a file with that content, on a machine of so many *devices*. Raises BadConfig."""
    if not path:
        return Config()
    sections = _sections(Path(path), content)
    for check in _CHECKS:
        check(sections)
    device = _default_device(sections, devices)
    _later_checks(sections)
    profiler = sections.get("profiler")
    on = isinstance(profiler, dict) and profiler.get("switch") == "on"
    return Config(content, device, profiler if on and isinstance(profiler, dict) else None, sections)


def read_json(path: str) -> Sections:
    """Return the sections of a file of that kind, as acl.mdl.set_dump reads it. Raises BadConfig."""
    return _sections(Path(path), read_content(path))


def _sections(path: Path, content: str) -> Sections:
    facts = path.stat()
    if not stat.S_ISREG(facts.st_mode) or facts.st_size > _LARGEST:
        raise BadConfig(codes.ACL_ERROR_INVALID_FILE, f"{path} is no regular file of 10 MiB at most")
    content = content.partition("\0")[0]  # where the vendor's text ends
    if not content:
        return {}
    if max(_depth(content, "{", "}"), _depth(content, "[", "]")) > _DEEPEST:
        raise BadConfig(codes.ACL_ERROR_PARSE_FILE, f"{path} nests more than {_DEEPEST} brackets")
    try:
        found = json.loads(content.removeprefix("\ufeff"), parse_constant=_no_number)
        content.encode()
    except (ValueError, RecursionError) as error:
        raise BadConfig(codes.ACL_ERROR_PARSE_FILE, f"{path} is not JSON: {error}") from None
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
    return deepest


def _refuse_unless(fits: bool, code: int, name: str, found: object, wanted: str) -> None:
    if not fits:
        raise BadConfig(code, f"{name} is {json.dumps(found)[:_SHOWN]}, and must be {wanted}")


def _error_mode(sections: Sections) -> None:
    mode = sections.get("err_msg_mode", "0")
    fits = isinstance(mode, str) and mode in _MODES
    _refuse_unless(fits, codes.ACL_ERROR_INVALID_PARAM, "err_msg_mode", mode, '"0" or "1"')


def _dump(sections: Sections) -> None:
    fits, wanted = dump_section_fits(sections), "as the vendor's page of dumps has it"
    _refuse_unless(fits, codes.ACL_ERROR_INVALID_DUMP_CONFIG, "dump", sections.get("dump"), wanted)


def _operators(sections: Sections) -> None:
    """Read how many operators are kept: a number that stands in a text."""
    if "max_opqueue_num" in sections:
        number = re.match(r"\s*\+?(\d+)", str(sections["max_opqueue_num"]))
        fits = number is not None and int(number[1]) > 0
        found = sections["max_opqueue_num"]
        _refuse_unless(fits, codes.ACL_ERROR_INVALID_PARAM, "max_opqueue_num", found, "a positive number")


def _stack_sizes(sections: Sections) -> None:
    sizes = sections.get("StackSize")
    for name in _STACK_SIZES if isinstance(sizes, dict) else ():
        size = sizes.get(name, 0) if isinstance(sizes, dict) else 0
        fits = isinstance(size, int | float)
        _refuse_unless(fits, codes.ACL_ERROR_FAILURE, f"StackSize.{name}", size, "a number")


def _default_device(sections: Sections, devices: int) -> int | None:
    """Return the number of the default device; whatever is wrong with its text gives the same code."""
    section = sections.get("defaultDevice")
    if not isinstance(section, dict) or "default_device" not in section:
        return None
    text, name = section["default_device"], "defaultDevice.default_device"
    fits = isinstance(text, str) and _is_number(text)
    _refuse_unless(fits, codes.ACL_ERROR_FAILURE, name, text, "a number in a text")
    low = min(int(text[:_LONGEST_NUMBER]), (1 << 63) - 1) & 0xFFFF_FFFF
    number = low - (1 << 32) if low >= _INT32 else low
    if number == _NO_DEVICE:
        return None
    there, wanted = 0 <= number < devices, f"a device from 0 to {devices - 1}"
    _refuse_unless(there, codes.ACL_ERROR_RT_INVALID_DEVICEID, name, text, wanted)
    return number


def _is_number(text: str) -> bool:
    return re.fullmatch(r"0|[1-9][0-9]*", text) is not None


def _later_checks(sections: Sections) -> None:
    for name in _FIFO_SIZES:
        size = sections.get(name, 1)
        fits = isinstance(size, int) and not isinstance(size, bool) and size > 0
        _refuse_unless(fits, codes.ACL_ERROR_FAILURE, name, size, "a positive number")
    graph = sections.get("acl_graph")
    mode = graph.get("event_mode", "0") if isinstance(graph, dict) else "0"
    # The vendor's code ends the process for what is no text; here that is a bad parameter like the others.
    fits = isinstance(mode, str) and mode in _MODES
    _refuse_unless(fits, codes.ACL_ERROR_INVALID_PARAM, "acl_graph.event_mode", mode, '"0" or "1"')
    if "profiler" in sections:
        fits = profiler_section_fits(sections["profiler"])
        wanted = "as the vendor's page of profiling has it"
        _refuse_unless(fits, codes.ACL_ERROR_INVALID_PARAM, "profiler", sections["profiler"], wanted)


_CHECKS: Final[tuple[Callable[[Sections], None], ...]] = (_error_mode, _dump, _operators, _stack_sizes)
