"""What the environment says about the default session."""

from __future__ import annotations

import os
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import acl_api
import simulator
from acl_api.environment import VARIABLES
from acl_api.session import Session, install_default
from acl_api.settings import LogSettings, Settings, read_settings, visible_devices
from simulator.base.errors import UserError

rt: Any = import_module("acl_api.rt")


def test_an_empty_environment_gives_the_defaults():
    assert read_settings({}) == Settings()
    assert (Settings().host, Settings().soc, Settings().devices, Settings().seed) == (
        "free",
        "Ascend910B",
        8,
        None,
    )


def test_every_variable_is_read():
    asked = read_settings(
        {
            "ACLSIM_BACKEND": "auto",
            "ACLSIM_HOST": "baton",
            "ACLSIM_SEED": "7",
            "ACLSIM_SOC": "310P",
            "ACLSIM_DEVICES": "2",
            "ACLSIM_COSTS": "null",
            "ACLSIM_OPTIONS": "no_block=reject  handles=reused",
            "ACLSIM_FAULTS": "call:malloc#2;  task/s#1 ;",
            "ACLSIM_TRACE": "run.trace",
            "ACLSIM_OPERATORS": "my_operators",
            "ACLSIM_PROF_STAMP": "20260101",
            "ACLSIM_SPEED": "100",
            "ACLSIM_STALL": "abort",
            "ACLSIM_STALL_AFTER": "0.5",
            "ACLSIM_ALLOW_CODE": "1",
            "ACLSIM_MODELS": f"a{os.pathsep}b",
            "ASCEND_RT_VISIBLE_DEVICES": "1",
            "ASCEND_DEVICE_ID": "3",
            "ASCEND_GLOBAL_LOG_LEVEL": "1",
            "ASCEND_MODULE_LOG_LEVEL": "APP=0:RUNTIME=4",
            "ASCEND_LOG_PRINT_TO_STDOUT": "1",
            "ASCEND_PROCESS_LOG_PATH": "logs",
            "ASCEND_GLOBAL_EVENT_ENABLE": "0",
        }
    )
    assert asked == Settings(
        backend="auto",
        host="baton",
        seed=7,
        soc="310P",
        devices=2,
        costs="null",
        options=("no_block=reject", "handles=reused"),
        faults=("call:malloc#2", "task/s#1"),
        trace="run.trace",
        operators="my_operators",
        profile_stamp="20260101",
        speed=100.0,
        stall_aborts=True,
        stall_after=0.5,
        allows_code=True,
        model_folders=("a", "b"),
        visible="1",
        device_id=3,
        log=LogSettings(
            level=1, modules={"APP": 0, "RUNTIME": 4}, to_stdout=True, folder=Path("logs"), events=False
        ),
    )


def test_faults_that_cannot_be_are_told_with_the_variable(monkeypatch):
    monkeypatch.setenv("ACLSIM_FAULTS", "call:mal_loc#2")
    with pytest.raises(UserError, match=r"ACLSIM_FAULTS: fault on 'mal_loc'.*did you mean malloc\?"):
        install_default(read_settings())


