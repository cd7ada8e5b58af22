"""Rules c7 to c12: what callbacks may do to the process_report that runs them."""

from __future__ import annotations

import gc
import weakref

import pytest

from acl_api.errors import DeadlockError
from simulator.base.trace import CallbackEnded, CallbackStarted
from tests.conformance.machine import BLOCK, EVERY, FORGED, MS, NO_BLOCK, NULL, ONE_OF_EACH, c, rt

THREAD_LEVEL = 0


def nothing(_data):
    """A callback that does nothing."""


def launch(stream, fn=nothing, block_type=BLOCK, data=None):
    assert rt.launch_callback(fn, data, block_type, stream) == 0


def own_reports(m, stream):
    """Subscribe the calling thread itself: the tests below process reports in main."""
    assert rt.subscribe_report(m.session.host.current().ident, stream) == 0


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_c7_no_report_with_a_null_function_can_come_into_being(machine, soc):
    """What would make process_report return 507000 is refused by both launch calls."""
    m = machine(soc)
    stream = m.stream()
    own_reports(m, stream)
    assert c.aclrtLaunchCallback(None, None, NO_BLOCK, stream) == 107000
    assert c.aclrtLaunchHostFunc(m.stream(), None, None) == 107000
    assert rt.process_report(1) == 507012


@pytest.mark.parametrize("soc", EVERY)
@pytest.mark.parametrize("block_type", [NO_BLOCK, BLOCK])
def test_c8_a_callback_that_raises_ends_only_itself(machine, soc, block_type):
    """Conformance 58: the launcher sees nothing, the stream goes on, the other callbacks of the batch run."""
    m = machine(soc)
    stream = m.stream()
    own_reports(m, stream)
    got: list[object] = []

    def bad(_data):
        raise KeyError("lost")

    launch(stream, got.append, NO_BLOCK, "before")
    launch(stream, bad, NO_BLOCK)
    launch(stream, bad, block_type)
    launch(stream, got.append, NO_BLOCK, "after")
    m.sleep(1 * MS)
    with pytest.raises(SystemError) as caught:
        rt.process_report(-1)
    assert isinstance(caught.value.__cause__, KeyError)
    while rt.process_report(1) == 0:
        pass
    assert rt.synchronize_stream(stream) == 0
    assert got == ["before", "after"]
    errors = [ended.error for ended in m.records(CallbackEnded)]
    assert errors == [None, "KeyError: 'lost'", "KeyError: 'lost'", None]


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_c9_a_nested_process_report_is_allowed_and_sees_only_newer_reports(machine, soc):
    """That the taken ones are not seen again is the simulator's choice: unverified on hardware."""
    m = machine(soc)
    stream, other = m.stream(), m.stream()
    own_reports(m, stream)
    own_reports(m, other)
    got: list[object] = []
    codes: list[int] = []

    def nested(_data):
        codes.append(rt.process_report(5))
        launch(other, got.append, NO_BLOCK, "newer")
        codes.append(rt.process_report(5))
        got.append("outer")

    launch(stream, nested, NO_BLOCK)
    launch(stream, got.append, NO_BLOCK, "same batch")
    m.sleep(1 * MS)
    assert rt.process_report(-1) == 0
    assert codes == [507012, 0]
    assert got == ["newer", "outer", "same batch"]


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_c10_several_threads_can_be_in_process_report_at_the_same_time(machine, soc):
    m = machine(soc)
    streams = [m.stream() for _ in range(8)]
    for number, stream in enumerate(streams):
        m.reporter(stream, name=f"reporter {number}")
        launch(stream, lambda _: m.sleep(10 * MS))
    assert rt.synchronize_device() == 0
    begins = [record.time for record in m.records(CallbackStarted)]
    ends = [record.time for record in m.records(CallbackEnded)]
    assert len(begins) == 8
    assert max(begins) < min(ends)


@pytest.mark.parametrize("soc", [*ONE_OF_EACH[:1], "Ascend310", "Ascend310P"])
def test_c11_without_stars_the_acknowledgement_of_an_unsubscribed_stream_is_no_error(machine, soc):
    m = machine(soc)
    stream, other = m.stream(), m.stream()
    own_reports(m, stream)
    own_reports(m, other)
    launch(stream)
    m.sleep(1 * MS)
    assert rt.unsubscribe_report(m.session.host.current().ident, stream) == 0
    assert rt.process_report(-1) == 0
    assert rt.synchronize_stream(stream) == 0


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_c12_a_callback_shares_current_context_and_last_error_with_its_thread(machine, soc):
    m = machine(soc)
    stream = m.stream()
    own_reports(m, stream)
    made = []

    def changes_both(_data):
        made.append(rt.peek_at_last_error(THREAD_LEVEL))
        assert rt.launch_callback(nothing, None, BLOCK, FORGED) == 107017
        made.append(rt.create_context(1)[0])

    assert rt.launch_callback(nothing, None, BLOCK, NULL) == 107015
    launch(stream, changes_both, NO_BLOCK)
    assert rt.process_report(-1) == 0
    assert made == [107015, rt.get_context()[0]]
    assert rt.get_device() == (1, 0)
    assert rt.get_last_error(THREAD_LEVEL) == 107017
    assert m.run_in_thread(lambda: rt.peek_at_last_error(THREAD_LEVEL)) == 0


def test_c12_a_code_of_process_report_itself_becomes_the_threads_last_error(machine):
    """A code of the ACL layer does not (rule i6)."""
    m = machine()
    assert rt.process_report(0) == 100000
    assert rt.get_last_error(THREAD_LEVEL) == 0
    own_reports(m, m.stream())
    assert rt.process_report(1) == 507012
    assert rt.get_last_error(THREAD_LEVEL) == 507012


class Payload:
    """User data that can be watched."""


@pytest.mark.shows("p27")
@pytest.mark.parametrize("soc", EVERY)
@pytest.mark.parametrize("trace", [False, True])
def test_c4_function_and_data_live_until_the_callback_has_run_and_no_longer(machine, soc, trace):
    """Conformance 59."""
    m = machine(soc, trace=trace)
    stream = m.stream()
    own_reports(m, stream)
    data = Payload()
    watched = weakref.ref(data)
    launch(stream, nothing, BLOCK, data)
    del data
    gc.collect()
    assert watched() is not None
    assert rt.process_report(-1) == 0
    gc.collect()
    assert watched() is None


def test_c6_resetting_the_device_takes_its_report_threads_their_subscription(machine):
    m = machine()
    own_reports(m, m.stream())
    assert rt.reset_device(0) == 0
    assert rt.process_report(100) == 107012


def test_c1_waiting_for_ever_for_nothing_is_reported_as_a_deadlock(machine):
    m = machine()
    own_reports(m, m.stream())
    with pytest.raises(DeadlockError, match="process_report"):
        rt.process_report(-1)
