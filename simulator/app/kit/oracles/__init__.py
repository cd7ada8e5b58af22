"""Oracles: small programs that know what a rule makes of them, for what no trace can tell.

Whether a run kept the ordering guarantees O1 to O12 is read from its trace; codes, values and times are compared
with what the rules say. Each oracle is named by its rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from simulator.app.kit.oracles import callbacks, devices, events, memory, streams
from simulator.app.kit.oracles.bench import Bench, Broken, Oracle

__all__ = ["ORACLES", "Bench", "Broken", "Oracle"]

ORACLES: Final[Mapping[str, Oracle]] = MappingProxyType(
    {
        oracle.rule: oracle
        for family in (callbacks, streams, events, memory, devices)
        for oracle in family.ORACLES
    }
)
