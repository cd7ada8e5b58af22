"""Rules a1 to a11: what launch_callback checks, in which order, and what it does not check."""

from __future__ import annotations

import pytest

from simulator.core.options import RuntimeOptions
from tests.conformance.machine import BLOCK, EVERY, FORGED, MS, NO_BLOCK, NULL, ONE_OF_EACH, c, rt


def nothing(_data):
    """A callback that does nothing."""


@pytest.mark.shows("p29")
@pytest.mark.parametrize("block_type", [-1, 2, 3, 2**31 - 1])
@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_a1_a_block_type_other_than_0_and_1_gives_100000(machine, soc, block_type):
    m = machine(soc)
    stream = m.stream()
    m.reporter(stream)
    assert rt.launch_callback(nothing, None, block_type, stream) == 100000


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_a1_both_block_types_are_accepted(machine, soc):
    m = machine(soc)
    stream = m.stream()
    m.reporter(stream)
    assert rt.launch_callback(nothing, None, NO_BLOCK, stream) == 0
    assert rt.launch_callback(nothing, None, BLOCK, stream) == 0
    assert rt.synchronize_stream(stream) == 0
    assert m.called_back() == ["reporter", "reporter"]


@pytest.mark.parametrize("soc", EVERY)
def test_a1b_no_block_is_a_finding_only_where_the_vendor_reserves_it(machine, soc):
    m = machine(soc)
    stream = m.stream()
    m.reporter(stream)
    assert rt.launch_callback(nothing, None, NO_BLOCK, stream) == 0
    assert rt.synchronize_stream(stream) == 0
    m.sleep(MS)
    assert m.called_back() == ["reporter"]
    assert m.findings() == (["no-block-reserved"] if soc == "Ascend310" else [])


def test_a1b_no_block_can_be_refused_with_207000_and_block_cannot(machine):
    m = machine("Ascend310", options=RuntimeOptions(no_block="reject"))
    stream = m.stream()
    m.reporter(stream)
    assert rt.launch_callback(nothing, None, NO_BLOCK, stream) == 207000
    assert rt.launch_callback(nothing, None, BLOCK, stream) == 0
    assert rt.synchronize_stream(stream) == 0
    assert m.ran() == ["callback"]


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_a2_a_destroyed_foreign_or_forged_stream_gives_107017(machine, soc):
    m = machine(soc)
    stream = m.stream()
    event, _ = rt.create_event()
    context, _ = rt.get_context()
    assert rt.destroy_stream(stream) == 0
    codes = [rt.launch_callback(nothing, None, BLOCK, bad) for bad in (stream, event, context, FORGED)]
    assert codes == [107017] * 4
    assert m.findings() == ["stale-handle", "foreign-handle", "foreign-handle", "forged-handle"]


def test_a3_a_null_function_gives_107000(machine):
    m = machine()
    stream = m.stream()
    m.reporter(stream)
    assert c.aclrtLaunchCallback(None, None, BLOCK, stream) == 107000


@pytest.mark.parametrize("data", [None, 0, (), [], object()], ids=["None", "0", "tuple", "list", "object"])
def test_a3_user_data_may_be_anything_and_comes_back_itself(machine, data):
    """Conformance 6 and 7: exactly one positional argument, the object itself."""
    m = machine()
    stream = m.stream()
    m.reporter(stream)
    got: list[tuple[tuple[object, ...], dict[str, object]]] = []
    assert rt.launch_callback(lambda *args, **kwargs: got.append((args, kwargs)), data, BLOCK, stream) == 0
    assert rt.synchronize_stream(stream) == 0
    ((args, kwargs),) = got
    assert args[0] is data
    assert (len(args), kwargs) == (1, {})


def test_a3_a_function_that_is_not_callable_is_an_exception_and_no_code(machine):
    """Conformance 37."""
    m = machine()
    stream = m.stream()
    with pytest.raises(TypeError, match="parameter must be callable"):
        rt.launch_callback(7, None, BLOCK, stream)


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_a4_a_stream_of_the_runtimes_own_thread_gives_107011_for_ever(machine, soc):
    m = machine(soc)
    stream = m.stream()
    assert c.aclrtLaunchHostFunc(stream, nothing, None) == 0
    assert rt.launch_callback(nothing, None, BLOCK, stream) == 107011
    assert rt.synchronize_stream(stream) == 0
    assert rt.launch_callback(nothing, None, BLOCK, stream) == 107011


