"""The section `profiler` of the configuration file of acl.init: which keys and values it may have.

As the vendor's checks (hicann/runtime src/dfx/msprof, parameter manager of the JSON configuration).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

_FEWEST_MEGABYTES: Final = 200
_UINT32: Final = (1 << 32) - 1
# What a path of results must not hold.
BAD_IN_PATHS: Final = frozenset("\n\f\r\b\t\v\x7f\"'\\%><|&$;`")


def storage_limit_fits(text: str) -> bool:
    """Tell whether a text limits the space of results: empty, or 200 MB and more as "NNNMB"."""
    found = re.fullmatch(r"([0-9]+)MB", text)
    return not text or (found is not None and _FEWEST_MEGABYTES <= int(found[1]) <= _UINT32)


def path_fits(text: str) -> bool:
    """Tell whether a path of results has no characters that the vendor's code refuses."""
    return not BAD_IN_PATHS & set(text)


def _one_of(*words: str) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and (value == "" or value in words)


def _within(highest: int) -> Callable[[object], bool]:
    return lambda value: type(value) is int and 1 <= value <= highest


def _text(fits: Callable[[str], bool] = lambda _text: True) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and fits(value)


def _all_of(*words: str) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and all(word in ("", *words) for word in value.split(","))


_SWITCH: Final = _one_of("on", "off")
METRICS: Final = (
    *("ArithmeticUtilization", "PipeUtilization", "PipelineExecuteUtilization", "Memory", "MemoryL0"),
    *("MemoryUB", "ResourceConflictRatio", "L2Cache", "MemoryAccess"),
)
_KEYS: Final[Mapping[str, Callable[[object], bool]]] = {
    **dict.fromkeys(
        (
            *("switch", "aicpu", "l2", "hccl", "msproftx", "instr_profiling", "task_tsfw", "ascendcl"),
            *("runtime_api", "task_memory", "sys_mem_serviceflow"),
        ),
        _SWITCH,
    ),
    **dict.fromkeys(
        ("sys_hardware_mem_freq", "sys_io_sampling_freq", "dvpp_freq", "sys_lp_freq"), _within(100)
    ),
    **dict.fromkeys(("sys_interconnection_freq", "sys_cpu_freq", "host_sys_usage_freq"), _within(50)),
    "instr_profiling_freq": lambda value: type(value) is int and 300 <= value <= 30_000,  # noqa: PLR2004 - its range
    "output": _text(path_fits),
    "aic_metrics": _one_of(*METRICS),
    "task_time": _one_of("l0", "l1", "l2", "l3", "on", "off"),
    "ge_api": _one_of("l0", "l1", "off"),
    "storage_limit": _text(storage_limit_fits),
    "llc_profiling": _one_of("read", "write"),
    "host_sys": _all_of("cpu", "mem", "disk", "network", "osrt"),
    "host_sys_usage": _all_of("cpu", "mem"),
    "optype": _text(),
}
# Without this one nothing is switched on, whatever else the section says; with it all of it is checked.
_ON: Final = "on"


def profiler_section_fits(section: object) -> bool:
    """Tell whether the section `profiler` is accepted: any that is not switched on is."""
    if not isinstance(section, dict) or section.get("switch") != _ON:
        return True
    return all(key in _KEYS and _KEYS[key](value) for key, value in section.items())
