"""A program at its end, waiting for its threads, was said to be at "core.py:911 in invoke": a line of the tool that
runs it. And times that `logging` counts from its import were negative: it was imported in real time.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.exec.launch import execute, program

POLLS_FOR_EVER = """\
import threading
import acl
acl.init()
acl.rt.set_device(0)
stream, _ = acl.rt.create_stream()
subscribed = threading.Event()
def serve():
    subscribed.wait()
    acl.rt.process_report(-1)
thread = threading.Thread(target=serve, name="reporter")
thread.start()
acl.rt.subscribe_report(thread.ident, stream)
subscribed.set()
"""
LOGS = """\
import logging, time
logging.basicConfig(format="%(relativeCreated)d")
time.sleep(2)
logging.warning("")
"""


@pytest.mark.parametrize(
    ("host", "said", "mend"),
    [
        (
            "baton",
            "main waits in Thread.join on thread reporter without a timeout at the end of the program.",
            "To mend: tell reporter to stop before Thread.join at the end of the program: set the flag",
        ),
        pytest.param(
            "free",
            "main waits at the end of the program for the threads that are no daemons.",
            "To mend: tell reporter to stop before the program ends: set the flag",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_program_at_its_end_waits_for_its_threads(tmp_path: Path, host: str, said: str, mend: str):
    ended = execute(tmp_path, "--host", host, program(tmp_path, POLLS_FOR_EVER))
    assert ended.code == 3
    assert said in ended.err
    assert mend in ended.err
    assert "core.py" not in ended.err


def test_logging_counts_from_the_beginning_of_the_program(tmp_path: Path):
    assert execute(tmp_path, program(tmp_path, LOGS)).err.splitlines()[0] == "2000"
