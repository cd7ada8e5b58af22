"""Rules e16, e17: aborting and stopping streams."""

from __future__ import annotations

from dataclasses import replace

import pytest

from acl_api.errors import DeadlockError
from tests.conformance.machine import BLOCK, FORGED, MS, NO_BLOCK, NULL, ONE_OF_EACH, c, rt

SECOND = 1000 * MS
ABORTING = 107023


def test_e16_other_context_stale_handle_and_no_context(machine):
    m = machine()
    stream = m.stream()
    assert rt.create_context(0)[1] == 0
    assert rt.stream_abort(stream) == 107003
    assert rt.stream_abort(FORGED) == 107017
    assert m.run_in_thread(lambda: (rt.stream_abort(stream), rt.stream_abort(NULL))) == (107002, 107000)


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_e16_products_that_cannot_abort_answer_207000_and_drop_nothing(machine, soc):
    m = machine(soc)
    stream = m.stream()
    m.model()(stream)
    supported = m.session.runtime.profile.features.stream_abort
    assert rt.stream_abort(stream) == (0 if supported else 207000)
    assert m.dropped() == (["execute"] if supported else [])


@pytest.mark.parametrize("default", [False, True])
def test_e16_the_running_task_stops_and_the_others_are_dropped(machine, default):
    m = machine()
    stream = NULL if default else m.stream()
    run = m.model(SECOND)
    for _ in range(3):
        assert run(stream) == 0
    m.sleep(MS)
    assert rt.stream_abort(stream) == 0
    assert m.dropped() == ["execute"] * 3
    assert m.ran() == []
    assert m.now < SECOND  # it is no wait for the task
    assert rt.synchronize_stream(stream) == 0
    assert run(stream) == 0
    assert rt.synchronize_stream(stream) == 0
    assert m.ran() == ["execute"]


def test_e16_tasks_of_other_streams_go_on(machine):
    m = machine()
    one, other = m.stream(), m.stream()
    m.model(SECOND)(one)
    m.model(SECOND)(other)
    assert rt.stream_abort(one) == 0
    assert rt.synchronize_stream(other) == 0
    assert m.ran() == ["execute"]


def test_e16_a_stream_that_waits_for_an_event_is_free_of_it(machine):
    m = machine()
    first, second = m.stream(), m.stream()
    event, _ = rt.create_event_with_flag(1)
    m.model(SECOND)(first)
    rt.record_event(event, first)
    assert rt.stream_wait_event(second, event) == 0
    m.model()(second)
    assert rt.stream_abort(second) == 0
    assert rt.synchronize_stream(second) == 0
    assert m.now < SECOND
    assert rt.synchronize_stream(first) == 0
    assert m.ran() == ["execute", "record"]


def test_e16_a_callback_that_was_queued_never_runs(machine):
    m = machine()
    stream = m.stream()
    m.reporter(stream)
    ran: list[object] = []
    m.model(SECOND)(stream)
    rt.launch_callback(ran.append, 1, BLOCK, stream)
    assert rt.stream_abort(stream) == 0
    rt.launch_callback(ran.append, 2, NO_BLOCK, stream)
    assert rt.synchronize_stream(stream) == 0
    m.sleep(SECOND)
    assert ran == [2]


def test_e16_a_callback_that_runs_is_waited_for_by_nobody(machine):
    m = machine()
    stream = m.stream()
    m.reporter(stream)
    done: list[str] = []

    def long(_data):
        m.sleep(SECOND)
        done.append("callback")

    rt.launch_callback(long, None, BLOCK, stream)
    m.model()(stream)
    m.sleep(MS)
    assert rt.stream_abort(stream) == 0
    assert rt.synchronize_stream(stream) == 0
    assert done == []
    m.model()(stream)
    assert rt.synchronize_stream(stream) == 0
    m.sleep(2 * SECOND)
    assert done == ["callback"]


