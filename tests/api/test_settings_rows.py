"""Attributes of streams, overflow, resource limits, system parameters, facts of devices, groups of cores."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

import pytest

import acl_api as acl
from simulator.core.models import ModelSpec

rt: Any = import_module("acl_api.rt")
mdl: Any = import_module("acl_api.mdl")
c: Any = import_module("acl_api.c")
SOCS = ("Ascend310", "Ascend310P", "Ascend910", "Ascend310B", "Ascend910B", "Ascend910_93", "Ascend950")
OVERFLOW_SWITCH = ("Ascend910B", "Ascend910_93", "Ascend950")


@pytest.fixture
def on():
    """Make a session current, with device 0 set and a stream: on(soc) gives both."""
    sessions: list[acl.Session] = []

    def make(soc: str = "Ascend910B") -> tuple[acl.Session, int]:
        session = acl.Session(soc=soc, devices=2)
        session.__enter__()
        sessions.append(session)
        assert rt.set_device(0) == 0
        return session, rt.create_stream()[0]

    yield make
    for session in reversed(sessions):
        session.__exit__(None, None, None)


# -- attributes (rules e18, e20)


@pytest.mark.parametrize("soc", SOCS)
def test_the_failure_mode_is_an_attribute(on, soc):
    _, stream = on(soc)
    expected = 207000 if soc == "Ascend310" else 0
    assert rt.get_stream_attribute(stream, 1) == ({"failureMode": 0}, 0)
    assert rt.set_stream_attribute(stream, 1, {"failureMode": 1}) == expected
    assert rt.get_stream_attribute(stream, 1) == ({"failureMode": int(not expected)}, 0)
    assert rt.set_stream_attribute(stream, 1, {"failureMode": 0}) == (0 if expected else 207000) or expected


@pytest.mark.parametrize("soc", SOCS)
def test_switch_and_tag_are_kept_where_the_product_has_them(on, soc):
    _, stream = on(soc)
    kept = int(soc in OVERFLOW_SWITCH)
    assert rt.set_stream_attribute(stream, 2, {"overflowSwitch": 1}) == 0
    assert rt.set_stream_attribute(stream, 3, {"userCustomTag": 77}) == 0
    value, code = rt.get_stream_attribute(stream, 3)
    assert (value, code) == ({"userCustomTag": 77 * kept}, 0)
    if kept:
        assert rt.get_stream_attribute(stream, 2) == ({"overflowSwitch": 1}, 0)
        assert rt.get_stream_overflow_switch(stream) == (1, 0)
        assert rt.set_stream_attribute(stream, 2, {"overflowSwitch": 2}) == 107000


def test_the_priority_is_an_attribute_and_is_clamped(on):
    _, stream = on()
    assert rt.get_stream_attribute(stream, 5) == ({"reserved": [0, 0, 0, 0]}, 0)
    assert rt.set_stream_attribute(stream, 5, {"reserved": [3]}) == 0
    assert c.aclrtStreamGetPriority(stream) == (3, 0)
    assert rt.set_stream_attribute(stream, 5, {"reserved": [99]}) == 0
    assert rt.get_stream_attribute(stream, 5)[0]["reserved"][0] == 7
    assert rt.set_stream_attribute(stream, 5, {"reserved": [2**32 - 1]}) == 0
    assert rt.get_stream_attribute(stream, 5)[0]["reserved"][0] == 0
    assert rt.set_stream_attribute(0, 5, {"reserved": [1]}) == 107000


def test_attributes_that_nobody_has(on):
    _, stream = on()
    for attr in (0, 6, -1):
        assert rt.set_stream_attribute(stream, attr, {"reserved": [0]}) == 107000
        assert rt.get_stream_attribute(stream, attr) == ({}, 107000)
    assert rt.set_stream_attribute(stream, 4, {"reserved": [1]}) == 0
    assert rt.get_stream_attribute(stream, 4)[0]["reserved"][0] == 1
    assert rt.set_stream_attribute(stream, 4, {"reserved": [2]}) == 107000


def test_what_the_binding_makes_of_the_dict(on):
    _, stream = on()
    with pytest.raises(TypeError, match=r"^the aclrtStreamAttrValue argument is not dict$"):
        rt.set_stream_attribute(stream, 3, [1])
    with pytest.raises(ValueError, match=r"^The length of reserved should be no greater than 4$"):
        rt.set_stream_attribute(stream, 4, {"reserved": [0] * 5})
    with pytest.raises(ValueError, match=r"^PyLong_AsUnsignedLong failed$"):
        rt.set_stream_attribute(stream, 4, {"reserved": [-1]})
    rt.set_stream_attribute(stream, 3, {"userCustomTag": 5})
    for other in ({}, {"overflowSwitch": 9}, {"userCustomTag": "nine"}):
        assert rt.set_stream_attribute(stream, 3, other) == 0
        assert rt.get_stream_attribute(stream, 3) == ({"userCustomTag": 0}, 0)


def test_the_failure_mode_is_asked_before_whose_stream_it_is(on):
    _, stream = on()
    assert rt.create_context(0)[1] == 0
    assert rt.set_stream_failure_mode(stream, 0) == 0  # it is already so
    assert rt.set_stream_failure_mode(stream, 1) == 107003


# -- overflow (rule e21)


@pytest.mark.parametrize("soc", SOCS)
def test_the_overflow_switch(on, soc):
    _, stream = on(soc)
    has = soc in OVERFLOW_SWITCH
    old = soc in ("Ascend310", "Ascend310P", "Ascend910")
    assert rt.set_stream_overflow_switch(stream, 2) == 100000
    assert rt.set_stream_overflow_switch(stream, 1) == 0
    assert rt.set_stream_overflow_switch(0xDEAD_BEEF, 1) == (107017 if has else 0)
    flag, code = rt.get_stream_overflow_switch(stream)
    assert code == 0
    if has:
        assert flag == 1
        assert rt.get_stream_overflow_switch(rt.create_stream()[0]) == (0, 0)
    assert rt.get_stream_overflow_switch(0xDEAD_BEEF) == (0, 107017)
    assert old or has or flag in (0, 1)


def test_the_status_is_zeros_when_the_task_has_run(on):
    session, stream = on()
    address, _ = rt.malloc(64, 0)
    rt.memset(address, 64, 0xFF, 64)
    assert rt.get_overflow_status(address, 64, stream) == 0
    assert session.runtime.memory.read(address, 64) == b"\xff" * 64
    assert rt.synchronize_stream(stream) == 0
    assert session.runtime.memory.read(address, 64) == bytes(64)
    assert rt.reset_overflow_status(stream) == 0
    assert rt.synchronize_stream(stream) == 0


def test_the_status_is_refused(on):
    _, stream = on()
    address, _ = rt.malloc(64, 0)
    assert rt.get_overflow_status(0, 64, stream) == 100000
    assert rt.get_overflow_status(address, 32, stream) == 107000
    assert rt.get_overflow_status(0xDEAD_0000, 64, stream) == 107000
    on("Ascend310")
    assert rt.get_overflow_status(address, 64, 0) == 207000
    assert rt.reset_overflow_status(0) == 207000


@pytest.mark.parametrize(
    ("soc", "first", "answers"),
    [("Ascend910", 0, (0, 207000)), ("Ascend910B", 1, (0, 0)), ("Ascend950", 1, (207000, 0))],
)
def test_the_mode_of_floats_that_overflow(on, soc, first, answers):
    on(soc)
    assert rt.get_device_sat_mode() == (first, 0)
    for mode, answer in enumerate(answers):
        assert rt.set_device_sat_mode(mode) == answer
        assert rt.get_device_sat_mode() == (mode if answer == 0 else first, 0)
    assert rt.set_device_sat_mode(2) == 107000
    assert rt.set_device_sat_mode(-1) == 107000


# -- resources


def test_limits_of_device_stream_and_thread(on):
    session, stream = on()
    cores = session.profile.engines.ai_cores
    assert rt.get_device_res_limit(0, 0) == (cores, 0)
    assert rt.get_stream_res_limit(stream, 0) == (cores, 0)
    assert rt.set_device_res_limit(0, 0, cores + 1) == 107000
    assert rt.set_device_res_limit(0, 0, 9) == 0
    assert rt.get_stream_res_limit(stream, 0) == (9, 0)
    assert rt.get_res_in_current_thread(0) == (9, 0)
    assert rt.set_stream_res_limit(stream, 0, 5) == 0
    assert rt.get_stream_res_limit(stream, 0) == (5, 0)
    assert rt.get_res_in_current_thread(0) == (9, 0)
    assert rt.use_stream_res_in_current_thread(stream) == 0
    assert rt.get_res_in_current_thread(0) == (5, 0)
    assert rt.get_res_in_current_thread(1) == (session.profile.engines.vector_cores, 0)
    assert rt.unuse_stream_res_in_current_thread(stream) == 0
    assert rt.get_res_in_current_thread(0) == (9, 0)
    assert rt.reset_stream_res_limit(stream) == 0
    assert rt.get_stream_res_limit(stream, 0) == (9, 0)
    assert rt.reset_device_res_limit(0) == 0
    assert rt.get_stream_res_limit(stream, 0) == (cores, 0)


def test_the_limit_of_a_stream_that_is_gone_holds_for_no_thread(on):
    session, stream = on()
    rt.set_stream_res_limit(stream, 0, 5)
    rt.use_stream_res_in_current_thread(stream)
    rt.destroy_stream(stream)
    assert rt.get_res_in_current_thread(0) == (session.profile.engines.ai_cores, 0)


def test_limits_are_refused(on):
    _, stream = on()
    assert rt.set_device_res_limit(0, 2, 1) == 107000
    assert rt.get_device_res_limit(5, 0) == (0, 107001)
    assert rt.set_device_res_limit(1, 0, 1) == 507033  # nobody has set it
    assert rt.get_device_res_limit(1, 0) == (0, 507033)
    assert rt.reset_device_res_limit(1) == 507033
    assert rt.get_stream_res_limit(stream, -1) == (0, 107000)
    assert rt.get_res_in_current_thread(7) == (0, 107000)


def test_a_device_that_is_reset_has_all_its_cores_again(on):
    session, _ = on()
    rt.set_device_res_limit(0, 0, 9)
    rt.reset_device(0)
    rt.set_device(0)
    assert rt.get_device_res_limit(0, 0) == (session.profile.engines.ai_cores, 0)


# -- system parameters


def test_parameters_of_context_and_process_are_apart(on):
    on()
    assert rt.ctx_get_sys_param_opt(0) == (0, 107021)
    assert rt.get_sys_param_opt(0) == (0, 0)
    assert rt.ctx_set_sys_param_opt(0, 3) == 0
    assert rt.set_sys_param_opt(0, 2) == 0
    assert rt.ctx_get_sys_param_opt(0) == (3, 0)
    assert rt.get_sys_param_opt(0) == (2, 0)
    rt.create_context(0)
    assert rt.ctx_get_sys_param_opt(0) == (0, 107021)


def test_parameters_are_refused(on):
    on()
    assert rt.ctx_set_sys_param_opt(3, 0) == 100000
    assert rt.set_sys_param_opt(3, 1) == 0
    assert rt.set_sys_param_opt(4, 0) == 100000
    assert rt.set_sys_param_opt(0, 4) == 107000
    assert rt.set_sys_param_opt(1, 2) == 107000
    assert rt.ctx_set_sys_param_opt(1, -1) == 107000
    assert (rt.set_ts_device(0), rt.set_ts_device(1), rt.set_ts_device(2)) == (0, 0, 100000)


# -- devices


def test_what_a_device_is(on):
    session, _ = on()
    engines = session.profile.engines
    for attr, expected in (
        (1, engines.ai_cpus),
        (101, engines.ai_cores),
        (201, engines.vector_cores),
        (402, 1),
    ):
        assert rt.get_device_info(1, attr) == (expected, 0)
    assert -(1 << 31) <= rt.get_device_info(0, 301)[0] < 1 << 31  # cut by the binding
    assert rt.get_device_info(0, 403) == (0, 207000)
    assert rt.get_device_info(0, 7) == (0, 107000)
    assert rt.get_device_info(2, 101) == (0, 107000)


def test_what_a_device_can(on):
    on("Ascend950")
    assert rt.get_device_capability(0, 20001) == (32, 0)
    on("Ascend910")
    assert rt.get_device_capability(0, 20001) == (16, 0)
    assert rt.get_device_capability(0, 2) == (0, 107000)
    assert rt.get_device_capability(9, 21) == (0, 107001)


def test_devices_have_numbers_of_their_own(on):
    on()
    first, code = rt.device_get_uuid(0)
    assert code == 0
    assert len(first["bytes"]) == 16
    assert rt.device_get_uuid(0) == (first, 0)
    assert rt.device_get_uuid(1)[0] != first
    assert rt.device_get_uuid(-1) == ({}, 107001)
    on("Ascend910")
    assert rt.device_get_uuid(0) == ({}, 207000)
    assert rt.device_get_bare_tgid() == (os.getpid(), 0)


def test_access_to_another_device_is_opened_and_closed(on):
    on()
    assert rt.device_peer_access_status(0, 1) == (0, 0)
    assert rt.device_enable_peer_access(1, 0) == 0
    assert rt.device_peer_access_status(0, 1) == (1, 0)
    assert rt.device_peer_access_status(1, 0) == (0, 0)
    assert rt.device_disable_peer_access(1) == 0
    assert rt.device_peer_access_status(0, 1) == (0, 0)


def test_access_is_refused(on):
    on()
    assert rt.device_enable_peer_access(1, 1) == 200006
    assert rt.device_enable_peer_access(0, 0) == 100000
    assert rt.device_enable_peer_access(5, 0) == 107001
    assert rt.device_disable_peer_access(0) == 100000
    assert rt.device_peer_access_status(5, 0) == (0, 107001)
    assert rt.device_peer_access_status(0, 64) == (0, 107000)
    assert rt.device_peer_access_status(0, 5) == (0, 507899)
    assert rt.device_can_access_peer(0, 1) == (1, 0)
    assert rt.device_can_access_peer(0, 0) == (0, 100000)
    on("Ascend310")
    assert rt.device_can_access_peer(0, 1) == (0, 207000)
    assert rt.get_devices_topo(0, 1) == (1, 0)


def test_a_device_says_how_busy_its_cores_are(on):
    session, stream = on()
    cores = session.profile.engines.ai_cores
    session.declare_model(ModelSpec("half", latency_ns=1_000_000, cores=cores // 2))
    model, _ = mdl.load_from_file("half.om")
    dataset = mdl.create_dataset()
    idle, code = rt.get_device_utilization_rate(0)
    assert (idle["cube_utilization"], idle["memory_utilization"], code) == (0, -1, 0)
    mdl.execute_async(model, dataset, dataset, stream)
    assert rt.stream_query(stream) == (1, 0)
    session.host.sleep(1000)
    assert rt.get_device_utilization_rate(0)[0]["cube_utilization"] == 100 * (cores // 2) // cores
    rt.synchronize_stream(stream)
    assert rt.get_device_utilization_rate(0)[0] == idle
    assert rt.get_device_utilization_rate(9) == (
        {
            "cube_utilization": -1,
            "vector_utilization": -1,
            "aicpu_utilization": -1,
            "memory_utilization": -1,
            "utilization_extend": 0,
        },
        0,
    )
    assert rt.query_device_status(1) == (0, 0)
    assert rt.query_device_status(9) == (0, 107001)


# -- groups of cores


def test_groups_where_the_product_has_them_and_the_machine_none(on):
    on("Ascend310P")
    assert rt.get_group_count(0) == (0, 0)
    assert rt.set_group(0) == 107014
    assert rt.set_group(4) == 107000
    assert rt.create_group_info() == 0
    assert rt.get_all_group_info(0) == 100000
    assert rt.get_all_group_info(5) == 107014
    assert rt.destroy_group_info(0) == 100000
    with pytest.raises(RuntimeError, match=r"^aclrtGetGroupInfoDetail failed$"):
        rt.get_group_info_detail(5, 0, 0)


def test_groups_where_the_product_has_none(on):
    session, _ = on()
    assert rt.get_group_count(0) == (0, 207000)
    assert rt.set_group(0) == 207000
    assert rt.create_group_info() == 0
    assert rt.get_all_group_info(5) == 207000
    assert rt.destroy_group_info(5) == 100000
    assert [note.finding for note in session.trace if type(note).__name__ == "Noted"] == ["forged-handle"]
