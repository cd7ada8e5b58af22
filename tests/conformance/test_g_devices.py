"""Rules g1 to g13: init, devices, contexts."""

from __future__ import annotations

from pathlib import Path

import pytest

import acl_api as acl
from acl_api.session import Session
from simulator.base.errors import UserError
from simulator.base.trace import Moved
from simulator.engine.hosts.thread import ThreadState
from tests.conformance.efgh import (
    FORGED,
    MS,
    NULL,
    SECOND,
    c,
    mdl,
    new_event,
    other_context,
    rt,
    stream_in,
    without_context,
)
from tests.conformance.machine import BLOCK, ONE_OF_EACH

# -- init and finalize


def test_g1_a_second_init_is_an_error_that_counts(machine):
    machine(device=False)
    assert acl.init() == 0
    assert acl.init() == 100002
    assert acl.init() == 100002
    assert [acl.finalize_reference() for _ in range(4)] == [(2, 0), (1, 0), (0, 0), (0, 100037)]


def test_g2_finalize_ignores_the_count_and_a_second_one_is_refused(machine):
    machine(device=False)
    acl.init()
    acl.init()
    assert acl.finalize() == 0
    assert acl.finalize() == 100037
    assert acl.finalize_reference() == (0, 100037)
    assert acl.init() == 0  # the life of the process goes on
    assert acl.finalize() == 0


def test_g2_the_last_reference_finalizes(machine):
    machine(device=False)
    acl.init()
    assert acl.finalize_reference() == (0, 0)
    assert acl.finalize() == 100037


def test_g2_a_configuration_other_than_the_first_of_the_process_is_refused(machine, tmp_path):
    """What counts is the content, and none is one too."""
    machine(device=False)
    first, second, same = (str(tmp_path / name) for name in ("first.json", "second.json", "same.json"))
    Path(first).write_text("{}")
    Path(second).write_text('{"dump": {}}')
    Path(same).write_text("{}")
    assert acl.init(first) == 0
    assert acl.init("nowhere.json") == 100002  # asked first
    assert acl.finalize() == 0
    assert acl.init(second) == acl.init() == acl.init("") == 100000
    assert acl.init(same) == 0
    assert acl.finalize() == 0
    assert acl.init("nowhere.json") == 100003


@pytest.mark.parametrize("calls", [1, 2])
def test_g8_a_default_device_is_set_for_a_thread_at_its_first_call_that_needs_a_context(
    machine, tmp_path, calls
):
    m = machine(device=False)
    file = tmp_path / "acl.json"
    file.write_text('{"defaultDevice": {"default_device": "1"}}')
    assert acl.init(str(file)) == 0
    assert rt.get_device() == (1, 0)
    assert rt.get_primary_ctx_state(1) == (0, 0, 0)  # asking sets nothing
    for _ in range(calls):
        assert rt.create_stream()[1] == 0
    assert rt.get_primary_ctx_state(1) == (1, 0, 0)
    assert m.run_in_thread(rt.create_stream)[1] == 0
    assert [rt.reset_device(1) for _ in range(3)] == [0, 0, 507007]  # each thread has set it once
    assert acl.finalize() == 0
    assert m.run_in_thread(rt.get_device) == (0, 107002)


def test_g8_a_context_of_the_threads_own_beats_the_default_device(machine, tmp_path):
    machine(device=False)
    file = tmp_path / "acl.json"
    file.write_text('{"defaultDevice": {"default_device": "1"}}')
    assert acl.init(str(file)) == rt.set_device(0) == 0
    assert rt.get_device() == (0, 0)


def test_g3_finalize_before_any_init_is_not_refused_but_its_reference_form_is(machine):
    machine(device=False)
    assert acl.finalize_reference() == (0, 100037)
    assert acl.finalize() == 0
    assert acl.finalize() == 100037


def test_g4_the_runtime_works_without_init_and_after_finalize(machine):
    m = machine()
    stream = m.stream()
    m.model()(stream)
    assert rt.synchronize_stream(stream) == 0
    assert acl.finalize() == 0
    assert rt.malloc(64, 0)[1] == 0
    m.model()(stream)
    assert rt.synchronize_stream(stream) == 0
    assert rt.reset_device(0) == 0


# -- devices


@pytest.mark.parametrize("call", ["set_device", "reset_device", "reset_device_force", "create_context"])
@pytest.mark.parametrize("device", [-1, 2, 64, 2**31 - 1])
def test_g5_g6_g7_g9_a_device_that_is_not_there(machine, call, device):
    machine(device=False)
    result = getattr(rt, call)(device)
    assert (result[1] if isinstance(result, tuple) else result) == 107001


def test_g5_threads_that_set_a_device_share_its_primary_context(machine):
    m = machine()
    mine, _ = rt.get_context()

    def elsewhere():
        assert rt.set_device(0) == 0
        return rt.get_context()

    assert m.run_in_thread(elsewhere) == (mine, 0)
    assert rt.set_device(1) == 0
    assert rt.get_context()[0] != mine


