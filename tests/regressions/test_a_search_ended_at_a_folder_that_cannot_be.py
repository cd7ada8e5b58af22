"""`aclsim explore --export` found out only at the end of its search that it could not write."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from simulator.app.cli import main


@pytest.mark.parametrize("more", [(), ("--force",)])
def test_what_is_no_folder_is_refused_before_anything_is_run(tmp_path: Path, more: tuple[str, ...]):
    file = tmp_path / "notes.txt"
    file.write_text("mine", "utf-8")
    for folder in (file, file / "cases"):
        ended = CliRunner().invoke(main, ["explore", "--export", str(folder), *more])
        assert ended.exit_code == 2
        assert ended.stdout == ""
        assert ended.stderr == f"aclsim: error: --export {folder}: {file} is no folder; name another\n"
    assert file.read_text("utf-8") == "mine"
