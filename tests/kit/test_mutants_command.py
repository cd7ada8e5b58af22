"""`aclsim mutants`: the rows, and somebody's own tests against the catalogue."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.app.mutants.catalogue import CATALOGUE

ACLSIM = [sys.executable, "-m", "simulator.app"]
SUITE = """
def test_order(acl):
    got = []
    acl.rt.set_device(0)
    stream, _ = acl.rt.create_stream()
    import threading
    acl.rt.subscribe_report(threading.get_ident(), stream)
    for number in range(3):
        acl.rt.launch_callback(got.append, number, 0, stream)
    acl.rt.synchronize_stream(stream)
    acl.rt.process_report(-1)
    assert got == [0, 1, 2]
"""


def aclsim(*arguments: str, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*ACLSIM, "mutants", *arguments],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def test_rows_say_who_was_noticed_by_what(tmp_path: Path):
    done = aclsim("--only", "lifo-reports", "--only", "a1-is-none", "--json", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no mutant 'a1-is-none'" in done.stderr
    done = aclsim("--only", "lifo-reports", "--only", "any-block-type", "--json", cwd=tmp_path)
    assert done.returncode == 0
    report = json.loads(done.stdout)
    assert (report["killed"], report["survived"]) == (2, 0)
    first, second = report["mutants"]
    assert {"name", "property", "schedules", "seconds", "killed"} <= set(first)
    assert (first["name"], first["killed"]) == ("lifo-reports", True)
    assert (second["property"], second["schedules"]) == ("a1", 1)
    assert done.stderr.splitlines()[-1] == "aclsim: passed: all 2 mutants are noticed"


def test_the_list_has_every_mutant(tmp_path: Path):
    done = aclsim("--list", cwd=tmp_path)
    assert [line.split()[0] for line in done.stdout.splitlines()] == list(CATALOGUE)


def test_a_suite_of_ones_own_says_which_mistakes_it_notices(tmp_path: Path):
    (tmp_path / "test_mine.py").write_text(SUITE, "utf-8")
    pytest_ = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    names = ("lifo-reports", "reset-ignored")
    only = [word for name in names for word in ("--only", name)]
    done = aclsim(*only, "--json=rows.json", "--", *pytest_, cwd=tmp_path)
    rows = {row["name"]: row["killed"] for row in json.loads((tmp_path / "rows.json").read_text())["mutants"]}
    assert rows == {"lifo-reports": True, "reset-ignored": False}
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "aclsim: failed: 1 of 2 mutants survive: reset-ignored"


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["false"], "do not pass on the true runtime (exit code 1)"),
        (["true"], "the simulator was in none of the processes of 'true'"),
        (["no-such-command-here"], "no-such-command-here cannot be started"),
        (["ls", "no-such-file"], "their last lines:\n  ls: "),
    ],
)
def test_a_command_that_can_tell_nothing_is_refused(command: list[str], says: str, tmp_path: Path):
    done = aclsim("--", *command, cwd=tmp_path)
    assert done.returncode == 2
    assert says in done.stderr


def test_pytest_is_that_of_this_python_whatever_stands_on_the_path(tmp_path: Path):
    """An environment is often used without being activated."""
    (tmp_path / "test_it.py").write_text(
        "def test_it(acl):\n    assert acl.rt.set_device(0) == 0\n    assert acl.rt.set_device(99) == 107001\n"
    )
    elsewhere = {**os.environ, "PATH": "/usr/bin:/bin"}
    done = aclsim("--only", "any-device", "--", "pytest", "-q", "test_it.py", cwd=tmp_path, env=elsewhere)
    assert done.returncode == 0, done.stderr
    assert "any-device" in done.stdout
