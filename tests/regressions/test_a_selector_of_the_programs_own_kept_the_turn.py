"""A thread in a selector outside asyncio kept its turn for ever: the watchdog took the frame of our stand-in for code
of ours that must not be interrupted. So `multiprocessing.Pool` hung under `aclsim exec`.
"""

from __future__ import annotations

import os
import selectors
import threading
import time

from simulator.engine.hosts.ends import RunKind
from tests.unit.control.controlled import run


def test_a_thread_in_a_selector_loses_its_turn():
    seen: list[int] = []

    def program() -> None:
        reading, writing = os.pipe()

        def watch() -> None:
            with selectors.DefaultSelector() as selector:
                selector.register(reading, selectors.EVENT_READ)
                seen.append(len(selector.select()))

        thread = threading.Thread(target=watch, name="watcher")
        thread.start()
        time.sleep(1)
        os.write(writing, b"x")
        thread.join()
        os.close(reading)
        os.close(writing)

    ran = run(program, watchdog=0.05)
    assert seen == [1]
    assert ran.end.kind is RunKind.INCONCLUSIVE
    assert "watcher is blocked in a foreign call at test_a_selector" in ran.host.remarks[0]
