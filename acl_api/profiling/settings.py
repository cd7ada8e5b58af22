"""What programs choose of profiling: kinds of data, metrics, and the values of acl.prof.set_config.

Numbers and order are those of the vendor's code (hicann/runtime src/dfx/msprof, acl_prof.h).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from acl_api import codes
from acl_api.profiling.sections import path_fits, storage_limit_fits

if TYPE_CHECKING:
    from collections.abc import Sequence

ACL_API: Final = 0x1
TASK_TIME: Final = 0x2
METRICS: Final = 0x4
MSPROFTX: Final = 0x80
STATISTICS: Final = 0x4_0000_0000
_ALWAYS: Final = 0x4000_0000_0000_0000
# What this kind of product can give: ACL API, task time, AI core metrics, AICPU, L2 cache, HCCL, training trace,
# MSPROFTX, runtime API, levels of task time and of the graph engine, task memory, operator attributes, statistics.
_SUPPORTED: Final = (
    *(ACL_API, TASK_TIME, METRICS, 0x8, 0x10, 0x20, 0x40, MSPROFTX, 0x100, 0x200, 0x800, 0x1000, 0x2000),
    *(0x4000, 0x8000, 0x0100_0000, STATISTICS, 0x8_0000_0000, _ALWAYS),
)
SUPPORTED: Final = sum(_SUPPORTED)
NO_METRICS: Final = 0xFF
_METRICS: Final = frozenset({0, 1, 2, 3, 4, 5, 6, 8, 9, NO_METRICS})
_LONGEST: Final = 256


@dataclass(frozen=True, slots=True)
class ProfConfig:
    """What a program wants recorded (aclprofConfig)."""

    devices: tuple[int, ...]
    metrics: int
    data: int

    @property
    def supported(self) -> bool:
        """Whether the product has all these kinds of data."""
        return not self.data & ~SUPPORTED

    @property
    def metrics_fit(self) -> bool:
        """Whether the AI core metrics are known, where they are wanted at all."""
        return not self.data & METRICS or self.metrics in _METRICS


@dataclass(frozen=True, slots=True)
class SubscribeConfig:
    """What a program wants to hear of a model's operators through a pipe (aclprofSubscribeConfig)."""

    times: bool
    metrics: int
    fd: int


def make_config(
    devices: Sequence[int], metrics: int, events: int, data: int, count: int
) -> ProfConfig | None:
    """Return the configuration, on a machine of *count* devices; None for what the vendor's code refuses."""
    wrong = events or len(devices) > count or len(set(devices)) != len(devices)
    if wrong or any(device >= count for device in devices):
        return None
    if not devices and not data & MSPROFTX:
        return None
    return ProfConfig(tuple(devices), metrics, full_data(data))


def full_data(data: int) -> int:
    """Return the kinds of data with those that they imply."""
    return data | _ALWAYS | (ACL_API if data & STATISTICS else 0)


def _number(lowest: int, highest: int) -> Callable[[str], bool]:
    return lambda text: re.fullmatch(r"[0-9]{1,9}", text) is not None and lowest <= int(text) <= highest


def _words(*allowed: str) -> Callable[[str], bool]:
    return lambda text: bool(text) and all(word in allowed for word in text.split(","))


_STORAGE_LIMIT: Final = 1
_METRICS_OF_CORES: Final = 2
_NO_TYPE: Final = 15
_TYPES: Final = 17
_VALUES: Final[Mapping[int, Callable[[str], bool]]] = {
    _STORAGE_LIMIT: lambda text: bool(text) and storage_limit_fits(text),
    3: _number(1, 100),  # memory of the device
    4: _words("read", "write"),  # last level cache
    5: _number(1, 100),  # input and output
    6: _number(1, 50),  # links between devices
    7: _number(1, 100),  # media
    8: _words("cpu", "mem"),  # use of the host
    9: _number(1, 50),
    10: _number(1, 100),  # low power
    16: lambda text: bool(text) and path_fits(text),
}


def value_code(kind: int, text: str) -> int:
    """Return the code with which acl.prof.set_config answers; 0 for a value that is taken."""
    if not 0 < kind < _TYPES or kind == _NO_TYPE or len(text.encode()) > _LONGEST:
        return codes.ACL_ERROR_INVALID_PARAM
    fits = _VALUES.get(kind)
    return 0 if fits is not None and fits(text) else codes.ACL_ERROR_INVALID_PROFILING_CONFIG
