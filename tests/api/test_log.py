"""What a run prints about itself, and the log files that it writes when somebody has named a folder."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from acl_api.log import Log
from acl_api.session import Session, keep_log
from acl_api.settings import read_settings

acl: Any = import_module("acl_api")
rt: Any = import_module("acl_api.rt")
LINE = re.compile(r"\[(\w+)\] (\w+)\(\d+,[^)]+\):(1970-01-01-00:00:\d\d\.\d{3}\.\d{3}) (.*)")


def lines_of(folder: Path, kind: str) -> list[tuple[str, str, str]]:
    """Return level, module and text of what the only log file of that kind has."""
    (file,) = (folder / kind / "plog").glob("plog-*.log")
    parts = [LINE.fullmatch(line) for line in file.read_text("utf-8").splitlines()]
    return [(part[1], part[2], part[4]) for part in parts if part is not None]


def run_with(environment: dict[str, str]) -> None:
    """Fail a call of the runtime layer and one of the ACL layer, and log a line, with these variables."""
    asked = read_settings(environment)
    with Session(devices=asked.seen()) as session:
        keep_log(session, asked)
        rt.create_stream()
        rt.malloc_host(0)
        acl.app_log(1, "hello")


def test_log_files_are_laid_out_as_the_vendors(tmp_path, capsys):
    run_with({"ASCEND_PROCESS_LOG_PATH": str(tmp_path), "ASCEND_GLOBAL_LOG_LEVEL": "1"})
    said = lines_of(tmp_path, "debug")
    assert [(level, module) for level, module, _ in said] == [
        ("ERROR", "RUNTIME"),
        ("ERROR", "ASCENDCL"),
        ("INFO", "APP"),
    ]
    assert said[-1][2] == "hello"
    assert [(level, text) for level, _, text in lines_of(tmp_path, "run")] == [
        ("EVENT", "aclsim: Ascend910B, devices 0,1,2,3,4,5,6,7")
    ]
    assert capsys.readouterr().err.count("[ERROR]") == 2  # and what people see is not less for it


def test_events_can_be_left_out(tmp_path):
    run_with({"ASCEND_WORK_PATH": str(tmp_path), "ASCEND_GLOBAL_EVENT_ENABLE": "0"})
    assert len(lines_of(tmp_path / "log", "debug")) == 2
    assert not (tmp_path / "log" / "run").exists()


def test_stdout_takes_the_place_of_the_files(tmp_path, capsys):
    run_with({"ASCEND_PROCESS_LOG_PATH": str(tmp_path), "ASCEND_LOG_PRINT_TO_STDOUT": "1"})
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr().out.count("[ERROR]") == 2


@pytest.mark.parametrize(
    ("levels", "shown"),
    [
        ("RUNTIME=4", ["malloc_host"]),
        ("ASCENDCL=4:APP=1", ["create_stream", "hello"]),
        ("RUNTIME=9", ["", ""]),
    ],
)
def test_each_module_has_a_level_of_its_own(capsys, levels, shown):
    run_with({"ASCEND_MODULE_LOG_LEVEL": levels})
    said = capsys.readouterr().err.splitlines()
    assert len(said) == len(shown)
    assert all(word in line for word, line in zip(shown, said, strict=True))


def test_the_old_name_of_a_variable_is_told_of_once(capsys):
    log = Log(read_settings({"ASCEND_SLOG_PRINT_TO_STDOUT": "1", "ASCEND_GLOBAL_LOG_LEVEL": "2"}).log)
    log("key", "one")
    assert capsys.readouterr().out.count("ASCEND_LOG_PRINT_TO_STDOUT") == 1


def test_a_device_that_is_not_visible_is_warned_of(capsys):
    run_with({"ASCEND_DEVICE_ID": "2", "ASCEND_RT_VISIBLE_DEVICES": "4,6", "ASCEND_GLOBAL_LOG_LEVEL": "2"})
    assert "ASCEND_DEVICE_ID is 2, and the process sees devices 0 to 1" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_no_reason_to_fail(tmp_path):
    (tmp_path / "file").write_text("")
    run_with({"ASCEND_PROCESS_LOG_PATH": str(tmp_path / "file")})
