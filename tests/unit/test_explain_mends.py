"""The last line of an explanation says what to change in the program, with its functions and lines."""

from __future__ import annotations

import pytest

import acl_api as acl
from simulator.engine.hosts.ends import RunKind
from simulator.engine.hosts.thread import HostThread, Place
from simulator.engine.wait import Wait
from tests.unit.hangs import BLOCK, MS, NO_BLOCK, Hang, Program, nothing, poll, run, small

SYNC = 1
HERE = "test_explain_mends.py:"
HOSTS = pytest.mark.parametrize("host", ["greenlets", "baton"])
NOBODY = 140_000_000_000_123


class Mutex:
    """A lock of the program's, as the controlled scope hands them out: with an owner, a label, and its line."""

    def __init__(self, program: Program, label: str) -> None:
        self._host = program.host
        self.label = label
        self.owner: HostThread | None = None
        self.site: str | Place | None = None

    def acquire(self) -> None:
        if self.owner is not None:
            self._host.wait(Wait("Lock.acquire", self))
        self.owner = self._host.current()
        self.site = self._host.where(self.owner)


def deadlocked(hang: Hang) -> Hang:
    assert hang.kind is RunKind.DEADLOCK, str(hang)
    return hang


def launched(program: Program, reporter, fn=nothing, block: int = BLOCK) -> int:
    """Return stream s with one callback on it for *reporter*."""
    stream = program.stream(reporter, "s")
    assert acl.rt.launch_callback(fn, None, block, stream) == 0
    return stream


@HOSTS
def test_nobody_polls(host):
    def main(program: Program) -> None:
        acl.rt.synchronize_stream(launched(program, NOBODY))

    hang = deadlocked(run(main, host=host))
    hang.says(
        "Stream s was made at hangs.py:",
        "; unknown thread 1 was subscribed to it at hangs.py:",
        "No thread of the program has the id 140000000000123 (unknown thread 1) that was subscribed",
    )
    hang.mends(
        "start a thread that calls acl.rt.process_report in a loop, and pass its id to subscribe_report at"
    )


@HOSTS
def test_the_wrong_thread_polls(host):
    """The program subscribed the thread that made the stream, and polls in another one."""

    def main(program: Program) -> None:
        program.thread("reporter", poll(100))
        acl.rt.synchronize_stream(launched(program, program.host.current()))

    hang = run(main, host=host)
    assert hang.kind is RunKind.STALLED
    hang.says(
        "main is itself the thread that waits, so it does not call process_report.",
        "reporter polls: process_report answers 107012 at once",
    )
    hang.mends("pass the id of reporter, which polls, to subscribe_report at", "and that is main")


@HOSTS
def test_the_thread_that_is_subscribed_waits_itself_and_nobody_polls(host):
    def main(program: Program) -> None:
        acl.rt.synchronize_stream(launched(program, program.host.current()))

    deadlocked(run(main, host=host)).mends(
        "let main not wait: it is itself the thread that must run the callbacks"
    )


@HOSTS
def test_a_callback_synchronises_its_own_stream(host):
    def main(program: Program) -> None:
        def own(stream: int) -> None:
            acl.rt.synchronize_stream(stream)

        stream = program.stream(program.thread("reporter", poll(-1)), "s")
        acl.rt.launch_callback(own, stream, BLOCK, stream)
        acl.rt.synchronize_stream(stream)

    deadlocked(run(main, host=host)).mends(
        f"take synchronize_stream at {HERE}",
        "out of callback own: stream s goes on only when own has returned.",
    )


@HOSTS
def test_a_callback_synchronises_another_stream_of_its_thread(host):
    def main(program: Program) -> None:
        reporter = program.thread("reporter", poll(-1))
        other = program.stream(reporter, "other")

        def waits(_data: object) -> None:
            acl.rt.launch_callback(nothing, None, BLOCK, other)
            acl.rt.synchronize_stream(other)

        acl.rt.synchronize_stream(launched(program, reporter, waits))

    deadlocked(run(main, host=host)).mends("stream other waits for a callback that must run on reporter too")


@HOSTS
def test_two_callbacks_of_one_thread_wait_for_each_other(host):
    def main(program: Program) -> None:
        ready = program.flag("ready")
        reporter = program.thread("reporter", poll(-1))
        second = program.stream(reporter, "s2")

        def waits(_data: object) -> None:
            ready.wait()

        def sets(_data: object) -> None:
            ready.set()

        stream = launched(program, reporter, waits)
        acl.rt.launch_callback(sets, None, BLOCK, second)
        acl.rt.synchronize_stream(stream)

    hang = deadlocked(run(main, host=host))
    hang.says("Callbacks that have not run yet, and may be what it waits for: sets of stream s2.")
    hang.mends(
        "let callback waits not wait (wait_flag at ", "or subscribe the stream of sets to another thread"
    )


