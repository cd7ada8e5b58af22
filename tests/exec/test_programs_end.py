"""How a program ends under `aclsim exec`: its own exit code and words, unless the run says worse."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.exec.launch import clean_environment, execute, program, report

SERVED = """\
import sys, threading
import acl

done = []

def serve():
    while not done:
        acl.rt.process_report(100)

assert acl.init() == 0
acl.rt.set_device(0)
stream, _ = acl.rt.create_stream()
reporter = threading.Thread(target=serve, name="reporter")
reporter.start()
acl.rt.subscribe_report(reporter.ident, stream)
acl.rt.launch_callback(lambda data: print("callback", data), 7, 1, stream)
print("sync", acl.rt.synchronize_stream(stream))
"""
UNSERVED = """\
import acl
acl.init()
acl.rt.set_device(0)
stream, _ = acl.rt.create_stream()
acl.rt.subscribe_report(1, stream)
acl.rt.launch_callback(print, 7, 1, stream)
try:
    acl.rt.synchronize_stream(stream)
except BaseException:
    print("caught")
finally:
    print("never")
"""


def test_a_program_that_ends_keeps_its_output_and_its_code(tmp_path: Path):
    ended = execute(tmp_path, program(tmp_path, SERVED + "done.append(True)\n"))
    assert (ended.code, ended.out) == (0, "callback 7\nsync 0\n")
    assert ended.err == "aclsim: done: prog.py, 100.02ms simulated, 4 notes (-v tells)\n"


def test_a_hang_ends_with_3_and_no_code_of_the_program_can_catch_it(tmp_path: Path):
    ended = execute(tmp_path, "--json", "report.json", "--trace", "t.json", program(tmp_path, UNSERVED))
    assert (ended.code, ended.out) == (3, "")
    assert "main waits in synchronize_stream on stream stream-0.1 without a timeout at prog.py:8" in ended.err
    assert (
        ended.closing
        == "aclsim: deadlock: prog.py, 20us simulated, 4 notes (-v tells); replay: aclsim exec prog.py"
    )
    found = report(tmp_path)
    assert (found["result"], found["exit_code"], found["program_code"]) == ("deadlock", 3, None)
    assert found["chain"][0].startswith("main waits in synchronize_stream")
    assert (tmp_path / "t.json").stat().st_size > 0


@pytest.mark.slow
def test_quiet_says_nothing_but_why_a_program_could_not_go_on(tmp_path: Path):
    assert execute(tmp_path, "-q", program(tmp_path, SERVED + "done.append(True)\n")).err == ""
    assert "without a timeout at prog.py:8" in execute(tmp_path, "-q", program(tmp_path, UNSERVED)).err


def test_a_program_that_raises_keeps_its_traceback_although_its_report_thread_polls_on(tmp_path: Path):
    ended = execute(tmp_path, program(tmp_path, SERVED + "raise ValueError('boom')\n"))
    assert ended.code == 1
    lines = ended.err.splitlines()
    assert lines[:2] == [
        "Traceback (most recent call last):",
        f'  File "{tmp_path}/prog.py", line 18, in <module>',
    ]
    assert lines[3] == "ValueError: boom"
    assert lines[4].startswith("note: reporter is still in process_report at prog.py:8 in serve; on hardware")
    assert ended.closing.startswith("aclsim: failed: prog.py ended with code 1")


@pytest.mark.slow
def test_a_program_that_ends_while_its_report_thread_polls_would_hang_on_hardware(tmp_path: Path):
    ended = execute(tmp_path, program(tmp_path, SERVED))
    assert ended.code == 3
    assert "reporter" in ended.err
    assert ended.closing.startswith("aclsim: stalled: prog.py")


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("import sys; sys.exit(5)", 5, ""),
        pytest.param("import sys; sys.exit('bye')", 1, "bye\n", marks=pytest.mark.slow),
        pytest.param("import os; os._exit(11)", 11, "", marks=pytest.mark.slow),
        ("raise KeyboardInterrupt", 130, "KeyboardInterrupt\n"),
        pytest.param(
            "import threading; threading.Thread(target=lambda: 1 / 0).start()",
            0,
            "ZeroDivisionError",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_program_ends_as_under_python(tmp_path: Path, line: str, code: int, said: str):
    ended = execute(tmp_path, program(tmp_path, line))
    assert ended.code == code
    assert said in ended.err


def test_executors_threads_and_exit_functions_come_before_our_last_line(tmp_path: Path):
    text = (
        "import atexit, sys, time\n"
        "from concurrent.futures import ThreadPoolExecutor\n"
        "atexit.register(lambda: print('exit function', file=sys.stderr))\n"
        "ThreadPoolExecutor(1).submit(lambda: (time.sleep(3), print('worker', file=sys.stderr)))\n"
    )
    ended = execute(tmp_path, program(tmp_path, text))
    assert ended.err.splitlines() == ["worker", "exit function", "aclsim: done: prog.py, 3s simulated"]


def test_what_was_lost_is_told_with_its_line_and_fails_only_under_strict(tmp_path: Path):
    text = UNSERVED.replace("    acl.rt.synchronize_stream(stream)\n", "    pass\n")
    ended = execute(tmp_path, program(tmp_path, text))
    assert ended.code == 0
    lost = "lost: callback 'print' (task 1 of stream-0.1, launched at prog.py:6 in <module>) never ran"
    assert ended.err.startswith(lost)
    assert execute(tmp_path, "--strict", "prog.py").code == 1


@pytest.mark.slow
def test_ctrl_c_ends_with_130_where_the_program_was(tmp_path: Path):
    text = UNSERVED.replace("stream, _", "print('ready', flush=True)\nwhile True: pass\nstream, _")
    command = [sys.executable, "-m", "simulator.app", "exec", program(tmp_path, text)]
    running = subprocess.Popen(
        command,
        cwd=tmp_path,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    assert running.stdout.readline() == "ready\n"
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "in <module>\n" in err
    assert err.splitlines()[-1].startswith("aclsim: interrupted: prog.py")


def test_a_reader_of_stdout_that_leaves_is_told_as_python_tells_it(tmp_path: Path):
    reader, writer = os.pipe()
    os.close(reader)
    run = subprocess.run(
        [sys.executable, "-m", "simulator.app", "exec", "-c", "print('x')"],
        cwd=tmp_path,
        env=clean_environment(),
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)
    assert run.returncode == 120
    assert "BrokenPipeError" in run.stderr


@pytest.mark.slow
def test_on_the_free_host_a_hang_and_a_raise_end_the_same_way(tmp_path: Path):
    assert execute(tmp_path, "--host", "free", program(tmp_path, UNSERVED)).code == 3
    raised = execute(tmp_path, "--host", "free", program(tmp_path, SERVED + "raise ValueError('boom')\n"))
    assert raised.code == 1
    assert "reporter is still in process_report" in raised.err