def test_a4_does_not_mean_called_from_inside_a_callback(machine):
    m = machine()
    stream, other = m.stream(), m.stream()
    m.reporter(stream, other)
    codes = []
    context, _ = rt.get_context()

    def launch_more(_data):
        assert rt.set_context(context) == 0
        codes.append(rt.launch_callback(nothing, None, NO_BLOCK, other))

    assert rt.launch_callback(launch_more, None, BLOCK, stream) == 0
    assert rt.synchronize_stream(stream) == 0
    assert codes == [0]


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_a5_a_thread_without_a_context_gets_107002(machine, soc):
    m = machine(soc)
    stream = m.stream()
    m.reporter(stream)
    assert m.run_in_thread(lambda: rt.launch_callback(nothing, None, BLOCK, stream)) == 107002
    assert m.run_in_thread(lambda: rt.launch_callback(nothing, None, BLOCK, NULL)) == 107002


def test_a5_a_context_that_was_destroyed_elsewhere_is_no_context(machine):
    m = machine()
    mine, _ = rt.get_context()
    stream = m.stream()
    m.reporter(stream)
    doomed, _ = rt.create_context(0)
    assert m.run_in_thread(lambda: rt.destroy_context(doomed)) == 0
    assert rt.launch_callback(nothing, None, BLOCK, stream) == 107002
    assert rt.set_context(mine) == 0
    assert rt.launch_callback(nothing, None, BLOCK, stream) == 0


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_a6_null_means_the_default_stream_of_the_current_context(machine, soc):
    """Conformance 2 and 34."""
    m = machine(soc)
    default, _ = rt.ctx_get_current_default_stream()
    reporter = m.reporter(NULL)
    got: list[object] = []
    assert rt.launch_callback(got.append, "null", BLOCK, NULL) == 0
    assert rt.launch_callback(got.append, "handle", BLOCK, default) == 0
    assert rt.synchronize_stream(NULL) == 0
    assert got == ["null", "handle"]
    assert rt.unsubscribe_report(reporter.thread.ident, default) == 0


def test_a6_without_a_default_stream_null_gives_507000(machine):
    m = machine()
    default, _ = rt.ctx_get_current_default_stream()
    m.reporter(NULL)
    assert rt.destroy_stream(default) == 0
    assert rt.launch_callback(nothing, None, BLOCK, NULL) == 507000


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_a7_a_stream_of_another_context_gives_107003(machine, soc):
    """Conformance 35 and 71: another context of the device, and another device."""
    m = machine(soc)
    stream = m.stream()
    m.reporter(stream)
    _, code = rt.create_context(0)
    assert code == 0
    assert rt.launch_callback(nothing, None, BLOCK, stream) == 107003
    assert rt.set_device(1) == 0
    assert rt.launch_callback(nothing, None, BLOCK, stream) == 107003
    assert rt.set_device(0) == 0
    assert rt.launch_callback(nothing, None, BLOCK, stream) == 0


@pytest.mark.parametrize("soc", ONE_OF_EACH)
@pytest.mark.parametrize("block_type", [NO_BLOCK, BLOCK])
def test_a8_a_stream_nobody_subscribed_gives_107015_and_queues_nothing(machine, soc, block_type):
    """Conformance 17: also when another stream of the same context is subscribed."""
    m = machine(soc)
    stream, other = m.stream(), m.stream()
    m.reporter(other)
    assert rt.launch_callback(nothing, None, block_type, stream) == 107015
    assert rt.launch_callback(nothing, None, block_type, NULL) == 107015
    assert rt.synchronize_device() == 0
    assert m.ran() == []


