"""Programs run to their end or to where they hang, and what the checks find in their traces."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import acl_api as acl
from simulator.check.finding import Finding
from simulator.check.suite import check_trace
from simulator.engine.hosts.ends import RunKind
from tests.unit.hangs import SOON, Program


def checked(
    main: Callable[[Program], object], soc: str = "Ascend910B", *, gil: bool = False
) -> tuple[Finding, ...]:
    """Run *main* as the thread "main", with device 0 set; return every finding."""
    with acl.Session(soc=soc, devices=1, stall=SOON, gil=gil) as session:
        program = Program(session)

        def entry() -> None:
            assert acl.init() == 0
            assert acl.rt.set_device(0) == 0
            main(program)

        thread = program.thread("main", entry)
        end = session.host.run()
        if thread.error is not None:
            raise thread.error
    assert session.trace is not None
    return check_trace(session.trace, closed=end.kind is RunKind.DONE)


def serious(findings: Iterable[Finding]) -> dict[str, Finding]:
    """Return errors and warnings by their ids, each of which stands for one finding."""
    kept = [each for each in findings if each.severity != "note"]
    assert len({each.id for each in kept}) == len(kept), kept
    return {each.id: each for each in kept}


def notes(findings: Iterable[Finding]) -> set[str]:
    """Return the ids of notes."""
    return {each.id for each in findings if each.severity == "note"}


def tear_down(stream: int | None = None) -> None:
    """Release what is left, in the right order."""
    if stream is not None:
        assert acl.rt.destroy_stream(stream) == 0
    assert acl.rt.reset_device(0) == 0
    assert acl.finalize() == 0


def polls(stop: list[bool]) -> Callable[[], None]:
    """Return the loop of a report thread as it should be: until told to stop, whatever the code."""

    def loop() -> None:
        while not stop:
            acl.rt.process_report(1)

    return loop
