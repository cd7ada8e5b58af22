"""The configuration file of acl.init: what is refused, in which order and with which code, what has an effect.

Read in hicann/runtime src/acl/common/json_parser.cpp and aclrt_impl/acl.cpp. Of the keys that are checked only the
default device has an effect (rule g8); dump, profiler and whatever else a file has is left unread.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, NoReturn

from acl_api import codes
from acl_api.table.checks import as_int32

_LARGEST: Final = 10 << 20
_DEEPEST: Final = 10
_STACKS: Final = ("aicore_stack_size", "simt_stack_size", "simt_divergence_stack_size")
_PRINTS: Final = ("simd_printf_fifo_size_per_core", "simt_printf_fifo_size")
_NO_DEVICE: Final = -1


class BadConfig(Exception):  # noqa: N818 - of the program's, which gets its code
    """A configuration that init refuses: with which code, and why."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code


class Config(NamedTuple):
    """What a configuration comes to: `default_device` is a number of the program's, None without one."""

    text: str
    default_device: int | None


def read_text(path: str | None) -> str:
    """Return the text of the file at *path*, which is compared with the first one of the process (rule g2).

    No path is as good as an empty file. Raises `BadConfig` (100003) for a file that cannot be opened.
    """
    if not path:
        return ""
    try:
        with Path(path).open("rb") as file:
            data = file.read(_LARGEST + 1)
    except IsADirectoryError:
        data = b""  # which the vendor can open, and refuses later
    except (OSError, ValueError) as error:
        raise BadConfig(codes.ACL_ERROR_INVALID_FILE, f"{path} cannot be opened: {error}") from None
    return data.decode("utf-8", errors="surrogateescape")


def read_config(path: str | None, text: str) -> Config:
    """Return what *text*, the content of the file at *path*, comes to. Raises `BadConfig`."""
    if not path:
        return Config(text, None)
    if not Path(path).is_file():
        raise BadConfig(codes.ACL_ERROR_INVALID_FILE, f"{path} is no regular file")
    if len(text) > _LARGEST:
        raise BadConfig(codes.ACL_ERROR_INVALID_FILE, f"{path} is larger than 10 MiB")
    return Config(text, _judge(path, _parse(path, text)))


def _judge(path: str, content: Mapping[str, Any]) -> int | None:
    """Refuse values that the vendor refuses, in its order; return the default device."""
    if content.get("err_msg_mode", "1") not in ("0", "1"):
        _refuse(codes.ACL_ERROR_INVALID_PARAM, path, "err_msg_mode", content["err_msg_mode"], '"0" or "1"')
    stacks = _section(content, "StackSize")
    for name in _STACKS:
        if not isinstance(stacks.get(name, 0), int | float):
            _refuse(codes.ACL_ERROR_FAILURE, path, f"StackSize.{name}", stacks[name], "a number")
    device = _default_device(path, _section(content, "defaultDevice"))
    for name in _PRINTS:
        size = content.get(name, 1)
        if type(size) is not int or size < 1:
            _refuse(codes.ACL_ERROR_FAILURE, path, name, size, "a positive number")
    mode = _section(content, "acl_graph").get("event_mode", "0")
    if mode not in ("0", "1"):
        # Where the vendor's parser meets no text there, the process ends.
        _refuse(codes.ACL_ERROR_INVALID_PARAM, path, "acl_graph.event_mode", mode, '"0" or "1"')
    return device


def _section(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = content.get(name)
    return section if isinstance(section, dict) else {}


def _parse(path: str, text: str) -> Mapping[str, Any]:
    """Return the object that *text* is: the vendor looks for keys in nothing else, and finds none."""
    text = text.partition("\0")[0]
    for opening, closing in ("{}", "[]"):
        if _depth(text, opening, closing) > _DEEPEST:
            raise BadConfig(codes.ACL_ERROR_PARSE_FILE, f"{path} nests more than {_DEEPEST} {opening}")
    if not text:
        return {}
    try:
        text.encode()
        content = json.loads(text.removeprefix("\ufeff"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise BadConfig(codes.ACL_ERROR_PARSE_FILE, f"{path} is not JSON: {error}") from None
    return content if isinstance(content, dict) else {}


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def _depth(text: str, opening: str, closing: str) -> int:
    """Return how deep brackets of a kind nest, those in texts counted too, as the vendor does."""
    depth = deepest = 0
    for bracket in re.findall(f"[{re.escape(opening + closing)}]", text):
        depth = depth + 1 if bracket == opening else max(0, depth - 1)
        deepest = max(deepest, depth)
    return deepest


def _default_device(path: str, section: Mapping[str, Any]) -> int | None:
    if "default_device" not in section:
        return None
    text = section["default_device"]
    if not isinstance(text, str) or not re.fullmatch(r"0|[1-9][0-9]*", text):
        what = 'a text such as "0"'
        _refuse(codes.ACL_ERROR_FAILURE, path, "defaultDevice.default_device", text, what)
    # As strtol and the cast behind it have it, also where the number is far too large.
    number = as_int32(min(int(text[:20]), (1 << 63) - 1))
    return None if number == _NO_DEVICE else number


def _refuse(code: int, path: str, key: str, value: object, wanted: str) -> NoReturn:
    raise BadConfig(code, f"{path}: {key} is {json.dumps(value)[:60]}, and must be {wanted}")
