"""A program that fails an assertion was told of the assertion, and not of the race behind it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.exec.launch import program, python

EARLY = """\
import acl

acl.init()
acl.rt.set_device(0)
stream, _ = acl.rt.create_stream()
device, _ = acl.rt.malloc(64, 0)
host, _ = acl.rt.malloc_host(64)
acl.rt.memset(device, 64, 7, 64)
acl.rt.memset(host, 64, 0, 64)
acl.rt.memcpy_async(host, 64, device, 64, 2, stream)
answer = acl.util.ptr_to_bytes(host, 1)
{check}
acl.rt.synchronize_stream(stream)
acl.rt.free_host(host)
acl.rt.free(device)
acl.rt.destroy_stream(stream)
acl.rt.reset_device(0)
acl.finalize()
"""
MEND = "to mend: call acl.rt.synchronize_stream(stream-0.1) before prog.py:11 in <module>"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("check", "kind"),
    [
        pytest.param("assert answer == bytes([7])", "error", id="the-program-fails"),
        pytest.param("print(answer)", "finding", id="the-program-goes-on"),
    ],
)
def test_a_result_that_is_read_too_early_is_told_with_the_line_to_add(tmp_path: Path, check: str, kind: str):
    program(tmp_path, EARLY.format(check=check))
    ended = python(
        tmp_path, "-m", "simulator.app", "explore", "prog.py", "--schedules", "1", "--json", "it.json"
    )
    assert ended.code == 1
    assert ended.err.count(MEND) == 1
    found = json.loads((tmp_path / "it.json").read_text())["counterexample"]
    assert found["kind"] == kind
    errors = [each["id"] for each in found["findings"] if each["severity"] == "error"]
    assert errors == (["race"] if kind == "error" else [])