class Watched(dict[str, str]):
    """An environment that knows who was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def get(self, name: str, default: object = None) -> object:  # type: ignore[override]
        self.asked.add(name)
        return default


def test_the_list_of_variables_has_just_those_that_are_read():
    watched = Watched()
    read_settings(watched)
    only_told = {"ACLSIM_PYTHON", "ASCEND_HOME_PATH", "ASCEND_TOOLKIT_HOME"}
    assert watched.asked == {variable.name for variable in VARIABLES} - only_told


def test_no_other_module_reads_a_variable_of_ours_or_of_the_vendors():
    """What starts a run again in the same way writes some; click reads those of options of commands."""
    named = re.compile(r"environ\w*(?:\.get\(|\[)\s*f?\"(?:ACLSIM|ASCEND)_")
    reading = {
        file.name
        for package in (acl_api, simulator)
        for file in Path(str(package.__file__)).parent.rglob("*.py")
        if named.search(file.read_text("utf-8"))
    }
    assert reading <= {"settings.py", "options.py", "doctor.py", "native.py"}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ACLSIM_SEED", "-1", "whole number"),
        ("ACLSIM_SEED", "²", "whole number"),
        ("ACLSIM_DEVICES", "0", "from 1 to 64"),
        ("ACLSIM_SPEED", "fast", "a number from 1e-06 to 1e+06"),
        ("ACLSIM_SPEED", "nan", "a number from"),
        ("ACLSIM_SPEED", "0", "a number from"),
        ("ACLSIM_STALL_AFTER", "-1", "a number from 0"),
        ("ACLSIM_STALL", "panic", "'abort'"),
        ("ACLSIM_SEED", "9" * 5000, "whole number"),
        ("ACLSIM_OPTIONS", "handles=never", "write handles=fresh or handles=reused"),
        ("ACLSIM_OPTIONS", "no_bloc=allow", "did you mean no_block?"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_with_its_name(name: str, value: str, said: str):
    with pytest.raises(UserError, match=name) as refused:
        read_settings({name: value})
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (None, (0, 1, 2, 3, 4, 5, 6, 7)),
        ("0,1", (0, 1)),
        ("1, 2,3", (1,)),
        ("1,3,8", (1, 3)),
        ("1,99999999999999999999", (1,)),
        ("1,,2", (1,)),
        ("0x,1", (0,)),
    ],
)
def test_the_list_of_visible_devices_is_read_up_to_what_is_foreign(text: str | None, seen: tuple[int, ...]):
    assert visible_devices(8, text) == seen


@given(text=st.text(alphabet="0123456789, x-", max_size=12))
def test_whatever_the_list_says_the_devices_rise_and_are_there_or_it_is_refused(text: str):
    try:
        seen = visible_devices(8, text)
    except UserError:
        return
    assert seen == tuple(sorted(set(seen)))
    assert set(seen) <= set(range(8))


@pytest.mark.parametrize("text", ["3,1", "2,2", "0,1,1"])
def test_a_list_that_does_not_rise_is_refused_as_the_runtime_finds_no_device_then(text: str):
    with pytest.raises(UserError, match="ascending order and each once"):
        visible_devices(8, text)


@pytest.mark.parametrize("text", ["", " 0", "8", "-1", "all"])
def test_a_list_that_leaves_no_device_is_refused(text: str):
    with pytest.raises(UserError, match="leaves none of the 8 devices"):
        visible_devices(8, text)


def test_the_program_counts_the_devices_that_it_sees_and_can_ask_for_their_other_numbers():
    with Session(devices=(2, 5)):
        assert rt.get_device_count() == (2, 0)
        assert [rt.get_logic_dev_id_by_user_dev_id(user) for user in (0, 1, 2)] == [
            (2, 0),
            (5, 0),
            (0, 107001),
        ]
        assert [rt.get_user_dev_id_by_logic_dev_id(logic) for logic in (2, 5, 0)] == [
            (0, 0),
            (1, 0),
            (0, 107001),
        ]
        assert rt.get_phy_dev_id_by_logic_dev_id(5) == rt.get_logic_dev_id_by_phy_dev_id(5) == (5, 0)
        assert rt.set_device(2) == 107001
        assert rt.set_device(1) == 0
        assert rt.get_device() == (1, 0)


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("RUNTIME=0", {"RUNTIME": 0}),
        ("TBE=0:RUNTIME=4", {"TBE": 0, "RUNTIME": 4}),
        ("RUNTIME=0:NOBODY=1", {}),
        ("RUNTIME=5", {}),
        ("RUNTIME = 0", {}),
        ("RUNTIME=0;APP=1", {}),
        ("RUNTIME=0:", {}),
        ("", {}),
    ],
)
def test_levels_of_modules_count_all_or_none(text: str, levels: dict[str, int]):
    assert read_settings({"ASCEND_MODULE_LOG_LEVEL": text}).log.modules == levels


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({}, None),
        ({"ASCEND_WORK_PATH": "work"}, Path("work/log")),
        ({"ASCEND_WORK_PATH": "work", "ASCEND_PROCESS_LOG_PATH": "logs"}, Path("logs")),
        ({"HOME": "/home"}, None),
    ],
)
def test_log_files_go_where_somebody_said_and_nowhere_else(environment: dict[str, str], folder: Path | None):
    assert read_settings(environment).log.folder == folder
