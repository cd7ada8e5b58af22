"""The section `dump` of configuration files: whether the vendor's code accepts it.

Nothing is dumped here; a program learns all the same that its configuration is wrong. The order and the
exceptions are those of hicann/runtime src/acl/common (json_parser.cpp, dump parser).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, cast

_MOST: Final = 100
_LONGEST_PATH: Final = 512
_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "dump_mode": ("input", "output", "all"),
    "dump_op_switch": ("on", "off"),
    "dump_level": ("op", "kernel", "all"),
    "dump_scene": (
        *("lite_exception", "aic_err_brief_dump", "aic_err_norm_dump", "aic_err_detail_dump"),
        "watcher",
    ),
    "dump_data": ("tensor", "stats"),
    "dump_debug": ("on", "off"),
}
_KERNEL_DATA: Final = ("all", "printf", "tensor", "assert", "timestamp")
_STATS: Final = ("Max", "Min", "Avg", "Nan", "Negative Inf", "Positive Inf", "L2norm")
_IPV4: Final = re.compile(r"\d{1,3}(\.\d{1,3}){3}:")

Table = Mapping[str, object]


def dump_section_fits(sections: Table) -> bool:
    """Tell whether the section `dump` of a configuration is accepted; none, or an empty one, is."""
    dump = sections.get("dump", {})
    if not isinstance(dump, dict):
        return False
    return not dump or (_values_fit(dump) and _Rules(dump).kept())


def _values_fit(dump: Table) -> bool:
    words = all(
        isinstance(dump[key], str) and dump[key] in allowed for key, allowed in _WORDS.items() if key in dump
    )
    texts = all(isinstance(dump.get(key, ""), str) for key in ("dump_path", "dump_step", "dump_kernel_data"))
    if not (words and texts and _stats_fit(dump) and isinstance(dump.get("dump_list", []), list)):
        return False
    kernel = dump.get("dump_kernel_data")
    return kernel is None or all(word in _KERNEL_DATA for word in cast("str", kernel).split(","))


def _stats_fit(dump: Table) -> bool:
    if "dump_stats" not in dump:
        return True
    stats = dump["dump_stats"]
    return (
        isinstance(stats, list)
        and bool(stats)
        and all(word in _STATS for word in stats)
        and dump.get("dump_data") == "stats"
    )


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(word, str) for word in value)


class _Rules:
    """What holds between the keys of one section whose values are well formed."""

    def __init__(self, dump: Table) -> None:
        self._dump = dump
        self._level = dump.get("dump_level", "all")
        self._scene = cast("str", dump.get("dump_scene", ""))
        self._switch = dump.get("dump_op_switch", "off") == "on"
        self._debug = dump.get("dump_debug", "off") == "on"

    def kept(self) -> bool:
        """Go through the rules in the vendor's order; some end the rest."""
        items = cast("list[object]", self._dump.get("dump_list", []))
        if not all(isinstance(item, dict) and self._item_fits(item) for item in items):
            return False
        if self._scene and (self._debug or self._switch):
            return False
        tables = cast("list[Table]", items)
        if not self._watched(tables):
            return False
        if self._scene and self._scene != "watcher":
            return True
        if not self._path_fits():
            return False
        if self._debug:
            return not self._switch
        return self._step_fits() and (self._switch or all(self._named(item) for item in tables))

    def _item_fits(self, item: Table) -> bool:
        texts = all(_texts(item[key]) for key in ("layer", "watcher_nodes") if key in item)
        lists = all(
            self._level == "op" and _blacklist_fits(item[key])
            for key in ("optype_blacklist", "opname_blacklist")
            if key in item
        )
        if not (texts and lists and isinstance(item.get("model_name", ""), str)):
            return False
        return "opname_range" not in item or (
            self._level == "op" and bool(item.get("model_name")) and _range_fits(item["opname_range"])
        )

    def _watched(self, items: list[Table]) -> bool:
        if self._scene != "watcher":
            return not any("watcher_nodes" in item for item in items)
        watches = [bool(item.get("watcher_nodes")) and "model_name" not in item for item in items]
        return self._dump.get("dump_mode", "output") == "output" and bool(watches) and all(watches)

    def _path_fits(self) -> bool:
        path = cast("str", self._dump.get("dump_path", ""))
        if not path or len(path) > _LONGEST_PATH:
            return False
        return bool(_IPV4.match(path)) or (os.access(path, os.R_OK | os.W_OK) and Path(path).is_dir())

    def _step_fits(self) -> bool:
        step = cast("str", self._dump.get("dump_step", ""))
        parts = step.split("|") if step else []
        return len(parts) <= _MOST and all(map(_step_part_fits, parts))

    @staticmethod
    def _named(item: Table) -> bool:
        return bool(item.get("model_name", "x")) and bool(item.get("layer", ["x"]))


def _step_part_fits(part: str) -> bool:
    found = re.fullmatch(r"(\d+)(?:-(\d+))?", part)
    return found is not None and (found[2] is None or int(found[1]) <= int(found[2]))


def _blacklist_fits(value: object) -> bool:
    def fits(entry: object) -> bool:
        return (
            isinstance(entry, dict)
            and isinstance(entry.get("name", ""), str)
            and _texts(entry.get("pos", []))
        )

    return isinstance(value, list) and len(value) <= _MOST and all(map(fits, value))


def _range_fits(value: object) -> bool:
    def fits(entry: object) -> bool:
        return isinstance(entry, dict) and all(
            isinstance(entry.get(end), str) and entry[end] for end in ("begin", "end")
        )

    return isinstance(value, list) and all(map(fits, value))
