"""Others could run before a call, and never between a call and the program's next lines."""

from __future__ import annotations

import pytest

import acl_api as acl
from simulator.explore import Bounds, FunctionSubject, Verdict, explore

_TIMEOUT, _NOT_SUBSCRIBED = 507012, 107012


class Program:
    """A program with a stream, and a report thread that polls until the work is done; made anew for each run."""

    def __init__(self) -> None:
        self.done = False

    def work(self, stream: int) -> None:
        """Use *stream*."""

    def stops(self) -> bool:
        """Tell the report thread whether to stop."""
        return self.done

    def run(self) -> None:
        acl.init()
        acl.rt.set_device(0)
        context, _ = acl.rt.get_context()
        stream, _ = acl.rt.create_stream()

        def report(_argument: object = None) -> None:
            acl.rt.set_context(context)
            while not self.stops():
                assert acl.rt.process_report(100) in (0, _TIMEOUT, _NOT_SUBSCRIBED)

        thread, _ = acl.util.start_thread(report, None)
        acl.rt.subscribe_report(thread, stream)
        self.work(stream)
        self.done = True
        acl.util.stop_thread(thread)
        acl.rt.unsubscribe_report(thread, stream)


class NotesAfterwards(Program):
    """Launches a callback, and notes only then what it is about."""

    def __init__(self) -> None:
        super().__init__()
        self.pending: set[int] = set()

    def work(self, stream: int) -> None:
        acl.rt.launch_callback(self.pending.remove, 1, 1, stream)
        self.pending.add(1)
        acl.rt.synchronize_stream(stream)


class NotesBefore(NotesAfterwards):
    """The same, mended."""

    def work(self, stream: int) -> None:
        self.pending.add(1)
        acl.rt.launch_callback(self.pending.remove, 1, 1, stream)
        acl.rt.synchronize_stream(stream)


class BelievesTheFlag(Program):
    """Its report loop believes that it has run everything once the main thread says so."""

    def __init__(self) -> None:
        super().__init__()
        self.ran: list[str] = []

    def work(self, stream: int) -> None:
        acl.rt.launch_callback(self.ran.append, "first", 1, stream)
        acl.rt.launch_callback(self.ran.append, "last", 0, stream)
        acl.rt.synchronize_stream(stream)

    def stops(self) -> bool:
        assert not self.done or self.ran == ["first", "last"]
        return self.done


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (NotesAfterwards, Verdict.COUNTEREXAMPLE),
        (NotesBefore, Verdict.HOLDS),
        (BelievesTheFlag, Verdict.COUNTEREXAMPLE),
    ],
)
def test_others_may_come_right_behind_a_call(program: type[Program], expected: Verdict):
    subject = FunctionSubject(lambda: program().run())
    found = explore(subject, bounds=Bounds(deviations=2), strategy="bounded", jobs=1)
    assert found.verdict is expected
