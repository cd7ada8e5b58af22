"""A plain `import acl_api as acl` in a script of its own: what stderr and the exit code say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

HEAD = """
import threading
import acl_api as acl

def report():
    acl.rt.set_device(0)
    while True:
        acl.rt.process_report({timeout})

acl.init()
acl.rt.set_device(0)
reporter = threading.Thread(target=report, daemon={daemon})
reporter.start()
stream, _ = acl.rt.create_stream()
acl.rt.subscribe_report(reporter.ident, stream)
"""


def run(folder: Path, text: str, *, timeout: int = -1, daemon: bool = False, **variables: str):
    script = folder / "prog.py"
    script.write_text(HEAD.format(timeout=timeout, daemon=daemon) + dedent(text))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ACLSIM_")}
    return subprocess.run(
        [sys.executable, str(script)],
        env=environment | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def test_a_deadlock_ends_the_script_with_the_chain_in_the_traceback(tmp_path):
    ended = run(
        tmp_path,
        """
        other, _ = acl.rt.create_stream()
        acl.rt.subscribe_report(1, other)
        acl.rt.launch_callback(print, None, 1, other)
        acl.rt.synchronize_stream(other)
        """,
    )
    assert ended.returncode == 1
    assert "DeadlockError: deadlock: nothing can happen any more" in ended.stderr
    assert (
        "main waits in synchronize_stream on stream stream-0.2 without a timeout at prog.py:" in ended.stderr
    )
    # The report thread was unwound without a word.
    assert ended.stderr.count("Traceback") == 1


def test_a_report_thread_that_nobody_stops_is_told_at_the_end_of_the_script(tmp_path):
    """On hardware the process would never end."""
    ended = run(
        tmp_path,
        """
        acl.rt.launch_callback(print, "served", 1, stream)
        acl.rt.synchronize_stream(stream)
        """,
    )
    assert ended.stdout == "served\n"
    assert ended.returncode == 3
    assert "Thread-1 (report) waits in process_report without a timeout at prog.py:" in ended.stderr


def test_joining_a_report_thread_that_nobody_stops_is_no_good_end(tmp_path):
    """The join comes back only because the thread was unwound: the exit code must not say that all was well."""
    ended = run(tmp_path, "reporter.join()\nprint('after the join')")
    assert ended.returncode == 3
    assert "Thread-1 (report) waits in process_report" in ended.stderr


LOCKED = """
lock = threading.Lock()
with lock:
    acl.rt.launch_callback(lambda data: lock.acquire(timeout=1), None, 1, stream)
    acl.rt.synchronize_stream(stream)
print("went on")
"""


def test_no_progress_prints_the_chain_once_and_the_program_runs_on(tmp_path):
    ended = run(tmp_path, LOCKED, timeout=100, daemon=True, ACLSIM_STALL_AFTER="0.1")
    assert (ended.returncode, ended.stdout) == (0, "went on\n")
    assert ended.stderr.count("no progress for 0.1 s of real time") == 1
    assert "Thread-1 (report), inside callback" in ended.stderr


def test_no_progress_ends_the_process_when_asked_to(tmp_path):
    ended = run(tmp_path, LOCKED, timeout=100, daemon=True, ACLSIM_STALL_AFTER="0.1", ACLSIM_STALL="abort")
    assert (ended.returncode, ended.stdout) == (3, "")
    assert "main waits in synchronize_stream" in ended.stderr