@pytest.mark.shows("p30")
@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_a9_of_several_faults_the_first_in_the_order_a1_to_a8_decides(machine, soc):
    m = machine(soc)
    mine, _ = rt.get_context()
    free, bound, dead = m.stream(), m.stream(), m.stream()
    assert c.aclrtLaunchHostFunc(bound, nothing, None) == 0
    assert rt.destroy_stream(dead) == 0
    rt.create_context(0)

    def launch(fn, block_type, stream):
        return c.aclrtLaunchCallback(fn, None, block_type, stream)

    def without_context(*args):
        return m.run_in_thread(lambda: launch(*args))

    # From the top, each call keeps all faults of the call below it and adds an earlier one.
    assert without_context(None, 2, dead) == 100000  # a1 before a2, a3, a5
    assert without_context(None, BLOCK, dead) == 107017  # a2 before a3, a5
    assert without_context(None, 2, bound) == 100000  # a1 before a3, a4, a5
    assert without_context(None, BLOCK, bound) == 107000  # a3 before a4, a5
    assert without_context(nothing, BLOCK, bound) == 107011  # a4 before a5
    assert launch(nothing, BLOCK, bound) == 107011  # a4 before a7
    assert without_context(nothing, BLOCK, free) == 107002  # a5 before a8, and before a7 could be told
    assert launch(nothing, 2, free) == 100000  # a1 before a7, a8
    assert launch(None, BLOCK, free) == 107000  # a3 before a7, a8
    assert launch(nothing, BLOCK, free) == 107003  # a7 before a8
    default, _ = rt.ctx_get_current_default_stream()
    assert rt.destroy_stream(default) == 0
    assert launch(None, BLOCK, NULL) == 107000  # a3 before a6
    assert launch(nothing, BLOCK, NULL) == 507000  # a6 before a8
    assert without_context(nothing, BLOCK, NULL) == 107002  # a5 before a6
    assert rt.set_context(mine) == 0
    assert launch(nothing, BLOCK, free) == 107015  # a8


@pytest.mark.shows("p31")
@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_a9_the_subscribed_thread_need_not_exist_nor_be_alive(machine, soc):
    m = machine(soc)
    stream, other = m.stream(), m.stream()
    assert rt.subscribe_report(12345, stream) == 0
    assert rt.launch_callback(nothing, None, NO_BLOCK, stream) == 0
    ended = m.start(lambda: None)
    m.join(ended)
    assert rt.subscribe_report(ended.ident, other) == 0
    assert rt.launch_callback(nothing, None, NO_BLOCK, other) == 0


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_a10_null_runs_on_the_runtimes_own_thread_when_the_default_stream_is_bound_to_it(machine, soc):
    m = machine(soc)
    default, _ = rt.ctx_get_current_default_stream()
    got: list[object] = []
    assert c.aclrtLaunchHostFunc(NULL, got.append, "host function") == 0
    assert rt.launch_callback(got.append, "refused", BLOCK, default) == 107011
    assert rt.launch_callback(got.append, "callback", BLOCK, NULL) == 0
    assert rt.synchronize_stream(NULL) == 0
    assert got == ["host function", "callback"]
    assert len(set(m.called_back())) == 1


def test_a11_calls_inside_a_callback_are_not_refused(machine):
    """Conformance 52 is about what may come of it; the runtime checks nothing."""
    m = machine()
    context, _ = rt.get_context()
    stream, other = m.stream(), m.stream()
    m.reporter(stream, other)
    run = m.model()
    codes = {}

    def forbidden(_data):
        codes["set_context"] = rt.set_context(context)
        pointer, codes["malloc"] = rt.malloc(64, 0)
        codes["free"] = rt.free(pointer)
        codes["execute_async"] = run(other)
        codes["launch_callback"] = rt.launch_callback(nothing, None, NO_BLOCK, other)
        codes["synchronize_stream"] = rt.synchronize_stream(other)
        _, codes["create_stream"] = rt.create_stream()

    assert rt.launch_callback(forbidden, None, BLOCK, stream) == 0
    assert rt.synchronize_stream(stream) == 0
    assert len(codes) == 7
    assert set(codes.values()) == {0}


def test_a1_to_a8_a_refused_launch_leaves_no_task_behind(machine):
    m = machine()
    stream = m.stream()
    m.reporter(stream)
    assert rt.launch_callback(nothing, None, 5, stream) == 100000
    assert c.aclrtLaunchCallback(None, None, BLOCK, stream) == 107000
    assert rt.launch_callback(nothing, None, BLOCK, FORGED) == 107017
    assert rt.synchronize_device() == 0
    assert m.ran() == []
    m.session.close()
    assert m.dropped() == []
