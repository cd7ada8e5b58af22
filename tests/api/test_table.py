"""The table against the committed extract of the binding, row by row, and its rows against each other."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections import Counter
from importlib import import_module, resources

import pytest

from acl_api.table import MODULES, ROWS, SURFACE, Table, by_op
from acl_api.table.declared import declared
from acl_api.table.row import Row, Status
from tests.api.test_surface import HANDLES
from tests.together import each_row


def extract():
    text = (resources.files("acl_api.table") / "surface.csv").read_text("utf-8")
    return {entry["name"]: entry for entry in csv.DictReader(text.splitlines())}


EXTRACT = extract()
IN_PYACL = [row for row in SURFACE.values() if row.family != "c"]
EVERY_ROW = list(ROWS.values())


def units(row: Row) -> str:
    """The format string of PyArg_ParseTuple: optional parameters stand behind a bar."""
    needed = "".join(param.unit for param in row.params if not param.optional)
    optional = "".join(param.unit for param in row.params if param.optional)
    return f"{needed}|{optional}" if optional else needed


@pytest.mark.shows("p1")
def test_the_extract_holds_all_functions_of_the_binding():
    assert len(EXTRACT) == 739


@each_row(IN_PYACL)
def test_a_row_has_the_names_of_the_binding_and_of_c(row):
    assert EXTRACT[row.name]["c_name"] == row.c_name


@each_row(IN_PYACL)
def test_a_row_has_the_units_and_names_of_the_parameters(row):
    assert EXTRACT[row.name]["units"] == units(row)
    assert EXTRACT[row.name]["parameters"].split() == [param.name for param in row.params]


@pytest.mark.shows("p11")
@each_row(IN_PYACL)
def test_a_row_returns_the_values_of_the_binding_and_the_code_last(row):
    assert EXTRACT[row.name]["returns"].split() == [*row.outs, *([] if row.bare else ["ret"])]


@pytest.mark.shows("p23")
@each_row(IN_PYACL)
def test_a_row_keeps_or_gives_up_the_interpreter_lock_as_the_binding(row):
    assert EXTRACT[row.name]["gil"] == ("kept" if row.keeps_gil else "released")


@pytest.mark.shows("p6")
def test_what_the_binding_lacks_stands_under_its_c_name():
    alone = {row.name for row in EVERY_ROW if row.family == "c"}
    assert {"aclrtLaunchHostFunc", "aclrtFreeWithDevSync"} <= alone
    assert not alone & {entry["c_name"] for entry in EXTRACT.values()}


@each_row(EVERY_ROW)
def test_optional_parameters_come_last(row):
    optional = [param.optional for param in row.params]
    assert optional == sorted(optional)


@each_row(EVERY_ROW)
def test_a_failed_call_has_a_value_for_every_output_and_no_handle_is_none(row):
    assert len(row.failed) == len(row.outs)
    assert not row.bare or row.outs
    made = {"stream", "event", "context", "ptr", "dataset", "buf"}
    for name, value in zip(row.outs, row.failed, strict=True):
        assert value == 0 or name not in made


@each_row(EVERY_ROW)
def test_a_check_looks_at_parameters_of_its_row_and_either_tests_or_looks_up(row):
    names = {param.name for param in row.params}
    for check in row.checks:
        assert set(check.on) <= names, check
        assert (check.test is None) != (check.lookup is None), check
        assert check.lookup is None or len(check.on) == 1, check
        assert check.rule, check
        assert check.says, check


@each_row(EVERY_ROW)
def test_a_row_says_what_it_does_and_where_that_is_known_from(row):
    assert row.says.endswith(".")
    assert row.source


@each_row(EVERY_ROW)
def test_a_handle_is_looked_up_or_tested_before_the_operation_gets_it(row):
    """No number of the program's reaches the model as if it were an object."""
    looked_at = {name for check in row.checks for name in check.on}
    assert {param.name for param in row.params if param.refers in HANDLES} <= looked_at


def test_short_names_are_unique_and_c_names_but_for_second_names():
    """destory_init_para is the old spelling of destroy_init_para, and there are three more of the kind."""
    assert len(by_op()) == len(SURFACE)
    named = Counter(row.c_name for row in EVERY_ROW if row.c_name)
    shared = Counter(entry["c_name"] for entry in EXTRACT.values())
    assert all(count == 1 or count == shared[name] for name, count in named.items())


def test_every_function_of_the_binding_has_a_row_and_one_that_is_modelled_wins():
    assert set(EXTRACT) == set(declared()) == {name for name in SURFACE if SURFACE[name].family != "c"}
    for name, row in SURFACE.items():
        assert (ROWS.get(name) is row) == (row.status is not Status.NOT_MODELLED)
        assert row.says
        assert row.source


def test_a_module_of_rows_is_listed_for_the_families_that_it_has():
    for module, families in MODULES.items():
        rows = import_module(f"acl_api.table.{module}").ROWS
        assert {row.family for row in rows} == set(families), module


def test_asking_for_one_function_loads_its_family_only():
    code = (
        "import sys; from acl_api.table import ROWS; ROWS['acl.rt.malloc']; "
        "print([m for m in ('stream', 'media', 'operator') if f'acl_api.table.{m}' in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "['stream']"


def test_the_order_of_the_table_does_not_depend_on_what_was_needed_first():
    table = Table()
    for families in reversed(list(MODULES.values())):
        for family in families:
            table.load(family)
    assert list(table) == [
        row.name for name in MODULES for row in import_module(f"acl_api.table.{name}").ROWS
    ]
