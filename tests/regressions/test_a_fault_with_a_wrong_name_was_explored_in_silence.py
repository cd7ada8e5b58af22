"""`explore --fault` with a name that nothing has held, and nobody said that the fault never had an occasion."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.exec.launch import program, python

PROGRAM = """\
import acl

acl.init()
acl.rt.set_device(0)
buffer, ret = acl.rt.malloc(64, 0)
stream, _ = acl.rt.create_stream()
acl.rt.memset_async(buffer, 64, 1, 64, stream)
acl.rt.synchronize_stream(stream)
"""
NOTE = "had no occasion in the friendly order"


def explored(folder: Path, fault: str) -> tuple[list[str], str]:
    """Return the faults that had no occasion, and what was said on stderr."""
    program(folder, PROGRAM)
    command = ("explore", "prog.py", "--schedules", "1", "--fault", fault, "--json", "it.json")
    ended = python(folder, "-m", "simulator.app", *command)
    return json.loads((folder / "it.json").read_text())["idle_faults"], ended.err


@pytest.mark.parametrize(
    "fault", ["call:malloc#2", "report.lost:store?", "task:no-such-task?", "device.lost@1h?"]
)
def test_a_fault_without_an_occasion_is_named(tmp_path: Path, fault: str):
    idle, said = explored(tmp_path, fault)
    assert len(idle) == 1
    assert f"note: declared fault {idle[0]} {NOTE}" in said


@pytest.mark.parametrize("fault", ["call:malloc#1", "call:malloc#1?", "task?", "device.lost@1us?"])
def test_nothing_is_said_of_one_that_had_an_occasion_or_struck(tmp_path: Path, fault: str):
    idle, said = explored(tmp_path, fault)
    assert idle == []
    assert NOTE not in said
