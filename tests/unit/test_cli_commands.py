"""The commands beside `run`: what they print for people and for machines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from acl_api import codes
from acl_api.environment import VARIABLES
from acl_api.table import ROWS, SURFACE
from acl_api.table.declared import declared
from acl_api.table.row import Status
from simulator.app import machine
from simulator.app.cli import main
from simulator.app.coverage import coverage, totals
from simulator.scenario.schema import scenario_schema
from tests.together import for_each

COMMANDS = ("run", "model", "explain", "api", "schema", "env", "doctor")


def printed(*args: str) -> str:
    result = CliRunner().invoke(main, args)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def refused(*args: str) -> str:
    result = CliRunner().invoke(main, args)
    assert (result.exit_code, result.stdout) == (2, "")
    return result.stderr


def test_help_lists_the_commands_and_the_exit_codes():
    said = printed("--help")
    assert all(f"\n  {command} " in said for command in COMMANDS)
    assert "3 deadlock" in said


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_each_command_has_an_example(command: str):
    assert f"  aclsim {command}" in printed(command, "-h").partition("Example")[2]


# env


def test_env_lists_every_variable_with_its_value_its_meaning_and_where_that_stands(monkeypatch):
    monkeypatch.setenv("ASCEND_RT_VISIBLE_DEVICES", "2,3")
    listed = {entry["name"]: entry for entry in json.loads(printed("env", "--json"))}
    assert list(listed) == [variable.name for variable in VARIABLES]
    assert listed["ASCEND_RT_VISIBLE_DEVICES"]["value"] == "2,3"
    assert all(entry["says"] and entry["source"] and entry["default"] for entry in listed.values())
    said = printed("env")
    assert "ASCEND_RT_VISIBLE_DEVICES = '2,3'" in said
    assert "ASCEND_GLOBAL_LOG_LEVEL is not set: 3" in said


def test_env_says_what_cannot_be_used(monkeypatch):
    monkeypatch.setenv("ASCEND_RT_VISIBLE_DEVICES", "3,2")
    result = CliRunner().invoke(main, ["env"])
    assert result.exit_code == 2
    assert "ascending order" in result.stderr


# explain


def test_a_code_is_explained_by_number_and_by_name():
    by_number = printed("explain", "107015")
    assert (
        by_number
        == printed("explain", "ACL_ERROR_RT_STREAM_NO_CB_REG")
        == printed("explain", "stream_no_cb_reg")
    )
    assert "subscribe_report" in by_number
    assert "acl.rt.launch_callback  rule a8" in by_number


@for_each("info", codes.all_codes(), ids=lambda info: info.name)
def test_every_code_can_be_explained(info: codes.CodeInfo):
    document = json.loads(printed("explain", str(info.code), "--json"))
    assert (document["code"], tuple(document["names"])) == (info.code, info.names)


def test_every_check_of_every_row_is_found_by_its_code():
    # acl.prof.mark_ex answers -1, which is no aclError.
    checks = [(row.name, check) for row in ROWS.values() for check in row.checks if check.code > 0]
    told = {code: json.loads(printed("explain", str(code), "--json")) for code in {c.code for _, c in checks}}
    for name, check in checks:
        entry = {"function": name, "rule": check.rule, "when": check.says}
        assert entry in told[check.code]["returned_by"]


def test_codes_that_come_from_the_operation_itself_name_it_too():
    assert "acl.rt.process_report" in printed("explain", "507012")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("STREAM_NO_CB_RGE", "did you mean ACL_ERROR_RT_STREAM_NO_CB_REG"),
        ("107899", "the nearest are "),
        ("9" * 5000, "give a number"),
        ("🙂", "give a number"),
    ],
    ids=["name", "number", "long", "odd"],
)
def test_an_unknown_code_is_refused_with_a_hint(text: str, hint: str):
    assert hint in refused("explain", text)


# api


def test_the_coverage_counts_every_function_of_the_binding_and_all_are_present():
    document = json.loads(printed("api", "--json"))
    families = [family for family in document["families"] if family["family"] != "C only"]
    assert document["present"] == document["functions"] == len(declared()) == 739
    assert sum(family["functions"] for family in families) == 739
    assert document["modelled"] == sum(name in declared() for name in ROWS)
    assert document["modelled"] + document["not_modelled"] == 739
    for family in document["families"]:
        for key, status in (("full", "full"), ("partial", "partial"), ("not_modelled", "not modelled")):
            assert {SURFACE[name].status.value for name in family[key]} <= {status}


def test_the_coverage_tells_status_and_source_of_every_function():
    rows = json.loads(printed("api", "--json"))["rows"]
    assert [row["name"] for row in rows] == list(SURFACE)
    assert all(row["status"] == SURFACE[row["name"]].status.value and row["source"] for row in rows)


def test_the_coverage_for_people_says_the_same_numbers():
    numbers = totals(coverage())
    assert printed("api").splitlines()[-4].split() == ["all", *map(str, numbers)]


def test_a_module_lists_each_of_its_functions_once():
    lines = printed("api", "acl.rt").splitlines()
    names = [line.split()[0] for line in lines]
    assert names == [name for name in declared() if name.startswith("acl.rt.")]
    assert {line.split(maxsplit=1)[1] for line in lines} <= {"full", "partial", "not modelled"}


@pytest.mark.parametrize("spelling", ["launch_callback", "acl.rt.launch_callback", "aclrtlaunchcallback"])
def test_a_function_is_shown_with_its_checks_in_order(spelling: str):
    said = printed("api", spelling)
    assert said.startswith("acl.rt.launch_callback(fn, user_data_list, block_type, stream) -> ret")
    numbers = [line.split()[1] for line in said.splitlines() if line.strip()[:1].isdigit() and "rule" in line]
    assert numbers == [str(check.code) for check in ROWS["acl.rt.launch_callback"].checks]


@for_each("name", sorted({*list(SURFACE)[::7], *set(ROWS) - set(declared())}), ids=str)
def test_every_function_can_be_shown(name: str):
    row = SURFACE[name]
    document = json.loads(printed("api", name, "--json"))
    assert (document["name"], document["modelled"]) == (name, row.status is not Status.NOT_MODELLED)
    assert row.says in printed("api", name)


def test_an_unknown_function_is_refused_with_near_names():
    assert "did you mean acl.rt.launch_callback" in refused("api", "launch_calback")


def test_the_support_table_is_whole_by_itself():
    lines = printed("api", "--markdown").splitlines()
    assert len({line.count("|") for line in lines}) == 1
    assert "**739**" in lines[-1]
    assert "leave out NAME" in refused("api", "--markdown", "acl.rt")


# schema


def test_the_schema_is_printed_as_it_is_published():
    assert json.loads(printed("schema")) == scenario_schema()


# doctor


def test_the_doctor_names_packages_backend_and_profiles():
    facts = json.loads(printed("doctor", "--json"))
    assert facts["packages"]["simpy"][0].isdigit()
    assert facts["backend"]["used"] == "simulator"
    assert "the default" in facts["profiles"]["Ascend910B"]
    assert "assumed" in facts["profiles"]["Ascend310"]
    assert facts["aclsim"]["simulator"].endswith("simulator")


def test_the_doctor_says_why_a_backend_cannot_be_used(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ACLSIM_BACKEND", "ascend")
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 0
    assert "there is no libascendcl.so" in result.stderr


def test_another_package_of_our_name_is_found(tmp_path: Path):
    assert machine.shadowing([str(tmp_path)]) == []
    (tmp_path / "simulator").mkdir()
    (tmp_path / "simulator/__init__.py").touch()
    (tmp_path / "acl_api.py").touch()
    warnings = machine.shadowing([str(tmp_path)])
    assert [warning.split("'")[1] for warning in warnings] == ["simulator", "acl_api"]
    assert all(str(tmp_path) in warning for warning in warnings)


def test_the_vendors_library_is_found_where_its_settings_point(tmp_path: Path):
    (tmp_path / "lib64").mkdir()
    library = tmp_path / "lib64/libascendcl.so"
    assert machine.vendor_libraries({"ASCEND_HOME_PATH": str(tmp_path)}) == []
    library.touch()
    assert machine.vendor_libraries({"ASCEND_HOME_PATH": str(tmp_path)}) == [str(library)]
    assert machine.vendor_libraries({"LD_LIBRARY_PATH": f":/nowhere:{tmp_path}/lib64"}) == [str(library)]


def test_the_vendors_binding_is_found_without_being_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "acl.py").write_text("raise SystemExit('was run')", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert machine.vendor_binding() == str(tmp_path / "acl.py")