def test_g5_setting_a_device_drops_an_explicit_current_context(machine):
    machine()
    primary, _ = rt.get_context()
    explicit, _ = rt.create_context(0)
    assert rt.get_context() == (explicit, 0)
    assert rt.set_device(0) == 0
    assert rt.get_context() == (primary, 0)


def test_g6_the_last_reset_waits_for_the_tasks_and_takes_streams_and_context_along(machine):
    m = machine()
    stream = m.stream()
    assert rt.set_device(0) == 0  # a second reference
    m.model(SECOND)(stream)
    assert rt.reset_device(0) == 0
    assert m.now == 0
    assert rt.stream_query(stream) == (1, 0)
    assert rt.reset_device(0) == 0
    assert m.now >= SECOND
    assert m.ran() == ["execute"]
    assert rt.synchronize_stream(stream) == 107017
    assert rt.get_context() == (0, 107002)
    assert rt.reset_device(0) == 507007


def test_g6_a_reset_while_the_last_one_still_waits_is_one_too_many(machine):
    m = machine()
    m.model(SECOND)(NULL)
    codes = []
    first = m.start(lambda: codes.append(rt.reset_device(0)))
    m.sleep(MS)
    assert first.state is ThreadState.BLOCKED
    assert rt.reset_device(0) == 507007
    m.join(first)
    assert codes == [0]


def test_g6_after_a_reset_the_device_can_be_set_again_and_is_a_new_one(machine):
    m = machine()
    context, _ = rt.get_context()
    m.model()(NULL)
    assert rt.reset_device(0) == 0
    assert rt.set_device(0) == 0
    fresh, _ = rt.get_context()
    assert fresh != context
    m.model()(NULL)
    assert rt.synchronize_stream(NULL) == 0
    assert rt.set_context(context) == 107000
    moves = [(move.before, move.after) for move in m.records(Moved) if move.kind == "device"]
    assert moves == [("idle", "active"), ("active", "resetting"), ("resetting", "idle"), ("idle", "active")]


def test_g7_reset_by_force_drains_all_references_and_fails_when_there_is_none(machine):
    machine()
    assert [rt.set_device(0) for _ in range(3)] == [0, 0, 0]
    assert rt.reset_device_force(0) == 0
    assert rt.reset_device(0) == 507007
    assert rt.reset_device_force(0) == 507007
    assert rt.reset_device_force(1) == 507007


def test_g8_get_device_asks_the_current_context(machine):
    m = machine(device=False)
    assert rt.get_device() == (0, 107002)
    assert rt.set_device(1) == 0
    assert rt.get_device() == (1, 0)
    assert rt.create_context(0)[1] == 0
    assert rt.get_device() == (0, 0)
    assert without_context(m, rt.get_device) == (0, 107002)


# -- contexts


def test_g9_a_new_context_is_current_has_its_own_default_stream_and_needs_no_set_device(machine):
    m = machine(device=False)
    first, code = rt.create_context(0)
    assert (first != 0, code) == (True, 0)
    assert rt.get_context() == (first, 0)
    default, _ = rt.ctx_get_current_default_stream()
    second, _ = rt.create_context(0)
    assert rt.get_context() == (second, 0)
    assert rt.ctx_get_current_default_stream()[0] != default
    assert rt.get_primary_ctx_state(0) == (0, 0, 0)
    m.model()(NULL)
    assert rt.synchronize_stream(NULL) == 0


def test_g10_destroying_a_context_takes_its_streams_and_models_along(machine):
    m = machine()
    context, _ = rt.create_context(0)
    stream = m.stream()
    run = m.model(SECOND)
    run(stream)
    assert rt.destroy_context(context) == 0
    assert m.now >= SECOND
    assert m.ran() == ["execute"]
    assert rt.get_context() == (0, 107002)
    assert rt.set_device(0) == 0
    assert rt.stream_query(stream) == (0, 107017)
    assert run(NULL) == 145003
    assert mdl.unload(1) == 145003


def test_g10_what_cannot_be_destroyed(machine):
    machine()
    primary, _ = rt.get_context()
    explicit = other_context()
    assert rt.destroy_context(NULL) == 100000
    assert rt.destroy_context(primary) == 107002
    assert rt.destroy_context(explicit) == 0
    assert rt.get_context() == (primary, 0)  # another one was current
    assert rt.destroy_context(explicit) == 107002
    assert rt.destroy_context(FORGED) == 107002


def test_g10_while_it_is_being_destroyed_another_destroy_is_refused(machine):
    m = machine()
    context, _ = rt.create_context(0)
    m.model(SECOND)(NULL)
    codes = []
    first = m.start(lambda: codes.append(rt.destroy_context(context)))
    m.sleep(MS)
    assert rt.destroy_context(context) == 507007
    m.join(first)
    assert codes == [0]


def test_g10_another_thread_that_holds_the_context_has_none_any_more(machine):
    m = machine()
    context, _ = rt.create_context(0)
    seen = []

    def holder():
        assert rt.set_context(context) == 0
        m.sleep(2 * MS)
        seen.extend([rt.get_context(), rt.create_stream(), rt.synchronize_stream(NULL)])

    worker = m.start(holder)
    m.sleep(MS)
    assert rt.destroy_context(context) == 0
    m.join(worker)
    assert seen == [(0, 107002), (0, 107002), 107002]


