"""`aclsim build-lib`: what it writes, what it says, and how it ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from simulator.app.cli import main
from tests.cabi.building import PROGRAMS, compiled, has_compiler, run


@pytest.mark.skipif(not has_compiler(), reason="takes gcc and g++")
def test_it_builds_what_programs_are_linked_with_and_compares_headers(tmp_path: Path):
    out, theirs = tmp_path / "library", tmp_path / "theirs"
    (theirs / "acl").mkdir(parents=True)
    (theirs / "acl" / "acl_rt.h").write_text("int aclrtSetDevice(void);\n", encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "simulator.app",
        "build-lib",
        "--out",
        str(out),
        "--headers",
        str(theirs),
    ]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (1, f"{out / 'libascendcl.so'}\n")
    assert "of 667 functions are modelled" in done.stderr
    assert "aclrtSetDevice: " in done.stderr
    assert done.stderr.splitlines()[-1] == f"aclsim: failed: 1 of 1 prototypes differ from those in {theirs}"
    assert run(compiled(PROGRAMS / "plain.c", out, tmp_path / "plain")).code == 0
    assert (out / "libacl_rt.so").resolve() == (out / "libascendcl.so").resolve()


def test_a_folder_that_cannot_be_written_is_wrong_usage(tmp_path: Path):
    (tmp_path / "file").write_text("", encoding="utf-8")

    result = CliRunner().invoke(main, ["build-lib", "--out", str(tmp_path / "file" / "below")])

    assert result.exit_code == 2
    assert "cannot be written" in result.stderr


def test_it_asks_for_a_folder():
    result = CliRunner().invoke(main, ["build-lib"])

    assert result.exit_code == 2
    assert "--out" in result.stderr
