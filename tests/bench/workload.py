"""The workload W(S, T) that ours and the rivals run, and the answer all of them must give.

S streams of T tasks, all launched at time 0 with the streams taking turns, and one report thread per four
streams that serves one callback at a time, first come, first served. Of every 16 tasks of a stream 10 are
kernels, 2 blocking and 2 non-blocking callbacks, 1 records the stream's event and 1 waits for the record of
the previous stream (a ring, without a deadlock: the record stands four tasks earlier). Durations are whole
ns: kernels in [1000, 10000), callbacks a quarter.
"""

from __future__ import annotations

from typing import NamedTuple

KERNEL, BLOCK, NO_BLOCK, RECORD, WAIT = range(5)
_PERIOD = 16
_SPECIAL = {0: BLOCK, 4: NO_BLOCK, 6: RECORD, 8: BLOCK, 10: WAIT, 12: NO_BLOCK}
_PATTERN = tuple(_SPECIAL.get(place, KERNEL) for place in range(_PERIOD))
STREAMS_PER_THREAD = 4
_TABLE = 4096
# At the sizes measured here no two streams of a report thread post at the same instant after time 0, so that
# the finish times are the same whatever order a variant gives to ties; that they are is asserted.
_SEED = 1


class Launch(NamedTuple):
    """One launch of the program: `ns` is the duration of a kernel or callback, 0 for records and waits."""

    stream: int
    kind: int
    ns: int


class Answer(NamedTuple):
    """Finish times in ns (over streams: sum and maximum; over report threads: sum) and callbacks run."""

    streams_sum: int
    streams_max: int
    threads_sum: int
    callbacks: int


class Counter:
    """The function of every callback: one real Python call."""

    __slots__ = ("calls",)

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, _data: object) -> None:
        self.calls += 1


def threads_of(streams: int) -> int:
    return -(-streams // STREAMS_PER_THREAD)


def program(streams: int, tasks: int) -> list[Launch]:
    """Return all launches in order; rivals get it ready made, so that nobody's clock runs meanwhile."""
    kernels = _durations()
    callbacks = [kernels[at ^ 1365] // 4 for at in range(_TABLE)]
    launches = []
    for task in range(tasks):
        kind = _PATTERN[task % _PERIOD]
        for stream in range(streams):
            at = (7919 * stream + 104729 * task + 31 * (task // _PERIOD)) % _TABLE
            table = kernels if kind == KERNEL else callbacks
            launches.append(Launch(stream, kind, 0 if kind in (RECORD, WAIT) else table[at]))
    return launches


def answer(streams: list[int], threads: list[int], callbacks: int) -> Answer:
    return Answer(sum(streams), max(streams), sum(threads), callbacks)


def _durations() -> list[int]:
    """Return the table of kernel durations, drawn by splitmix64."""
    mask = (1 << 64) - 1
    state, table = _SEED, []
    for _ in range(_TABLE):
        state = (state + 0x9E37_79B9_7F4A_7C15) & mask
        mixed = ((state ^ (state >> 30)) * 0xBF58_476D_1CE4_E5B9) & mask
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D0_49BB_1331_11EB) & mask
        table.append(1000 + (mixed ^ (mixed >> 31)) % 9000)
    return table
