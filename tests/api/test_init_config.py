"""acl.init(path): what its configuration file may be, and which code it gets when it may not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acl_api.session import Session

acl: Any = import_module("acl_api")
rt: Any = import_module("acl_api.rt")
KNOWN = {0, 100000, 100003, 100006, 100009, 107001, 500001}


@pytest.fixture(autouse=True)
def session() -> Iterator[Session]:
    with Session(devices=2) as made:
        yield made


def deep(brackets: str, levels: int) -> str:
    return brackets[0] * levels + ("1" if brackets == "[]" else "") + brackets[1] * levels


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", 0),
        ("{}", 0),
        ("[1, 2]", 0),  # no object, so none of its keys are there
        ('"text"', 0),
        ('{"dump": {"dump_path": 7}, "unknown": [1]}', 100009),
        ('{"unknown": [1]}', 0),
        ("\ufeff{}", 0),
        ("{}\0nonsense", 0),  # the vendor's text ends there
        ("{", 100006),
        ("{'a': 1}", 100006),
        ("{} {}", 100006),
        ('{"a": NaN}', 100006),
        ('{"a": 1,}', 100006),
        ("// comment\n{}", 100006),
        (f'{{"a": {deep("[]", 10)}}}', 0),
        (f'{{"a": {deep("[]", 11)}}}', 100006),
        (f'{{"a": "{"{" * 10}"}}', 100006),  # brackets in texts count, too
        ('{"err_msg_mode": "0"}', 0),
        ('{"err_msg_mode": "1"}', 0),
        ('{"err_msg_mode": 1}', 100000),
        ('{"err_msg_mode": "2"}', 100000),
        ('{"StackSize": {"aicore_stack_size": 32768}}', 0),
        ('{"StackSize": {"aicore_stack_size": "32768"}}', 500001),
        ('{"StackSize": {"simt_stack_size": null}}', 500001),
        ('{"StackSize": [1]}', 0),
        ('{"simt_printf_fifo_size": 1024}', 0),
        ('{"simt_printf_fifo_size": 0}', 500001),
        ('{"simt_printf_fifo_size": "1024"}', 500001),
        ('{"defaultDevice": {"default_device": "1"}}', 0),
        ('{"defaultDevice": {"default_device": "2"}}', 107001),
        ('{"defaultDevice": {"default_device": 1}}', 500001),
        ('{"defaultDevice": {"default_device": "01"}}', 500001),
        ('{"defaultDevice": {"default_device": "-1"}}', 500001),
        ('{"defaultDevice": {"default_device": "4294967295"}}', 0),  # -1 as an int32: none
        ('{"defaultDevice": {"default_device": "99999999999999999999999999"}}', 0),
        ('{"defaultDevice": "1"}', 0),
        ('{"defaultDevice": {}}', 0),
        ('{"acl_graph": {"event_mode": "1"}}', 0),
        ('{"acl_graph": {"event_mode": "2"}}', 100000),
    ],
)
def test_a_configuration_gets_the_code_of_the_vendors_parser(tmp_path, content, code):
    file = tmp_path / "acl.json"
    file.write_text(content, "utf-8")
    assert acl.init(str(file)) == code
    # What was refused has initialised nothing.
    assert acl.finalize_reference() == ((0, 0) if code == 0 else (0, 100037))


def test_a_file_that_is_not_there_or_no_file_is_refused(tmp_path):
    assert acl.init(str(tmp_path / "nowhere.json")) == 100003
    assert acl.init(str(tmp_path)) == 100003


def test_a_file_that_is_too_large_is_refused(tmp_path):
    file = tmp_path / "acl.json"
    file.write_bytes(b" " * ((10 << 20) + 1))
    assert acl.init(str(file)) == 100003


def test_bytes_that_are_no_text_are_no_json(tmp_path):
    file = tmp_path / "acl.json"
    file.write_bytes(b'{"a": "\xff"}')
    assert acl.init(str(file)) == 100006


def test_of_two_mistakes_the_one_that_is_looked_at_first_decides(tmp_path):
    file = tmp_path / "acl.json"
    order = [
        ('"err_msg_mode": "9"', 100000),
        ('"StackSize": {"aicore_stack_size": "x"}', 500001),
        ('"acl_graph": {"event_mode": "9"}', 100000),
    ]
    for at, (first, code) in enumerate(order):
        for second, _ in order[at + 1 :]:
            file.write_text(f"{{{second}, {first}}}")
            assert acl.init(str(file)) == code


def test_the_message_says_what_is_wrong_with_the_file(tmp_path):
    file = tmp_path / "acl.json"
    file.write_text('{"err_msg_mode": 7}')
    assert acl.init(str(file)) == 100000
    assert 'err_msg_mode is 7, and must be "0" or "1"' in acl.get_recent_err_msg()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    ["err_msg_mode", "StackSize", "defaultDevice", "simt_printf_fifo_size", "acl_graph", "dump"]
)
SECTIONS = st.dictionaries(
    st.sampled_from(["aicore_stack_size", "default_device", "event_mode"]), VALUES, max_size=3
)


@given(content=st.binary(max_size=60) | st.dictionaries(KEYS, VALUES | SECTIONS, max_size=4))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_file_holds_it_gets_a_code_that_is_known(tmp_path: Path, content: object):
    file = tmp_path / "acl.json"
    file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    with Session(devices=2):
        code = acl.init(str(file))
        assert code in KNOWN
        assert (acl.get_recent_err_msg() is None) == (code == 0)
