"""Rules g14, g15: aborting the tasks of a device, and functions for the states of streams and devices."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulator.core.models import ModelSpec
from tests.conformance.machine import MS, NULL, ONE_OF_EACH, c, mdl, rt

SECOND = 1000 * MS
ABORTING = 107022


@pytest.mark.parametrize("soc", ["Ascend310", "Ascend310P", "Ascend910", "Ascend310B"])
def test_g14_products_that_cannot(machine, soc):
    machine(soc)
    assert rt.device_task_abort(0, 0) == 207000


@pytest.mark.shows("k6")
def test_g14_the_timeout_has_a_most_and_the_device_must_be_there_and_set(machine):
    m = machine()
    stream = m.stream()
    m.model(SECOND)(stream)
    assert rt.device_task_abort(0, 2_160_001) == 107000
    assert rt.device_task_abort(2, 0) == 107001
    assert rt.device_task_abort(-1, 0) == 107001
    assert rt.device_task_abort(1, 0) == 107002
    assert m.dropped() == []


@pytest.mark.parametrize("timeout", [0, 1000, 2_160_000])
def test_g14_all_streams_of_all_contexts_lose_their_tasks_and_go_on(machine, timeout):
    m = machine()
    run = m.model(SECOND)
    streams = [m.stream(), NULL]
    rt.create_context(0)
    third = m.stream()
    run(third)
    rt.set_device(0)
    for stream in streams:
        run(stream)
        run(stream)
    assert rt.device_task_abort(0, timeout) == 0
    assert m.dropped() == ["execute"] * 5
    assert m.now < SECOND
    for stream in streams:
        assert rt.synchronize_stream(stream) == 0
        assert run(stream) == 0
    assert rt.synchronize_device() == 0
    assert m.ran() == ["execute"] * 2


def test_g14_the_other_device_goes_on(machine):
    m = machine()
    run = m.model(SECOND)
    run(NULL)
    rt.set_device(1)
    stream = m.stream()
    m.model(SECOND)(stream)
    assert rt.device_task_abort(0, 0) == 0
    assert rt.synchronize_stream(stream) == 0
    assert m.ran() == ["execute"]


def test_g14_whoever_waits_or_comes_meanwhile_gets_107022(machine):
    m = machine()
    stream = m.stream()
    run = m.model(SECOND)
    run(stream)
    codes: dict[str, int] = {}

    def begin(name, call):
        def entry():
            rt.set_device(0)
            codes[name] = call()

        return m.start(entry, name)

    early = [
        begin("sync", lambda: rt.synchronize_stream(stream)),
        begin("device", rt.synchronize_device),
        begin("abort", lambda: rt.device_task_abort(0, 0)),
    ]
    m.sleep(MS)
    late = [
        begin("launch", lambda: run(stream)),
        begin("late device", rt.synchronize_device),
        begin("new stream", lambda: run(m.stream())),
        begin("default", lambda: run(NULL)),
    ]
    m.join(*early, *late)
    assert codes == dict.fromkeys(codes, ABORTING) | {"abort": 0}
    assert run(stream) == 0
    assert rt.synchronize_device() == 0


def test_g14_a_run_that_somebody_waits_for_is_aborted_too(machine):
    m = machine()
    m.session.declare_model(ModelSpec("long", latency_ns=SECOND))
    model, _ = mdl.load_from_file("long.om")
    dataset = mdl.create_dataset()
    codes: list[int] = []

    def run():
        rt.set_device(0)
        codes.append(mdl.execute(model, dataset, dataset))

    thread = m.start(run)
    m.sleep(MS)
    assert rt.device_task_abort(0, 0) == 0
    m.join(thread)
    assert codes == [ABORTING]
    assert mdl.execute(model, dataset, dataset) == 0


def test_g14_what_takes_too_long_gives_107019_and_the_device_stays_in_abort(machine):
    m = machine()
    profile = m.session.runtime.profile
    m.session.runtime.profile = replace(profile, costs=replace(profile.costs, abort_latency_ns=2 * SECOND))
    assert rt.device_task_abort(0, 500) == 107019
    assert m.now == pytest.approx(SECOND // 2, abs=MS)
    assert m.model()(NULL) == ABORTING
    assert rt.device_task_abort(0, 3000) == 0
    assert m.model()(NULL) == 0


def test_g14_nothing_is_left_of_earlier_failures(machine):
    m = machine()
    stream = m.stream()
    rt.set_stream_failure_mode(stream, 1)
    m.model(fails_with=507015)(stream)
    assert rt.synchronize_stream(stream) == 507015
    assert rt.device_task_abort(0, 0) == 0
    assert m.model()(stream) == 0
    assert rt.synchronize_stream(stream) == 0


# -- states


def listen(register, name="listener", argument=None):
    heard: list[tuple[int, int, object]] = []
    assert register(name, lambda *told: heard.append(told), argument) == 0
    return heard


@pytest.mark.shows("item 80")
@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_g15_streams_are_told_after_they_are_made_and_before_they_go(machine, soc):
    m = machine(soc)
    heard = listen(c.aclrtRegStreamStateCallback, argument="mine")
    stream = m.stream()
    assert heard == [(stream, 1, "mine")]
    states: list[int] = []
    c.aclrtRegStreamStateCallback(
        "other", lambda stream, _s, _a: states.append(rt.stream_query(stream)[1]), None
    )
    rt.destroy_stream(stream)
    assert heard == [(stream, 1, "mine"), (stream, 2, "mine")]
    assert states == [0]  # it is still there
    assert rt.destroy_stream_force(m.stream()) == 0
    assert [state for _, state, _ in heard] == [1, 2, 1, 2]


def test_g15_default_streams_are_included(machine):
    machine(device=False)
    heard = listen(c.aclrtRegStreamStateCallback)
    rt.set_device(0)
    default, _ = rt.ctx_get_current_default_stream()
    assert heard == [(default, 1, None)]
    context, _ = rt.create_context(0)
    rt.destroy_context(context)
    assert [state for _, state, _ in heard] == [1, 1, 2]
    rt.reset_device(0)
    assert heard[-1] == (default, 2, None)


def test_g15_devices_are_told_around_set_and_reset(machine):
    machine(device=False)
    heard = listen(c.aclrtRegDeviceStateCallback, argument=7)
    rt.set_device(1)
    assert heard == [(1, 0, 7), (1, 1, 7)]
    rt.set_device(1)  # there is nothing to set up any more
    assert heard[2:] == [(1, 1, 7)]
    rt.reset_device(1)
    assert heard[3:] == []
    rt.reset_device(1)
    assert heard[3:] == [(1, 2, 7), (1, 3, 7)]


def test_g15_they_are_called_in_the_order_of_their_names(machine):
    m = machine()
    order: list[str] = []
    for name in ("second", "third", "first"):
        c.aclrtRegStreamStateCallback(name, lambda _stream, _state, said: order.append(said), name)
    m.stream()
    assert order == ["first", "second", "third"]


@pytest.mark.parametrize("register", [c.aclrtRegStreamStateCallback, c.aclrtRegDeviceStateCallback])
def test_g15_a_name_must_be_there_and_be_free_and_null_takes_it_back(machine, register):
    m = machine()
    assert register(None, print, None) == 100000
    heard = listen(register, "mine")
    assert register("mine", print, None) == 107000
    assert register("mine", None, None) == 0
    m.stream()
    rt.set_device(1)
    assert heard == []
    assert register("mine", None, None) == 0
    assert listen(register, "mine") == []


def test_g15_a_function_that_raises_stops_nothing(machine):
    m = machine()

    def broken(*_told):
        raise ValueError("broken")

    c.aclrtRegStreamStateCallback("a", broken, None)
    heard = listen(c.aclrtRegStreamStateCallback, "b")
    m.stream()
    assert len(heard) == 1
    assert m.findings() == ["state-callback-raised"]
