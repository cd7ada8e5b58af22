"""What `aclsim exec` runs, and what the program sees of it: arguments, path, modules, child processes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from acl_api.surface import SHIM
from tests.exec.launch import execute, program, python, report

TELL = "import sys; print(__name__, sys.argv, sys.path[0])\n"
CALL = "import acl; print(acl.init(), acl.rt.get_device_count())"


def test_options_after_the_script_are_the_scripts(tmp_path: Path):
    name = program(tmp_path, TELL)
    argv = [name, "--seed", "x", "-m", "--json"]
    assert execute(tmp_path, name, *argv[1:]).out == f"__main__ {argv} {tmp_path}\n"
    assert execute(tmp_path, name, "--", "-a", "--").out == f"__main__ {[name, '-a', '--']} {tmp_path}\n"


def test_a_module_and_a_piece_of_code_run_as_python_runs_them(tmp_path: Path):
    (tmp_path / "pkg").mkdir()
    program(tmp_path, "", "pkg/__init__.py")
    program(tmp_path, TELL + "from . import part; print(part.x, __spec__.name)", "pkg/__main__.py")
    program(tmp_path, "x = 3\n", "pkg/part.py")
    main = str(tmp_path / "pkg" / "__main__.py")
    assert execute(tmp_path, "-m", "pkg", "-q").out == f"__main__ {[main, '-q']} {tmp_path}\n3 pkg.__main__\n"
    assert execute(tmp_path, "-c", TELL, "-q", "a").out == "__main__ ['-c', '-q', 'a'] \n"


@pytest.mark.shows("p1")
def test_acl_and_its_parts_are_modules_of_the_program(tmp_path: Path):
    text = (
        "import acl.rt, sys\n"
        "from acl.rt import malloc\n"
        "from acl import mdl\n"
        "import acl_api\n"
        "print(sys.modules['acl.mdl'] is mdl, acl.rt.malloc is malloc, acl_api.rt.malloc is malloc)\n"
        "print(hasattr(acl, 'init'), 'create_stream' in dir(acl.rt), hasattr(acl, 'Session'))\n"
    )
    assert execute(tmp_path, program(tmp_path, text)).out == "True True True\nTrue True False\n"


def test_child_processes_find_acl_and_the_machine_that_was_asked_for(tmp_path: Path):
    text = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {CALL!r}], check=True)\n"
    assert execute(tmp_path, "--devices", "3", program(tmp_path, text)).out == "0 (3, 0)\n"


def test_a_plain_python_finds_acl_through_the_shim(tmp_path: Path):
    assert python(tmp_path, "-c", CALL, PYTHONPATH=SHIM).out == "0 (8, 0)\n"


@pytest.mark.slow
def test_the_visible_devices_are_counted_from_0(tmp_path: Path):
    ended = execute(tmp_path, "--devices", "4", "-c", CALL, ASCEND_RT_VISIBLE_DEVICES="1,3,8")
    assert ended.out == "0 (2, 0)\n"


@pytest.mark.slow
def test_tests_that_import_acl_run_under_exec(tmp_path: Path):
    text = "import acl\n\ndef test_init():\n    assert acl.init() == 0\n"
    program(tmp_path, text, "test_it.py")
    ended = execute(tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py")
    assert ended.code == 0, ended.out + ended.err
    assert "1 passed" in ended.out
    assert "Warning" not in ended.out  # that modules of ours were there before pytest


def test_a_fork_after_the_first_call_is_refused_with_its_line_and_one_before_is_fine(tmp_path: Path):
    text = (
        "import os, sys, acl\n"
        "if 'first' in sys.argv: acl.init()\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    acl.rt.set_device(0); print('child', acl.rt.get_device(), flush=True)\n"
        "else:\n"
        "    print('ended', os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    assert execute(tmp_path, program(tmp_path, text)).out == "child (0, 0)\nended 0\n"
    refused = execute(tmp_path, "prog.py", "first")
    assert refused.out == "ended 1\n"
    assert (
        "RuntimeError: acl.rt.set_device: this process was forked after acl.init at prog.py:2" in refused.err
    )


def test_the_same_seed_gives_the_same_trace_and_a_replay_repeats_it(tmp_path: Path):
    text = (
        "import acl, threading, time\n"
        "acl.init()\n"
        "def work(n):\n"
        "    acl.rt.set_device(n)\n"
        "    print(n, acl.rt.create_stream()[1], time.time(), sorted({'a', 'b'}) == ['a', 'b'])\n"
        "threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]\n"
        "for t in threads: t.start()\n"
        "for t in threads: t.join()\n"
    )
    name = program(tmp_path, text)
    first = execute(tmp_path, "--seed", "3", "--json", "report.json", "--choices", "c.json", name)
    before = report(tmp_path)
    assert before["choices"] > 0
    assert execute(tmp_path, "--seed", "3", "--json", "report.json", name).out == first.out
    assert report(tmp_path)["trace_hash"] == before["trace_hash"]
    again = execute(tmp_path, "--replay", "c.json", name)
    assert again.out == first.out
    assert "note: the run is the same as the recorded one" in again.err


@pytest.mark.slow
def test_the_hash_seed_is_fixed_by_starting_over_once(tmp_path: Path):
    text = "import os, sys; print(os.environ['PYTHONHASHSEED'], sys.argv)"
    assert execute(tmp_path, "-c", text, "--", "a", PYTHONHASHSEED="random").out == "0 ['-c', 'a']\n"
    assert execute(tmp_path, "-c", text, PYTHONHASHSEED="5").out == "5 ['-c']\n"


@pytest.mark.slow
def test_stdin_and_bytes_that_are_no_text_belong_to_the_program(tmp_path: Path):
    text = "import sys; sys.stdout.buffer.write(sys.stdin.readline().encode('latin-1'))"
    assert execute(tmp_path, "-c", text, stdin="hello\n").out == "hello\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "name a script, or -m and a module"),
        (("gone.py",), "gone.py: there is no such script"),
        (("folder",), "folder: this is a folder without __main__.py"),
        (("-m", "no.such"), "-m no.such: No module named 'no'"),
        pytest.param(("-m", "json"), "-m json: this is a package without __main__", marks=pytest.mark.slow),
        (("--sock", "x", "prog.py"), "No such option '--sock'"),
        (("--soc", "Ascend777", "prog.py"), "no SoC profile is named 'Ascend777'"),
        (("--devices", "65", "prog.py"), "--devices 65: a machine has 1 to 64 devices"),
        (("--json", "-", "prog.py"), "stdout belongs to the program"),
        (("--json", "prog.py", "prog.py"), "would overwrite the scenario"),
        (("--host", "free", "--replay", "x", "prog.py"), "nobody chooses on the free host"),
        (("--speed", "2", "prog.py"), "--speed is about --host free"),
        (("--replay", "gone.json", "prog.py"), "gone.json: there is no such file"),
    ],
)
def test_wrong_input_ends_with_2_and_nothing_runs(
    tmp_path: Path, words: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch
):
    from click.testing import CliRunner

    from simulator.app.cli import main

    program(tmp_path, "print('ran')\n")
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["pytest"])
    if words[:1] == ("-m",):  # the modules are looked for in the program's world
        ended = execute(tmp_path, *words)
        code, out, err = ended.code, ended.out, ended.err
    else:
        result = CliRunner().invoke(main, ["exec", *words])
        code, out, err = result.exit_code, result.stdout, result.stderr
    assert (code, out) == (2, "")
    assert said in err.splitlines()[-1]


@pytest.mark.slow
def test_a_syntax_error_is_pythons_own_and_ends_with_1(tmp_path: Path):
    ended = execute(tmp_path, program(tmp_path, "def f(:\n"))
    assert ended.code == 1
    assert ended.err.startswith(f'  File "{tmp_path}/prog.py", line 1\n')
    assert "SyntaxError: invalid syntax" in ended.err