def test_g11_setting_a_context(machine):
    machine()
    context = other_context()
    assert rt.set_context(NULL) == 100000
    assert rt.set_context(context) == 0
    assert rt.get_context() == (context, 0)
    assert rt.destroy_context(context) == 0
    assert rt.set_context(context) == 107000
    assert rt.set_context(FORGED) == 107000
    assert rt.get_context() == (0, 107002)


def test_g12_the_current_context_belongs_to_the_thread(machine):
    m = machine()
    context, _ = rt.get_context()
    calls = (
        rt.create_stream,
        rt.create_event,
        rt.get_context,
        rt.ctx_get_current_default_stream,
        rt.get_stream_available_num,
        lambda: rt.malloc(64, 0),
    )
    assert without_context(m, lambda: [call() for call in calls]) == [(0, 107002)] * len(calls)

    def visit():
        before = rt.get_context()
        rt.set_device(1)
        return before, rt.get_device()

    assert m.run_in_thread(visit) == ((0, 107002), (1, 0))
    assert rt.get_context() == (context, 0)


@pytest.mark.shows("k4")
def test_g13_a_machine_has_at_most_64_devices():
    with Session(devices=64):
        assert rt.get_device_count() == (64, 0)
        assert rt.set_device(63) == 0
    with pytest.raises(UserError, match="1 to 64"):
        Session(devices=65)


def test_g13_questions_that_need_no_context(machine):
    machine(device=False)
    assert rt.get_run_mode() == (1, 0)
    assert rt.get_primary_ctx_state(0) == (0, 0, 0)
    assert rt.set_device(0) == 0
    assert rt.get_primary_ctx_state(0) == (1, 0, 0)
    assert rt.get_primary_ctx_state(1) == (0, 0, 0)
    assert rt.reset_device(0) == 0
    assert rt.get_primary_ctx_state(0) == (0, 0, 0)
    assert rt.get_primary_ctx_state(2) == (0, 0, 107001)


# -- what finalize leaves behind


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_g2_finalize_drops_what_is_pending_and_says_so(machine, soc):
    m = machine(soc)
    stream = m.stream()
    assert acl.init() == 0
    nobody = m.session.host.thread("nobody")
    assert rt.subscribe_report(nobody.ident, stream) == 0
    assert rt.launch_callback(id, None, BLOCK, stream) == 0
    m.model()(stream)
    assert acl.finalize() == 0
    assert "execute" in m.dropped()
    assert rt.synchronize_stream(stream) == 0


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_g2_g4_what_was_running_at_finalize_does_not_end_a_later_task_early(machine, soc):
    m = machine(soc)
    stream = m.stream()
    assert acl.init() == 0
    m.model(5 * MS)(stream)
    m.sleep(MS)
    assert acl.finalize() == 0
    assert acl.init() == 0
    m.model(SECOND)(stream)
    assert rt.synchronize_stream(stream) == 0
    assert m.now >= SECOND + MS


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_g2_g6_a_device_can_be_reset_after_finalize_also_when_host_functions_ran(machine, soc):
    m = machine(soc)
    stream = m.stream()
    ran: list[object] = []
    assert c.aclrtLaunchHostFunc(stream, ran.append, 1) == 0
    assert rt.synchronize_stream(stream) == 0
    assert acl.finalize() == 0
    assert c.aclrtLaunchHostFunc(stream, ran.append, 2) == 0
    assert rt.synchronize_stream(stream) == 0
    assert rt.reset_device(0) == 0
    assert ran == [1, 2]


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_g2_subscriptions_end_with_finalize_and_give_their_event_ids_back(machine, soc):
    m = machine(soc, events=1, notifies=1)
    stream = m.stream()
    thread = m.session.host.thread("reporter")
    assert rt.subscribe_report(thread.ident, stream) == 0
    assert acl.finalize() == 0
    assert rt.launch_callback(id, None, BLOCK, stream) == 107015
    assert rt.subscribe_report(thread.ident, stream) == 0


def test_g5_g9_no_stream_left_for_a_context(machine):
    m = machine(device=False, streams=1)
    assert rt.set_device(0) == 0
    assert rt.create_context(0) == (0, 207008)
    assert rt.reset_device(0) == 0
    explicit, code = rt.create_context(0)
    assert (explicit != 0, code) == (True, 0)
    assert rt.set_device(0) == 207008
    assert rt.get_context() == (explicit, 0)
    assert rt.record_event(new_event(), NULL) == 0
    assert m.dropped() == []


def test_g6_streams_of_explicit_contexts_outlive_the_primary_one(machine):
    m = machine()
    stream = stream_in(context := other_context())
    assert rt.reset_device(0) == 0
    assert rt.set_context(context) == 0
    m.model()(stream)
    assert rt.synchronize_stream(stream) == 0
