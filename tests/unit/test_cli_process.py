"""The command as a process: start-up, streams, exit codes, and runs that are the same in another process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import simulator

HEAVY = (
    "acl_api",
    "asyncio",
    "greenlet",
    "importlib.metadata",
    "numpy",
    "pydantic",
    "rich",
    "ruamel",
    "simpy",
)


def aclsim(*args: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ACLSIM_")}
    return subprocess.run(
        [sys.executable, "-m", "simulator.app", *args],
        cwd=cwd,
        env=environment | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_version_is_that_of_the_project(tmp_path: Path):
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))["project"]
    assert simulator.__version__ == project["version"]
    assert aclsim("--version", cwd=tmp_path).stdout == f"aclsim, version {project['version']}\n"


def test_asking_for_the_version_or_help_loads_nothing_but_click(tmp_path: Path):
    script = (
        "import sys, contextlib\n"
        "from simulator.app.cli import main\n"
        "for option in ('--version', '--help'):\n"
        "    with contextlib.suppress(SystemExit):\n"
        "        main([option])\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert run.stdout.splitlines()[-1] == "[]"


def test_the_same_seed_gives_the_same_trace_in_another_process(tmp_path: Path):
    reports = [
        json.loads(aclsim("run", "--seed", "7", "--json", cwd=tmp_path, PYTHONHASHSEED=seed).stdout)
        for seed in ("1", "2")
    ]
    first, second = (report["scenarios"][0] for report in reports)
    assert first["choices"] > 0
    assert first["trace"] == second["trace"]
    assert first == second


def test_a_wrong_file_ends_the_process_with_2_and_an_empty_stdout(tmp_path: Path):
    (tmp_path / "bad.yaml").write_text("schema_version: 1\n", "utf-8")
    run = aclsim("run", "bad.yaml", cwd=tmp_path)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.splitlines()[-1].startswith("aclsim: error: ")


def test_a_reader_that_leaves_early_is_no_failure(tmp_path: Path):
    reader, writer = os.pipe()
    os.close(reader)
    run = subprocess.run(
        [sys.executable, "-m", "simulator.app", "run"],
        cwd=tmp_path,
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)
    assert run.returncode == 0
    assert run.stderr.splitlines() == [run.stderr.strip()]
    assert run.stderr.startswith("aclsim: passed: ")
