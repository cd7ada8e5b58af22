"""What a callback costs a C program, against a hand-off pair over a condition variable in the same process."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from acl_api.cabi.build import build

pytestmark = pytest.mark.bench
SOURCE = Path(__file__).parent / "c" / "round_trip.c"
# The goal is 4. An interpreter that was built without profiling (PGO) takes half as long again for the same Python.
GOAL, MOST = 4, 6
_ROUNDS = 3


@pytest.mark.timeout(300)
def test_a_callback_round_trip_against_a_hand_off_pair(tmp_path: Path):
    library = build(tmp_path / "library").folder
    binary = tmp_path / "round_trip"
    command = ["gcc", "-O2", "-std=gnu11", str(SOURCE), f"-I{library / 'include'}", f"-L{library}"]
    command += ["-lascendcl", "-lpthread", f"-Wl,-rpath,{library}", "-o", str(binary)]
    subprocess.run(command, check=True)

    # As all benches stay on one core: on two, what both threads touch goes to and fro between their caches.
    best = {words: min(_ratio(binary, *words) for _ in range(_ROUNDS)) for words in (("one core",), ())}

    print(
        f"one core: {best['one core',]:.1f}, goal {GOAL}, at most {MOST}; where the system wants: {best[()]:.1f}"
    )
    assert best["one core",] <= MOST


def _ratio(binary: Path, *words: str) -> float:
    printed = subprocess.run([str(binary), *words], capture_output=True, text=True, check=True).stdout
    trip, pair = map(int, printed.split())
    print(f"\ncallback round trip {trip} ns, hand-off pair {pair} ns of processor time {words}")
    return trip / pair
