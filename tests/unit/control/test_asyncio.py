"""asyncio: loops run in simulated time, and other threads reach them."""

from __future__ import annotations

import asyncio
import os
import threading
import time

import pytest

from simulator.engine.hosts.ends import RunKind, Stuck
from tests.unit.control.controlled import run


async def ticks(count: int, seconds: float) -> int:
    for _ in range(count):
        await asyncio.sleep(seconds)
    return count


def test_sleeping_tasks_share_the_simulated_clock():
    async def main() -> tuple[int, int]:
        return await asyncio.gather(ticks(10, 1), ticks(5, 3))

    ran = run(lambda: asyncio.run(main()))
    assert ran.seconds == 15
    assert ran.end.kind is RunKind.DONE


def test_timeouts_expire():
    async def main() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 2)

    assert run(lambda: asyncio.run(main())).seconds == 2


def test_another_thread_wakes_the_loop():
    async def main() -> float:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[str] = loop.create_future()
        timer = threading.Timer(7, lambda: loop.call_soon_threadsafe(future.set_result, "late"))
        timer.start()
        assert await future == "late"
        await asyncio.to_thread(time.sleep, 4)
        return time.monotonic()

    assert run(lambda: asyncio.run(main())).seconds == 11


def test_a_loop_with_nothing_to_wait_for_is_a_deadlock():
    async def main() -> None:
        await asyncio.Event().wait()

    with pytest.raises(Stuck, match="deadlock"):
        run(lambda: asyncio.run(main()))


def test_what_comes_from_the_outside_world_makes_the_run_inconclusive():
    async def main() -> None:
        loop = asyncio.get_running_loop()
        reading, writing = os.pipe()
        got: asyncio.Future[bytes] = loop.create_future()
        loop.add_reader(reading, lambda: got.set_result(os.read(reading, 1)))
        os.write(writing, b"x")
        assert await got == b"x"
        loop.remove_reader(reading)
        os.close(reading)
        os.close(writing)

    # Ready at once: nobody has waited for the outside.
    assert run(lambda: asyncio.run(main())).end.kind is RunKind.DONE
