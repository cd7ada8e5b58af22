"""What choosers are offered, and what comes of their answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

import acl_api as acl
from simulator.base.errors import UserError
from simulator.base.profile import SocProfile, load_profile
from simulator.base.trace import Chosen, TaskRan, Trace
from simulator.check.ordering import check_ordering
from simulator.core.options import RuntimeOptions
from simulator.engine.choice import ChoiceRecord, Chooser, First, Recorder, Replay, name_of
from simulator.engine.hosts.ends import RunKind
from simulator.engine.timing import Order, Timing, timing_of
from simulator.engine.wait import Wait

MS = 1_000_000
REPORT_TIMEOUT = 507012
NOT_READY = 1
SHORT, LONG = acl.ModelSpec("short", 1 * MS), acl.ModelSpec("long", 5 * MS)


class Takes:
    """A chooser that takes the option of a given name at the first points of a kind, and else the first."""

    friendly = False

    def __init__(self, *wanted: tuple[str, str]) -> None:
        self.wanted = list(wanted)

    def choose(self, kind: str, among: Sequence[object]) -> int:
        names = [name_of(option) for option in among]
        if self.wanted and self.wanted[0][0] == kind and self.wanted[0][1] in names:
            return names.index(self.wanted.pop(0)[1])
        return 0


class Last:
    """A chooser that always takes the last option."""

    friendly = False

    def choose(self, _kind: str, among: Sequence[object]) -> int:
        return len(among) - 1


class Early:
    """A chooser that lets every timeout come that may."""

    friendly = False

    def choose(self, _kind: str, among: Sequence[object]) -> int:
        return next((at for at, option in enumerate(among) if isinstance(option, Wait)), 0)


class Ran:
    """One run of a program of several threads on a machine of its own."""

    def __init__(
        self,
        main: Callable[[Ran], None],
        chooser: Chooser,
        timing: str | Timing = "nominal",
        *,
        compete: bool = True,
        gil: bool = False,
        soc: str | SocProfile = "Ascend910B",
    ) -> None:
        self.recorder = Recorder(chooser, detail=True)
        self.seen: list[Any] = []
        options = RuntimeOptions(compete=compete)
        with acl.Session(
            chooser=self.recorder, timing=timing, options=options, gil=gil, soc=soc
        ) as self.session:
            self.host = self.session.host
            for spec in (SHORT, LONG):
                self.session.declare_model(spec)
            self.start("main", lambda: self._whole(main))
            self.end = self.host.run()
        assert self.session.trace is not None
        self.trace: Trace = self.session.trace
        for thread in self.host.threads:
            assert thread.error is None, thread.error

    def _whole(self, main: Callable[[Ran], None]) -> None:
        acl.init()
        acl.rt.set_device(0)
        self.data = acl.mdl.create_dataset()
        self.models = {spec.name: acl.mdl.load_from_file(f"{spec.name}.om")[0] for spec in (SHORT, LONG)}
        main(self)

    def start(self, name: str, entry: Callable[[], object]):
        thread = self.host.thread(name)
        self.host.start(thread, entry)
        return thread

    def stream(self, name: str) -> int:
        self.host.current().names_next = name
        return acl.rt.create_stream()[0]

    def execute(self, model: str, stream: int) -> None:
        acl.mdl.execute_async(self.models[model], self.data, self.data, stream)

    @property
    def deviations(self) -> list[ChoiceRecord]:
        return [record for record in self.recorder.records if record.value]

    def finished(self) -> list[str]:
        return [task.name for task in self.trace.of(TaskRan) if task.kind == "execute"]


# -- the device ------------------------------------------------------------------------------------------------------


def looks_at_once(ran: Ran) -> None:
    stream = ran.stream("s")
    for _ in range(3):
        ran.execute("short", stream)
    ran.seen.append(acl.rt.stream_query(stream)[0])


def test_the_device_may_be_through_before_the_next_call_and_that_is_one_deviation():
    assert Ran(looks_at_once, First()).seen == [NOT_READY]
    ran = Ran(looks_at_once, Takes(("stream_query", "s")))
    assert ran.seen == [0]
    assert ran.deviations == [ChoiceRecord("stream_query", "main", 2, 1, "s")]


def test_whoever_deviates_back_finds_the_device_half_way():
    ran = Ran(looks_at_once, Takes(("stream_query", "s"), ("thread", "main")))
    assert ran.seen == [NOT_READY]
    assert [(record.actor, record.taken) for record in ran.deviations] == [("main", "s"), ("s", "main")]
    at_query = ran.recorder.records.index(ran.deviations[1])
    assert ran.recorder.records[at_query].kind == "thread"


def two_streams(ran: Ran) -> None:
    first, second = ran.stream("slow"), ran.stream("quick")
    ran.execute("long", first)
    ran.execute("short", second)
    acl.rt.synchronize_device()


def test_events_of_two_streams_come_in_any_order_when_untimed_and_else_in_the_order_of_their_times():
    for timing, expected in (("nominal", ["short", "long"]), ("untimed", ["long", "short"])):
        ran = Ran(two_streams, Last(), timing)
        assert ran.finished() == expected
        times = [record.time for record in ran.trace]
        assert times == sorted(times)


def test_a_stream_may_go_on_late_when_untimed_and_only_then_is_that_no_violation():
    def main(ran: Ran) -> None:
        stream = ran.stream("s")

        def report() -> None:
            for _ in range(2):
                acl.rt.process_report(10)

        reporter = ran.start("reporter", report)
        acl.rt.subscribe_report(reporter.ident, stream)

        def takes_a_while(_data: object) -> None:
            ran.host.sleep(1)
            ran.start("sleeper", lambda: ran.host.sleep(MS))

        acl.rt.launch_callback(takes_a_while, None, 1, stream)
        acl.rt.synchronize_stream(stream)

    overtaken = Takes(("callback-end", "sleeper"), ("process_report", "timeout of sleeper in sleep"))
    ran = Ran(main, overtaken, "untimed")
    assert overtaken.wanted == []
    assert check_ordering(ran.trace) == ()
    ran.trace.untimed = False
    assert [violation.guarantee for violation in check_ordering(ran.trace)] == ["O3"]


@pytest.mark.parametrize("compete", [True, False])
def test_durations_within_factors_are_choices(*, compete: bool):
    takes = Takes(("duration", "quick takes 8 times as long"))
    ran = Ran(two_streams, takes, "0.25..8", compete=compete)
    assert ran.finished() == ["long", "short"]
    assert ran.end.now == pytest.approx(8 * MS, rel=0.01)
    (point,) = [each for each in ran.trace.of(Chosen) if each.value]
    assert point.among == (
        "quick takes its time",
        "quick takes 0.25 times as long",
        "quick takes 8 times as long",
    )
    assert Ran(two_streams, First(), "0.25..8", compete=compete).finished() == ["short", "long"]


# -- timeouts --------------------------------------------------------------------------------------------------------


def polls_for_a_report(ran: Ran) -> None:
    stream = ran.stream("s")
    acl.rt.subscribe_report(ran.host.current().ident, stream)
    ran.execute("short", stream)
    acl.rt.launch_callback(lambda _data: ran.seen.append("callback"), None, 1, stream)
    code = REPORT_TIMEOUT
    while code == REPORT_TIMEOUT:
        code = acl.rt.process_report(1000)
        ran.seen.append(code)


@pytest.mark.parametrize("timeouts", [0, 1, 3])
def test_a_timeout_may_come_so_often_before_an_arrival_and_no_oftener(timeouts: int):
    ran = Ran(polls_for_a_report, Early(), Timing(Order.ANY, timeouts=timeouts))
    assert ran.end.kind is RunKind.DONE
    assert ran.seen == [*[REPORT_TIMEOUT] * timeouts, "callback", 0]


def test_in_time_order_no_timeout_comes_before_an_event_of_an_earlier_time():
    assert Ran(polls_for_a_report, Early()).seen == ["callback", 0]


def test_in_an_ordinary_run_no_timeout_comes_before_a_thread_that_could_run():
    def main(ran: Ran) -> None:
        ran.start("sleeper", lambda: ran.host.sleep(MS))
        ran.host.sleep(1)
        acl.rt.get_device_count()

    points = [point for point in Ran(main, First()).trace.of(Chosen) if point.kind == "get_device_count"]
    assert [point.among for point in points] == [("main",)]


def test_a_timeout_that_is_due_first_comes_first_however_often():
    def main(ran: Ran) -> None:
        stream = ran.stream("s")
        ran.execute("long", stream)
        while acl.rt.synchronize_stream_with_timeout(stream, 1):
            ran.seen.append(ran.session.kernel.now)

    for chooser in (First(), Replay([0] * 50)):
        assert Ran(main, chooser, "untimed").seen == [MS, 2 * MS, 3 * MS, 4 * MS, 5 * MS]


def test_whose_timeout_has_come_goes_first():
    def main(ran: Ran) -> None:
        def sleeps() -> None:
            ran.host.sleep(MS)
            ran.seen.append("sleeper")

        ran.start("sleeper", sleeps)
        ran.host.sleep(1)
        acl.rt.get_device_count()
        ran.seen.append("main")

    ran = Ran(main, Takes(("get_device_count", "timeout of sleeper in sleep")), Timing(timeouts=1))
    assert ran.seen == ["sleeper", "main"]
    assert len(ran.deviations) == 1


# -- threads ---------------------------------------------------------------------------------------------------------


def test_one_who_asks_in_vain_may_ask_again_after_somebody_else_has_done_something():
    def main(ran: Ran) -> None:
        stream = ran.stream("s")
        ran.execute("long", stream)

        def asks() -> None:
            acl.rt.set_device(0)
            while acl.rt.stream_query(stream)[0] == NOT_READY:
                ran.seen.append("asks")

        ran.start("asker", asks)
        for _ in range(3):
            acl.rt.get_device_count()
            ran.seen.append("main")
        acl.rt.synchronize_stream(stream)

    ran = Ran(main, Takes(("get_device_count", "asker"), ("get_device_count", "asker")))
    # Asked a second time at one instant it is in vain, and only main's next call lets it ask once more.
    assert ran.seen[:5] == ["asks", "main", "asks", "main", "main"]
    assert ran.end.kind is RunKind.DONE


def test_what_a_thread_has_taken_and_not_begun_is_told_when_somebody_keeps_the_gil():
    def main(ran: Ran) -> None:
        stream = ran.stream("s")
        reporter = ran.start("reporter", lambda: acl.rt.process_report(-1))
        acl.rt.subscribe_report(reporter.ident, stream)
        ran.host.sleep(1)
        acl.rt.launch_callback(print, None, 1, stream)
        acl.rt.get_device_count()
        acl.rt.destroy_stream(stream)

    ran = Ran(
        main,
        Takes(
            ("get_device_count", "s"),
            ("thread", "reporter"),
            ("callback", "main"),
        ),
        gil=True,
    )
    assert ran.end.kind is RunKind.DEADLOCK
    chain = " ".join(ran.session.explain())
    assert "the blocking callback print, launched at" in chain
    assert "which reporter has taken and not begun yet;" in chain
    assert "reporter needs the GIL to run callback print of stream s" in chain


def test_while_a_call_keeps_the_gil_only_its_thread_and_the_device_are_offered():
    def main(ran: Ran) -> None:
        stream = ran.stream("s")
        ran.start("other", lambda: ran.seen.append("other"))
        ran.execute("short", stream)
        acl.rt.destroy_stream(stream)
        ran.seen.append("main")

    ran = Ran(main, First(), gil=True)
    assert ran.seen == ["main", "other"]
    freely = Ran(main, First())
    assert freely.seen == ["other", "main"]


def test_whose_report_gets_the_place_that_is_free_again_is_a_choice():
    def main(ran: Ran) -> None:
        streams = [ran.stream(name) for name in ("full", "first", "second")]
        for stream in streams:
            acl.rt.subscribe_report(ran.host.current().ident, stream)
            acl.rt.launch_callback(ran.seen.append, stream, 0, stream)
        ran.host.sleep(MS)
        for _ in streams:
            acl.rt.process_report(100)
        ran.seen = [streams.index(stream) for stream in ran.seen]

    profile = load_profile("Ascend910B")
    small = replace(profile, limits=replace(profile.limits, callback_cq_depth=1))
    assert Ran(main, First(), soc=small).seen == [0, 1, 2]
    assert Ran(main, Takes(("waiter", "second")), soc=small).seen == [0, 2, 1]


# -- what is kept of it ----------------------------------------------------------------------------------------------


def test_with_detail_the_trace_holds_every_point_and_has_the_same_digest():
    ran = Ran(looks_at_once, First())
    points = [each for each in ran.trace.of(Chosen) if len(each.among) > 1]
    assert [(each.kind, each.among[0], len(each.among), each.value) for each in points] == [
        (record.kind, record.actor, record.options, record.value) for record in ran.recorder.records
    ]
    plain = Ran(looks_at_once, Replay([]))
    assert plain.trace.digest() == ran.trace.digest()


@pytest.mark.parametrize(
    ("text", "timing"),
    [
        ("nominal", Timing(timeouts=0)),
        ("untimed", Timing(Order.ANY)),
        ("0.5..2", Timing(factors=(0.5, 2.0))),
        ("0..1", Timing(factors=(0.0, 1.0))),
    ],
)
def test_timings_have_names(text: str, timing: Timing):
    assert timing_of(text) == timing
    assert str(timing) == text


@pytest.mark.parametrize("text", ["", "slow", "2..1", "-1..2", "1..", "..", "nan..1", "1..inf"])
def test_other_timings_are_refused_with_those_that_there_are(text: str):
    with pytest.raises(UserError, match=r"'nominal', 'untimed', or factors of durations as in '0\.5\.\.2'"):
        acl.Session(timing=text)


def test_the_free_host_takes_no_timing():
    with pytest.raises(UserError, match="real time decides"):
        acl.Session(timing="untimed", host="free")
