"""Arguments of the right type that nobody expected ended in a ValueError, OSError or KeyError of Python's own.

The property: tests/properties/test_whole_table.py, where only a line of ours that says `raise` may raise.
"""

from __future__ import annotations

import json

import pytest

import acl_api as acl
from acl_api import operators
from tests.api.test_operators import Sum, add

TOO_LONG = "a" * 300
NO_FILE = ("", ".", TOO_LONG, f"{TOO_LONG}/x.om")


@pytest.fixture(autouse=True)
def _session():
    with acl.Session(devices=1):
        acl.rt.set_device(0)
        yield


@pytest.mark.parametrize("path", NO_FILE)
def test_what_can_be_no_file_holds_no_model(path):
    assert acl.mdl.load_from_file(path)[1] != 0
    assert acl.mdl.bundle_load_from_file(path)[1] != 0


def test_an_empty_path_is_told_as_such():
    acl.mdl.load_from_file("")
    assert "the model's path is empty" in acl.get_recent_err_msg()


def test_no_folder_of_operators_has_a_name_too_long():
    assert acl.op.set_model_dir(TOO_LONG) != 0


def test_a_path_for_dumps_may_be_longer_than_a_name_of_a_file(tmp_path):
    config = tmp_path / "dump.json"
    config.write_text(json.dumps({"dump": {"dump_list": [{"model_name": "m"}], "dump_path": TOO_LONG}}))
    assert acl.init() == 0
    assert acl.mdl.init_dump() == 0
    assert acl.mdl.set_dump(str(config)) == 100009


def test_descriptions_without_a_buffer_are_not_looked_at(monkeypatch):
    monkeypatch.setattr(operators, "_registered", {})
    operators.register_operator("Add", add)
    operands = Sum()
    assert operands.run(input_desc=[*operands.descs[:2], 1], output_desc=[operands.descs[2], 7]) == 0
    assert acl.rt.synchronize_stream(operands.stream) == 0
    assert (operands.result == operands.a + operands.b).all()
