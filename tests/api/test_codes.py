"""aclError numbers: complete, named, explained, and cheap to import."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from acl_api import codes
from simulator.base.errors import Fault
from tests.together import for_each

CONSTANTS = {name: value for name, value in vars(codes).items() if name.startswith("ACL_")}
RULE = re.compile(r"0\.[1-6]|[a-j][1-9][0-9]?b?")


def test_the_vendor_defines_254_names_of_252_codes() -> None:
    infos = codes.all_codes()
    assert len(infos) == len({info.code for info in infos}) == 252
    names = [name for info in infos for name in info.names]
    assert len(names) == len(set(names)) == 254


def test_codes_come_by_rising_number() -> None:
    numbers = [info.code for info in codes.all_codes()]
    assert numbers == sorted(numbers)


def test_only_success_has_several_names() -> None:
    several = {info.code: info.names for info in codes.all_codes() if len(info.names) > 1}
    assert several == {0: ("ACL_SUCCESS", "ACL_ERROR_NONE", "ACL_RT_SUCCESS")}


@for_each("name", CONSTANTS, ids=str)
def test_a_constant_has_the_number_and_name_of_the_table(name: str) -> None:
    info = codes.meaning(CONSTANTS[name])
    assert info is not None
    assert name in info.names


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (100000, "ACL_ERROR_INVALID_PARAM"),
        (100002, "ACL_ERROR_REPEAT_INITIALIZE"),
        (100036, "ACL_ERROR_WAIT_CALLBACK_TIMEOUT"),
        (100037, "ACL_ERROR_REPEAT_FINALIZE"),
        (107000, "ACL_ERROR_RT_PARAM_INVALID"),
        (107001, "ACL_ERROR_RT_INVALID_DEVICEID"),
        (107002, "ACL_ERROR_RT_CONTEXT_NULL"),
        (107003, "ACL_ERROR_RT_STREAM_CONTEXT"),
        (107006, "ACL_ERROR_RT_EVENT_TIMESTAMP_INVALID"),
        (107011, "ACL_ERROR_RT_STREAM_SUBSCRIBE"),
        (107012, "ACL_ERROR_RT_THREAD_SUBSCRIBE"),
        (107015, "ACL_ERROR_RT_STREAM_NO_CB_REG"),
        (107017, "ACL_ERROR_RT_INVALID_HANDLE"),
        (207008, "ACL_ERROR_RT_NO_STREAM_RESOURCE"),
        (507002, "ACL_ERROR_RT_STREAM_TASK_FULL"),
        (507007, "ACL_ERROR_RT_CONTEXT_RELEASE_ERROR"),
        (507012, "ACL_ERROR_RT_REPORT_TIMEOUT"),
        (507046, "ACL_ERROR_RT_STREAM_SYNC_TIMEOUT"),
        (507047, "ACL_ERROR_RT_EVENT_SYNC_TIMEOUT"),
    ],
)
def test_the_codes_that_the_rules_name_have_the_names_that_the_rules_give(code: int, name: str) -> None:
    assert codes.name_of(code) == name


@for_each("info", codes.all_codes(), ids=lambda info: str(info.code))
def test_every_code_says_in_words_what_it_means(info: codes.CodeInfo) -> None:
    assert re.fullmatch(r"[^\s].*[^\s.]", info.meaning)
    words = info.name.removeprefix("ACL_ERROR_").removeprefix("RT_").replace("_", " ").lower()
    assert info.meaning not in {words, f"rt {words}"}


def test_a_hint_is_given_for_what_users_of_streams_and_callbacks_meet() -> None:
    hinted = {info.code for info in codes.all_codes() if info.hint}
    assert hinted >= {100000, 107000, 107002, 107003, 107011, 107012, 107015, 107017, 507012, 507046}
    assert len(hinted) >= 30


def test_a_hint_belongs_to_a_code_and_cites_rules_by_number() -> None:
    import tomllib
    from importlib import resources

    hints = tomllib.loads((resources.files("acl_api") / "code_hints.toml").read_text("utf-8"))
    assert set(hints) <= {str(info.code) for info in codes.all_codes()}
    for code, entry in hints.items():
        assert set(entry) == {"hint", "rules"}, code
        assert entry["hint"].endswith("."), code
        assert all(RULE.fullmatch(rule) for rule in entry["rules"]), code
        assert entry["rules"] == list(dict.fromkeys(entry["rules"])), code


@pytest.mark.parametrize("fault", Fault)
def test_every_modelled_fault_has_a_code_that_the_vendor_defines(fault: Fault) -> None:
    code = codes.code_of(fault)
    assert code != codes.ACL_SUCCESS
    assert codes.meaning(code) is not None


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.CALLBACK_GROUPS_EXHAUSTED, 507000),  # rule b9
        (Fault.CONTEXT_GONE, 507007),  # rule g6
        (Fault.REPORT_TIMEOUT, 507012),  # rule c3
        (Fault.STREAM_SUBSCRIBE, 107011),  # rule b3
        (Fault.THREAD_SUBSCRIBE, 107012),  # rule b4
        (Fault.STREAM_SYNC_TIMEOUT, 507046),  # rule e12
        (Fault.TIMESTAMP_INVALID, 107006),  # rule f13
        (Fault.NOT_SUPPORTED, 207000),  # rule e3
    ],
)
def test_a_fault_shows_as_the_code_of_its_rule(fault: Fault, code: int) -> None:
    assert codes.code_of(fault) == code


@pytest.mark.parametrize(
    "text",
    [
        "107015",
        " 107015 ",
        "ACL_ERROR_RT_STREAM_NO_CB_REG",
        "acl_error_rt_stream_no_cb_reg",
        "RT_STREAM_NO_CB_REG",
        "STREAM_NO_CB_REG",
    ],
)
def test_a_code_is_found_by_number_and_by_name(text: str) -> None:
    info = codes.find(text)
    assert info is not None
    assert info.code == 107015
    assert "a8" in info.rules
    assert "subscribe_report" in info.hint


@pytest.mark.parametrize("text", ["", "99", "NO_SUCH_CODE", "-1", "9" * 5_000, "1٣"])
def test_what_is_no_code_is_not_found(text: str) -> None:
    assert codes.find(text) is None


def test_every_name_finds_its_own_code() -> None:
    assert [codes.find(info.name) for info in codes.all_codes()] == list(codes.all_codes())


def test_a_misspelt_name_leads_to_the_right_one() -> None:
    assert "ACL_ERROR_RT_STREAM_NO_CB_REG" in codes.near_names("STREAM_NO_CB_REGS")
    assert codes.near_names("completely different") == ()


def test_an_unknown_number_has_no_meaning_but_still_a_name_to_print() -> None:
    assert codes.meaning(424242) is None
    assert codes.name_of(424242) == "unknown code 424242"


def test_importing_the_codes_reads_no_file() -> None:
    program = (
        "import sys; before = set(sys.modules);"
        "import acl_api.codes as codes;"
        "new = set(sys.modules) - before;"
        "print(sorted(new & {'csv', 'tomllib', 'importlib.resources', 'difflib', 'dataclasses', 'numpy'}),"
        " codes._by_code.cache_info().currsize)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] 0"