def test_e16_whoever_waits_meanwhile_gets_107023(machine):
    """A sync that waits, one that comes, and a launch that comes, each from its own thread."""
    m = machine()
    stream = m.stream()
    event, _ = rt.create_event_with_flag(1)
    run = m.model(SECOND)
    run(stream)
    rt.record_event(event, stream)
    codes: dict[str, int] = {}

    def begin(name, call):
        def entry():
            rt.set_device(0)
            codes[name] = call()

        return m.start(entry, name)

    early = [
        begin("sync", lambda: rt.synchronize_stream(stream)),
        begin("device", rt.synchronize_device),
        begin("event", lambda: rt.synchronize_event(event)),
        begin("abort", lambda: rt.stream_abort(stream)),
    ]
    m.sleep(MS)  # the abort takes longer
    late = [
        begin("late sync", lambda: rt.synchronize_stream_with_timeout(stream, 50)),
        begin("launch", lambda: run(stream)),
        begin("query", lambda: rt.stream_query(stream)[1]),
        begin("record", lambda: rt.record_event(event, stream)),
    ]
    m.join(*early, *late)
    assert codes == dict.fromkeys(codes, ABORTING) | {"abort": 0}
    assert run(stream) == 0
    assert rt.synchronize_stream(stream) == 0


def test_e16_a_launch_that_waits_for_room_gets_107023(machine):
    """Rule e8: back-pressure, seen from a second thread."""
    m = machine(queue_depth=4)
    stream = m.stream()
    run = m.model(SECOND)
    codes: list[int] = []

    def fill():
        rt.set_device(0)
        while (code := run(stream)) == 0:
            codes.append(code)
        codes.append(code)

    thread = m.start(fill)
    m.sleep(MS)
    assert codes == [0] * 4
    assert rt.stream_abort(stream) == 0
    m.join(thread)
    assert codes == [0] * 4 + [ABORTING]


@pytest.mark.shows("k6")
def test_e16_what_takes_a_minute_ends_with_107019_and_stays_in_abort(machine):
    m = machine()
    slow = m.session.runtime.profile
    m.session.runtime.profile = replace(slow, costs=replace(slow.costs, abort_latency_ns=61 * SECOND))
    stream = m.stream()
    run = m.model()
    assert rt.stream_abort(stream) == 107019
    assert m.now == pytest.approx(60 * SECOND, abs=MS)
    assert run(stream) == ABORTING
    assert rt.synchronize_stream(stream) == ABORTING
    assert rt.destroy_stream_force(stream) == 0


def test_e16_a_failure_from_before_the_abort_is_still_told(machine):
    m = machine()
    stream = m.stream()
    m.model(fails_with=507015)(stream)
    m.sleep(2 * MS)
    assert rt.stream_abort(stream) == 0
    assert rt.synchronize_stream(stream) == 507015


def test_e17_the_running_task_stops_and_the_rest_stays(machine):
    m = machine()
    stream = m.stream()
    run = m.model(SECOND)
    run(stream)
    run(stream)
    m.sleep(MS)
    assert c.aclrtStreamStop(stream) == 0
    assert rt.synchronize_stream_with_timeout(stream, 5000) == 507046
    assert m.ran() == []
    assert m.dropped() == []
    assert rt.stream_abort(stream) == 0
    run(stream)
    assert rt.synchronize_stream(stream) == 0
    assert m.ran() == ["execute"]


def test_e17_a_wait_for_a_stopped_stream_is_a_hang_that_says_so(machine):
    m = machine()
    stream = m.stream()
    m.model(SECOND)(stream)
    c.aclrtStreamStop(stream)
    with pytest.raises(DeadlockError) as caught:
        rt.synchronize_stream(stream)
    assert "was stopped by aclrtStreamStop" in str(caught.value)
    assert "call acl.rt.stream_abort on stream" in str(caught.value)


def test_e17_null_other_context_and_products_without(machine):
    m = machine()
    stream = m.stream()
    assert c.aclrtStreamStop(None) == 107000
    assert c.aclrtStreamStop(FORGED) == 107017
    rt.create_context(0)
    assert c.aclrtStreamStop(stream) == 107003
    old = machine("Ascend310")
    assert c.aclrtStreamStop(old.stream()) == 207000
