"""What the environment says about the default session."""

from __future__ import annotations

import pytest

from acl_api.settings import Settings, read_settings, visible_devices
from simulator.base.errors import UserError


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
            "ACLSIM_SPEED": "100",
            "ACLSIM_STALL": "abort",
            "ACLSIM_STALL_AFTER": "0.5",
        }
    )
    assert asked == Settings("auto", "baton", 7, "310P", 2, "null", 100.0, stall_aborts=True, stall_after=0.5)


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
        ("3,1", (3,)),
        ("2,2", (2,)),
        ("0x,1", (0,)),
    ],
)
def test_the_list_of_visible_devices_is_read_up_to_what_is_foreign(text: str | None, seen: tuple[int, ...]):
    environment = {} if text is None else {"ASCEND_RT_VISIBLE_DEVICES": text}
    assert visible_devices(8, environment) == seen


@pytest.mark.parametrize("text", ["", " 0", "8", "-1", "all"])
def test_a_list_that_leaves_no_device_is_refused(text: str):
    with pytest.raises(UserError, match="leaves none of the 8 devices"):
        visible_devices(8, {"ASCEND_RT_VISIBLE_DEVICES": text})
