"""What comes of an exception inside a callback: out of process_report as the binding does it, and a finding."""

from __future__ import annotations

import pytest

import acl_api as acl
from simulator.base.trace import Noted
from simulator.engine.hosts.ends import RunKind
from tests.unit.hangs import BLOCK, NO_BLOCK, Program, nothing, run

HOSTS = pytest.mark.parametrize("host", ["greenlets", "baton"])


class Stop(BaseException):
    """An exception that is no Exception, as test tools have them."""


def fails(_data: object) -> None:
    raise ValueError("no such label")


def exits(_data: object) -> None:
    raise SystemExit(3)


def stops(_data: object) -> None:
    raise Stop


@pytest.mark.shows("p28")
@HOSTS
@pytest.mark.parametrize(("fn", "cause"), [(fails, ValueError), (exits, SystemExit), (stops, Stop)])
def test_process_report_raises_a_system_error_from_whatever_the_callback_raised(fn, cause, host):
    """pyacl.md, Callbacks: the exception is left set, and CPython makes a SystemError of it."""
    caught = []

    def reports() -> None:
        try:
            acl.rt.process_report(-1)
        except SystemError as error:
            caught.append(error)
        acl.rt.process_report(-1)

    def main(program: Program) -> None:
        stream = program.stream(program.thread("reporter", reports), "s")
        assert acl.rt.launch_callback(fn, None, BLOCK, stream) == 0
        assert acl.rt.synchronize_stream(stream) == 0  # its stream goes on all the same
        assert acl.rt.launch_callback(nothing, None, BLOCK, stream) == 0
        assert acl.rt.synchronize_stream(stream) == 0

    assert run(main, host=host).kind is RunKind.DONE
    assert [type(error.__cause__) for error in caught] == [cause]


@HOSTS
def test_the_finding_tells_what_was_raised_where_and_what_comes_of_it(host):
    found = []

    def main(program: Program) -> None:
        reporter = program.thread("reporter", lambda: acl.rt.process_report(-1))
        stream = program.stream(reporter, "s")
        acl.rt.launch_callback(fails, None, BLOCK, stream)
        acl.rt.synchronize_stream(stream)
        program.host.join(reporter)
        found.extend(program.findings())

    run(main, host=host)
    (finding,) = found
    assert (finding.finding, finding.thread, finding.rule) == ("callback-raised", "reporter", "c8")
    assert finding.text.startswith(
        "callback fails of stream s raised ValueError: no such label at test_callbacks_that_raise.py:"
    )
    assert (
        "in fails; process_report raises SystemError from it in reporter, whose report loop ends"
        in finding.text
    )


def test_each_callback_of_a_batch_that_raises_is_told_and_the_others_run():
    ran, found = list[object](), list[Noted]()

    def main(program: Program) -> None:
        reporter = program.thread("reporter")
        stream = program.stream(reporter, "s")
        for fn in (fails, ran.append, exits, ran.append):
            acl.rt.launch_callback(fn, None, NO_BLOCK, stream)
        acl.rt.synchronize_stream(stream)

        def reports() -> None:
            with pytest.raises(SystemError):
                acl.rt.process_report(-1)

        program.host.start(reporter, reports)
        program.host.join(reporter)
        found.extend(program.findings())

    assert run(main).kind is RunKind.DONE
    assert len(ran) == 2
    assert [each.text.split(" at ")[0] for each in found] == [
        "callback fails of stream s raised ValueError: no such label",
        "callback exits of stream s raised SystemExit: 3",
    ]


@HOSTS
def test_a_report_loop_that_ended_by_a_callback_is_the_reason_of_the_hang(host):
    def reports() -> None:
        while True:
            acl.rt.process_report(-1)

    def main(program: Program) -> None:
        stream = program.stream(program.thread("reporter", reports), "s")
        acl.rt.launch_callback(fails, None, BLOCK, stream)
        acl.rt.synchronize_stream(stream)
        acl.rt.launch_callback(nothing, None, BLOCK, stream)
        acl.rt.synchronize_stream(stream)

    hang = run(main, host=host)
    assert hang.kind is RunKind.DEADLOCK
    hang.says("reporter has ended by SystemError from ValueError: no such label, so it will never call")
    hang.mends("mend or catch what ended reporter (SystemError from ValueError: no such label)")


def test_ctrl_c_in_a_callback_ends_the_run_and_is_no_finding():
    def interrupted(_data: object) -> None:
        raise KeyboardInterrupt

    with acl.Session(devices=1) as session:
        acl.init()
        acl.rt.set_device(0)
        stream, _ = acl.rt.create_stream()
        acl.rt.subscribe_report(session.host.current().ident, stream)
        acl.rt.launch_callback(interrupted, None, NO_BLOCK, stream)
        acl.rt.synchronize_stream(stream)
        with pytest.raises(KeyboardInterrupt):
            acl.rt.process_report(-1)
        assert session.trace is not None
        assert session.trace.of(Noted) == []
