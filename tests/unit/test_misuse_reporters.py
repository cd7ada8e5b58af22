"""Report threads that end, give up or ask in vain."""

from __future__ import annotations

import pytest

import acl_api as acl
from tests.unit.found import checked, polls, serious, tear_down
from tests.unit.hangs import BLOCK, NO_BLOCK, Program, nothing

NOT_SUBSCRIBED, NOTHING_CAME = 107012, 507012


def test_a_report_thread_that_has_ended_before_the_launch():
    def main(program: Program) -> None:
        reporter = program.thread("reporter", lambda: None)
        stream = program.stream(reporter, "s")
        program.host.join(reporter)
        assert acl.rt.launch_callback(nothing, None, NO_BLOCK, stream) == 0
        assert acl.rt.synchronize_stream(stream) == 0

    found = serious(checked(main))["report-thread-gone"]
    assert found.severity == "error"
    assert "reporter (subscribed to stream s) ended, before callback 'nothing' was launched" in found.sentence
    assert len(found.lines) == 2  # the launch, and the subscription


def test_a_report_thread_that_ends_under_its_callbacks():
    def main(program: Program) -> None:
        go = program.flag("go")
        reporter = program.thread("reporter", go.wait)
        stream = program.stream(reporter)
        for _ in range(2):
            assert acl.rt.launch_callback(nothing, None, NO_BLOCK, stream) == 0
        go.set()
        program.host.join(reporter)

    found = serious(checked(main))["report-thread-gone"]
    assert "with 2 callbacks outstanding for it" in found.sentence


@pytest.mark.parametrize("code", [NOT_SUBSCRIBED, NOTHING_CAME])
def test_a_report_loop_that_ends_at_the_first_code_that_only_says_wait(code):
    def main(program: Program) -> None:
        go = program.flag("go")

        def loop() -> None:
            if code == NOTHING_CAME:
                go.wait()
            while acl.rt.process_report(1) == 0:
                pass

        reporter = program.thread("reporter", loop)
        if code == NOT_SUBSCRIBED:
            program.host.join(reporter)
        stream = program.stream(reporter)
        go.set()
        program.host.join(reporter)
        acl.rt.launch_callback(nothing, None, NO_BLOCK, stream)

    found = serious(checked(main))
    assert set(found) == {"report-loop-ended", "never-synchronised"}
    assert f"at the first {code} of process_report" in found["report-loop-ended"].sentence


def test_a_report_loop_that_raises_at_it_is_found_although_nothing_came_later():
    def main(program: Program) -> None:
        def loop() -> None:
            code = acl.rt.process_report(1)
            if code:
                raise RuntimeError(code)

        reporter = program.thread("reporter")
        stream = program.stream(reporter)
        program.host.start(reporter, loop)
        program.host.join(reporter)
        assert acl.rt.unsubscribe_report(reporter.ident, stream) == 0
        tear_down(stream)

    found = serious(checked(main))
    assert set(found) == {"report-loop-ended"}
    assert "RuntimeError: 507012" in found["report-loop-ended"].sentence


def test_a_loop_that_ends_when_told_and_after_an_idle_moment_is_right():
    def main(program: Program) -> None:
        stop: list[bool] = []
        reporter = program.thread("reporter", polls(stop))
        stream = program.stream(reporter)
        assert acl.rt.launch_callback(nothing, None, BLOCK, stream) == 0
        assert acl.rt.synchronize_stream(stream) == 0
        stop.append(True)
        program.host.join(reporter)  # its last process_report has timed out
        tear_down(stream)

    assert serious(checked(main)) == {}


def test_a_thread_that_polls_and_is_never_subscribed():
    def main(program: Program) -> None:
        def loop() -> None:
            for _ in range(5):
                assert acl.rt.process_report(1) == NOT_SUBSCRIBED

        program.host.join(program.thread("lonely", loop))
        tear_down()

    found = serious(checked(main))
    assert set(found) == {"polls-unsubscribed"}
    assert "lonely called process_report 5 times" in found["polls-unsubscribed"].sentence


def test_launches_that_are_tried_again_without_a_subscription():
    def main(program: Program) -> None:
        stream = program.stream(name="s")
        codes = [acl.rt.launch_callback(nothing, None, BLOCK, stream) for _ in range(4)]
        assert codes == [107015] * 4
        tear_down(stream)

    found = serious(checked(main))
    assert set(found) == {"launch-retried"}
    assert "4 times" in found["launch-retried"].sentence


def test_a_launch_that_is_tried_again_after_subscribing_is_right():
    def main(program: Program) -> None:
        stop: list[bool] = []
        reporter = program.thread("reporter", polls(stop))
        stream = program.stream()
        assert acl.rt.launch_callback(nothing, None, BLOCK, stream) == 107015
        assert acl.rt.subscribe_report(reporter.ident, stream) == 0
        assert acl.rt.launch_callback(nothing, None, BLOCK, stream) == 0
        assert acl.rt.synchronize_stream(stream) == 0
        stop.append(True)
        program.host.join(reporter)
        tear_down(stream)

    assert serious(checked(main)) == {}
