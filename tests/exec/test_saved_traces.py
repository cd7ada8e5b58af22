"""`aclsim exec --save-trace`, and what `aclsim check` says of such a file on another day."""

from __future__ import annotations

import json
from pathlib import Path

from simulator.check.memory import check_memory
from simulator.export.tracefile import read_trace
from tests.exec.launch import execute, program, python

TOO_EARLY = """\
import acl
acl.init()
acl.rt.set_device(0)
stream, _ = acl.rt.create_stream()
host, _ = acl.rt.malloc_host(64)
device, _ = acl.rt.malloc(64, 0)
acl.rt.memset_async(device, 64, 7, 64, stream)
acl.rt.memcpy_async(host, 64, device, 64, 2, stream)
print(acl.util.ptr_to_bytes(host, 4))
acl.rt.synchronize_stream(stream)
acl.rt.free_host(host)
acl.rt.free(device)
"""
UNSERVED = """\
import acl
acl.init()
acl.rt.set_device(0)
stream, _ = acl.rt.create_stream()
acl.rt.subscribe_report(1, stream)
acl.rt.launch_callback(print, 7, 1, stream)
acl.rt.synchronize_stream(stream)
"""
THROUGH_A_QUEUE = """\
import queue, threading
import acl
acl.init()
acl.rt.set_device(0)
context, _ = acl.rt.get_context()
stream, _ = acl.rt.create_stream()
host, _ = acl.rt.malloc_host(64)
device, _ = acl.rt.malloc(64, 0)
done = queue.Queue()

def read():
    done.get()
    print(acl.util.ptr_to_bytes(host, 1))

reader = threading.Thread(target=read)
reader.start()
acl.rt.memset_async(device, 64, 7, 64, stream)
acl.rt.memcpy_async(host, 64, device, 64, 2, stream)
acl.rt.synchronize_stream(stream)
done.put(None)
reader.join()
"""


def save(folder: Path, text: str) -> int:
    """Run a program and keep its trace as run.jsonl; its exit code."""
    return execute(folder, "--save-trace", "run.jsonl", program(folder, text)).code


def test_a_race_in_a_program_is_found_in_its_saved_trace(tmp_path):
    assert save(tmp_path, TOO_EARLY) == 0
    (race,) = check_memory(read_trace(str(tmp_path / "run.jsonl")).trace)
    assert race.lines == ("prog.py:8 in <module>", "prog.py:9 in <module>", "prog.py:5 in <module>")
    assert race.fix.endswith("before prog.py:9 in <module>")


def test_what_a_queue_of_the_program_hands_on_is_no_race(tmp_path):
    assert save(tmp_path, THROUGH_A_QUEUE) == 0
    assert check_memory(read_trace(str(tmp_path / "run.jsonl")).trace) == ()


def test_why_a_program_hung_is_told_from_its_saved_trace(tmp_path):
    assert save(tmp_path, UNSERVED) == 3
    checked = python(tmp_path, "-m", "simulator.app", "check", "run.jsonl", "--json", "out.json")
    assert checked.code == 3
    assert "To mend: " in checked.err
    (trace,) = json.loads((tmp_path / "out.json").read_text("utf-8"))["traces"]
    assert trace["about"]["program"] == ["prog.py"]
    assert trace["result"] == "deadlock"