@HOSTS
def test_a_lock_is_held_over_a_sync(host):
    def main(program: Program) -> None:
        lock = Mutex(program, f"lock made at {HERE}9")

        def takes(_data: object) -> None:
            lock.acquire()

        stream = launched(program, program.thread("reporter", poll(-1)), takes)
        lock.acquire()
        acl.rt.synchronize_stream(stream)

    hang = deadlocked(run(main, host=host))
    hang.says(
        "reporter, inside callback takes of stream s, waits in Lock.acquire on lock made at",
        f"9 is held by main, which took it at {HERE}",
        "while it waits in synchronize_stream.",
    )
    hang.mends(
        f"give lock made at {HERE}9 back before synchronize_stream at {HERE}",
        "or do without it in callback takes",
    )


@HOSTS
def test_two_threads_take_two_locks_in_different_order(host):
    def main(program: Program) -> None:
        one, two = Mutex(program, "lock one"), Mutex(program, "lock two")

        def other() -> None:
            two.acquire()
            program.host.sleep(MS)
            one.acquire()

        program.thread("other", other)
        one.acquire()
        program.host.sleep(MS)
        two.acquire()

    deadlocked(run(main, host=host)).mends("take lock two and lock one in the same order in every thread")


@HOSTS
def test_a_thread_ends_with_a_lock_of_the_program(host):
    def main(program: Program) -> None:
        lock = Mutex(program, "lock one")
        program.host.join(program.thread("other", lock.acquire))
        lock.acquire()

    hang = deadlocked(run(main, host=host))
    hang.says("Lock one is held by other", "other has ended")
    hang.mends("let other give lock one back before it ends: use 'with lock:'")


@HOSTS
def test_the_queue_is_full_before_anybody_polls(host):
    def main(program: Program) -> None:
        reporter = program.thread("reporter")
        stream = program.stream(reporter, "s")
        for _ in range(4):
            acl.rt.launch_callback(nothing, None, BLOCK, stream)
        program.host.start(reporter, poll(-1))

    hang = deadlocked(run(main, small("Ascend910B", queue=9), host=host))
    hang.says("The queue of stream s is full: it holds 9 tasks", "reporter was never started")
    hang.mends(f"start reporter before so many launches at {HERE}")


@HOSTS
def test_the_report_thread_waits_for_something_else(host):
    def main(program: Program) -> None:
        go = program.flag("go")
        acl.rt.synchronize_stream(launched(program, program.thread("reporter", go.wait)))

    hang = deadlocked(run(main, host=host))
    hang.says(
        "which must run on reporter, inside its process_report", "reporter waits in wait_flag on flag go"
    )
    hang.mends("let reporter call acl.rt.process_report instead of waiting in wait_flag at ")


@HOSTS
def test_an_event_is_never_recorded(host):
    def main(program: Program) -> None:
        stream = program.stream(name="s")
        program.host.current().names_next = "go"
        event, _ = acl.rt.create_event_with_flag(SYNC)
        acl.rt.stream_wait_event(stream, event)
        acl.rt.synchronize_stream(stream)

    deadlocked(run(main, host=host)).mends(
        "call acl.rt.record_event for event go on a stream", f"the wait for it (launched at {HERE}"
    )


@HOSTS
def test_an_event_is_recorded_behind_the_wait_for_it(host):
    def main(program: Program) -> None:
        stream = program.stream(name="s")
        program.host.current().names_next = "go"
        event, _ = acl.rt.create_event_with_flag(SYNC)
        acl.rt.stream_wait_event(stream, event)
        acl.rt.record_event(event, stream)
        acl.rt.synchronize_stream(stream)

    hang = deadlocked(run(main, host=host))
    hang.says(
        "That task stands behind the wait (launched at ", "on the same stream, so neither is ever reached."
    )
    hang.mends("record event go before the wait for it", "or on another stream")


@HOSTS
def test_two_streams_wait_for_each_others_events(host):
    def main(program: Program) -> None:
        streams = [program.stream(name="s1"), program.stream(name="s2")]
        events = [acl.rt.create_event_with_flag(SYNC)[0] for _ in streams]
        for stream, event in zip(streams, events, strict=True):
            acl.rt.stream_wait_event(stream, event)
        for stream, event in zip(streams, reversed(events), strict=True):
            acl.rt.record_event(event, stream)
        acl.rt.synchronize_stream(streams[0])

    deadlocked(run(main, host=host)).mends("on stream s2 before that stream waits for stream s1")


