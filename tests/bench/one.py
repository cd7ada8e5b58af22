"""Measures one variant in this process: `python -m tests.bench.one VARIANT STREAMS TASKS` prints JSON."""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from time import process_time
from typing import Protocol

from tests.bench import calls, workload


class Variant(Protocol):
    def launch(self) -> None: ...

    def run(self) -> workload.Answer: ...


def _variants() -> Mapping[str, Callable[[list[workload.Launch], int], Variant]]:
    # Imported by name, so that no variant pays for another one's modules.
    from tests.bench.ours import ApiDoor, ApiThreads, CoreDoor
    from tests.bench.rival_heap import HeapRival
    from tests.bench.rival_simpy import SimpyRival

    return {
        "simpy": SimpyRival,
        "heap": HeapRival,
        "core": CoreDoor,
        "core-trace": lambda launches, streams: CoreDoor(launches, streams, trace=True),
        "api": ApiDoor,
        "api-trace": lambda launches, streams: ApiDoor(launches, streams, trace=True),
        "api-threads": ApiThreads,
    }


def _memory_kib(field: str) -> int:
    """Return VmRSS or VmHWM of this process; 0 where there is no /proc."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) for line in lines if line.startswith(field)), 0)


def measure(name: str, streams: int, tasks: int) -> dict[str, object]:
    launches = workload.program(streams, tasks)
    variant = _variants()[name](launches, streams)
    # What stands before the clock starts is no variant's doing: the collector need not walk it.
    gc.collect()
    gc.freeze()
    before = _memory_kib("VmRSS")
    start = process_time()
    variant.launch()
    launched = process_time()
    answer = variant.run()
    end = process_time()
    return {
        "variant": name,
        "launch": launched - start,
        "run": end - launched,
        "total": end - start,
        "bytes": (_memory_kib("VmHWM") - before) * 1024 / len(launches),
        "answer": list(answer),
    }


if __name__ == "__main__":
    if hasattr(os, "sched_setaffinity"):  # one core: no migration between two halves of a ratio
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    name, *sizes = sys.argv[1:]
    result = calls.measure() if name == "calls" else measure(name, *(int(size) for size in sizes))
    print(json.dumps(result))
