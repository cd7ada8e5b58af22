"""`explore --fault` with a name that nothing has held, and nobody said that the fault never had an occasion."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.exec.launch import program, python

FOREVER = """\
import acl

acl.init()
acl.rt.set_device(0)
buffer, ret = acl.rt.malloc(64, 0)
stream, _ = acl.rt.create_stream()
acl.rt.memset_async(buffer, 64, 1, 64, stream)
acl.rt.synchronize_stream(stream)
"""


@pytest.mark.parametrize(
    ("fault", "idle"),
    [
        ("call:mallok#1=207001", None),  # the table knows no such function: refused at once
        ("call:malloc#1", False),
        ("call:malloc#1?", False),
        ("call:malloc#2", True),
        ("report.lost:store?", True),
        ("task:no-such-task?", True),
        ("device.lost@1us?", False),
        ("device.lost@1h?", True),  # the program is over by then
    ],
)
def test_a_fault_without_an_occasion_is_named(tmp_path: Path, fault: str, idle: bool | None):
    program(tmp_path, FOREVER)
    command = ("explore", "prog.py", "--schedules", "1", "--fault", fault, "--json", "it.json")
    ended = python(tmp_path, "-m", "simulator.app", *command)
    if idle is None:
        assert ended.code == 2
        return
    found = json.loads((tmp_path / "it.json").read_text())
    assert bool(found["idle_faults"]) is idle
    assert ("had no occasion in the friendly order" in ended.err) is idle