@HOSTS
def test_the_report_thread_is_joined_before_it_is_told_to_stop(host):
    def main(program: Program) -> None:
        reporter = program.thread("reporter", poll(1))
        acl.rt.synchronize_stream(launched(program, reporter))
        program.host.join(reporter)

    hang = run(main, host=host)
    assert hang.kind is RunKind.STALLED
    hang.mends("tell reporter to stop before ", f" at {HERE}", "set the flag its loop looks at.")


@HOSTS
def test_a_report_thread_that_polls_without_a_timeout_never_looks_at_its_flag(host):
    def main(program: Program) -> None:
        reporter = program.thread("reporter", poll(-1))
        acl.rt.synchronize_stream(launched(program, reporter))
        program.host.join(reporter)

    deadlocked(run(main, host=host)).mends(
        "and give its process_report a timeout, so that it looks at the flag"
    )


@HOSTS
def test_a_flag_that_a_non_blocking_callback_would_set_leads_to_the_thread_that_does_not_poll(host):
    def main(program: Program) -> None:
        done = program.flag("done")

        def sets(_data: object) -> None:
            done.set()

        launched(program, program.thread("reporter"), sets, NO_BLOCK)
        done.wait()

    hang = deadlocked(run(main, host=host))
    hang.says(
        "Callbacks that have not run yet, and may be what it waits for: sets of stream s.",
        "stands in the report queue of reporter on device 0: it must run on reporter, inside its process_report.",
        "reporter was never started",
    )
    hang.mends("start reporter before wait_flag at ")


@HOSTS
def test_a_wait_that_nothing_can_end_says_so(host):
    def main(program: Program) -> None:
        program.flag("go").wait()

    deadlocked(run(main, host=host)).mends(
        "find out who should end wait_flag for main: nothing that is left to run does"
    )


@HOSTS
def test_what_ended_the_report_thread_is_to_be_mended(host):
    def main(program: Program) -> None:
        def broken() -> None:
            raise ValueError("no such label")

        acl.rt.synchronize_stream(launched(program, program.thread("reporter", broken)))

    deadlocked(run(main, host=host)).mends("mend or catch what ended reporter (ValueError: no such label)")


def test_a_thread_that_waits_for_others_first_gets_the_mend_of_the_first_victim():
    """The mend is for the thread whose wait comes first, not for whoever waits as well."""

    def main(program: Program) -> None:
        go = program.flag("go")
        program.thread("bystander", go.wait)
        acl.rt.synchronize_stream(launched(program, NOBODY))

    deadlocked(run(main)).mends("start a thread that calls acl.rt.process_report")


def test_ids_are_told_where_threads_are_real_and_only_there():
    def main(program: Program) -> None:
        acl.rt.synchronize_stream(launched(program, program.thread("reporter", program.flag("go").wait)))

    assert "Thread ids" not in str(run(main))
    real = run(main, host="baton")
    (ids,) = [sentence for sentence in real.sentences if sentence.startswith("Thread ids: ")]
    words = ids.removeprefix("Thread ids: ").rstrip(".").replace(",", "").split()
    assert words[::2] == ["main", "reporter"]
    assert all(word.isdigit() for word in words[1::2])


def test_an_explanation_is_the_same_on_both_hosts_but_for_the_ids():
    def main(program: Program) -> None:
        acl.rt.synchronize_stream(launched(program, program.thread("reporter", program.flag("go").wait)))

    greenlets, baton = run(main), run(main, host="baton")
    assert greenlets.sentences == tuple(each for each in baton.sentences if not each.startswith("Thread ids"))


@HOSTS
def test_a_thread_takes_a_lock_twice(host):
    def main(program: Program) -> None:
        lock = Mutex(program, "lock one")
        lock.acquire()
        lock.acquire()

    hang = deadlocked(run(main, host=host))
    hang.says("Lock one is held by main itself.")
    hang.mends("make it a threading.RLock", "main has it already")


@HOSTS
def test_two_locks_made_on_one_line_are_told_apart(host):
    def main(program: Program) -> None:
        one, two = (Mutex(program, "lock made at prog.py:1") for _ in range(2))

        def other() -> None:
            two.acquire()
            one.acquire()

        one.acquire()
        program.thread("other", other)
        program.host.sleep(MS)
        two.acquire()

    deadlocked(run(main, host=host)).says(
        "Lock made at prog.py:1 is held by other", "Lock made at prog.py:1, no. 2 is held by main"
    )


@HOSTS
def test_a_join_of_a_report_thread_that_nobody_subscribed_is_mended_by_its_flag(host):
    def main(program: Program) -> None:
        program.host.join(program.thread("reporter", poll(-1)))

    hang = run(main, host=host)
    hang.mends("tell reporter to stop before ", "set the flag its loop looks at.")
