"""The Chrome JSON of a trace: well formed, nested, and with arrows between the right slices."""

import heapq
import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.base.errors import UserError
from simulator.base.trace import (
    Blocked,
    CallbackEnded,
    CallbackReleased,
    CallbackStarted,
    Called,
    Noted,
    Record,
    ReportPosted,
    ReportsTaken,
    Submitted,
    TaskDropped,
    TaskRan,
    ThreadEnded,
    ThreadStarted,
)
from simulator.export.chrome import chrome_events, write_chrome

Event = dict[str, Any]

LAUNCH, POLL = "acl.rt.launch_callback", "acl.rt.process_report"
NAMES = {LAUNCH: "aclrtLaunchCallback", POLL: "aclrtProcessReport"}


def ns(value: object) -> int:
    assert isinstance(value, int | float)
    nanoseconds = round(value * 1000)
    assert float(value) == nanoseconds / 1000, "microseconds with more than three decimals"
    return nanoseconds


@dataclass(eq=False)
class Shown:
    row: tuple[int, int]
    name: str
    start: int
    end: int


def perfetto(events: list[Event]) -> tuple[dict[str, list[Shown]], list[tuple[str, Shown, Shown]]]:
    """Read the events as Perfetto does; return the slices by row and the arrows between them.

    Events are sorted by time; at one instant slices with a duration come first, longest first, and everything
    else stays in file order. An arrow belongs to the slice that its row began last.
    """
    order = sorted(
        (event for event in events if event["ph"] != "M"),
        key=lambda event: (ns(event["ts"]), -ns(event.get("dur", 0))),
    )
    names = {
        (event["pid"], event["tid"]): event["args"]["name"]
        for event in events
        if event["name"] == "thread_name"
    }
    stacks: dict[tuple[int, int], list[Shown]] = defaultdict(list)
    rows: dict[str, list[Shown]] = defaultdict(list)
    sources: dict[tuple[str, str, int], Shown] = {}
    arrows = []
    for event in order:
        row, time = (event["pid"], event["tid"]), ns(event["ts"])
        stack = stacks[row]
        if event["ph"] == "X":
            shown = Shown(row, event["name"], time, time + ns(event["dur"]))
            while stack and stack[-1].end <= time and not stack[-1].start == shown.end == time:
                stack.pop()
            assert not stack or shown.end <= stack[-1].end, f"{shown} overlaps {stack[-1]}"
            stack.append(shown)
            assert len(stack) < 512, "Perfetto drops slices this deep"
            rows[names[row]].append(shown)
        elif event["ph"] == "s":
            assert stack[-1].start <= time <= stack[-1].end
            assert sources.setdefault((event["cat"], event["name"], event["id"]), stack[-1]) is stack[-1]
        elif event["ph"] == "f":
            assert event["bp"] == "e"
            assert stack[-1].start <= time <= stack[-1].end
            arrows.append((event["name"], sources[event["cat"], event["name"], event["id"]], stack[-1]))
    assert len(sources) == len(arrows), "an arrow has only one end"
    return rows, arrows


def validated(trace: list[Record]) -> tuple[dict[str, list[Shown]], list[tuple[str, Shown, Shown]]]:
    events: list[Event] = json.loads(json.dumps(list(chrome_events(trace, profile_name="P", names=NAMES))))
    times = [ns(event["ts"]) for event in events if event["ph"] != "M"]
    assert times == sorted(times)
    assert all(event["name"] and event["ph"] in "MXsfCi" for event in events)
    named = {event["pid"] for event in events if event["name"] == "process_name"}
    assert {event["pid"] for event in events} == named
    return perfetto(events)


def called(end: int, thread: str, op: str, began: int) -> Called:
    return Called(end, thread, op, began, 0, None, None, None)


# main launches a kernel and a blocking callback (three tasks), then a kernel behind it; reporter polls.
INFERENCE: list[Record] = [
    ThreadStarted(0, "main", internal=False),
    ThreadStarted(0, "reporter", internal=False),
    Blocked(0, "reporter", POLL, "reporter", 1_000_000),
    Submitted(1_500, "main", "s", 1, 1, "execute", "resnet50", None),
    called(2_000, "main", "acl.mdl.execute_async", 1_000),
    Submitted(2_500, "main", "s", 2, 4, "callback", "postprocess", "infer.yaml:9"),
    called(3_000, "main", LAUNCH, 2_000),
    Submitted(3_500, "main", "s", 5, 5, "execute", "resnet50", None),
    called(4_000, "main", "acl.mdl.execute_async", 3_000),
    Blocked(4_000, "main", "acl.rt.synchronize_stream", "s", None),
    TaskRan(101_500, "s", 1, "execute", "resnet50", 1_500, 0),
    ReportPosted(101_507, "s", 2, "postprocess", "reporter", 1, block=True),
    TaskRan(101_507, "s", 2, "callback", "postprocess", 101_500, 0),
    ReportsTaken(102_000, "reporter", 1, (("s", 2),)),
    CallbackStarted(102_000, "reporter", "s", 2, "postprocess"),
    called(102_100, "reporter", "acl.rt.memcpy", 102_050),
    CallbackEnded(142_000, "reporter", "s", 2, "postprocess", None),
    CallbackReleased(142_000, "s", 2),
    TaskRan(142_000, "s", 3, "wait", "e", 101_507, 0),
    TaskRan(142_000, "s", 4, "reset", "e", 142_000, 0),
    called(142_000, "reporter", POLL, 0),
    TaskRan(242_000, "s", 5, "execute", "resnet50", 142_000, 0),
    called(242_000, "main", "acl.rt.synchronize_stream", 4_000),
    ThreadEnded(242_000, "main", None),
]


def test_streams_and_threads_have_rows_and_calls_carry_their_c_names() -> None:
    rows, _ = validated(INFERENCE)
    assert [(piece.name, piece.start, piece.end) for piece in rows["Stream s"]] == [
        ("resnet50", 1_500, 101_500),
        ("postprocess", 101_500, 101_507),
        ("e", 101_507, 142_000),
        ("resnet50", 142_000, 242_000),
        ("e", 142_000, 142_000),
    ]
    assert [(piece.name, piece.start, piece.end) for piece in rows["Thread reporter"]] == [
        ("AscendCL@aclrtProcessReport", 0, 142_000),
        ("postprocess", 102_000, 142_000),
        ("AscendCL@acl.rt.memcpy", 102_050, 102_100),
    ]


def test_arrows_lead_from_launch_to_task_to_callback_and_back_to_the_next_task() -> None:
    _, arrows = validated(INFERENCE)
    assert [
        (name, source.name, source.start, target.name, target.start) for name, source, target in arrows
    ] == [
        ("HostToDevice1", "AscendCL@acl.mdl.execute_async", 1_000, "resnet50", 1_500),
        ("HostToDevice2", "AscendCL@aclrtLaunchCallback", 2_000, "postprocess", 101_500),
        ("report", "postprocess", 101_500, "postprocess", 102_000),
        ("HostToDevice3", "AscendCL@acl.mdl.execute_async", 3_000, "resnet50", 142_000),
        ("release", "postprocess", 102_000, "resnet50", 142_000),
    ]


def test_processes_are_named_and_ordered_as_msprof_does() -> None:
    events = list(chrome_events(INFERENCE, profile_name="Ascend910B"))
    about = {(event["name"], event["pid"]): event["args"] for event in events if event["ph"] == "M"}
    assert about["process_name", 255] == {"name": "CANN"}
    assert about["process_name", 449] == {"name": "Ascend Hardware device 1"}
    assert about["process_sort_index", 255] == {"sort_index": 7}
    assert about["process_sort_index", 449] == {"sort_index": 14}
    assert ("process_name", 448) not in about


def test_a_given_device_beats_what_reports_tell() -> None:
    events = list(chrome_events(INFERENCE, profile_name="P", devices={"s": 6}))
    assert {event["pid"] for event in events if event.get("cat") == "execute"} == {448 + 6}


def test_waits_of_a_call_and_its_code_stand_in_its_args() -> None:
    events = list(chrome_events(INFERENCE, profile_name="P", names=NAMES))
    poll = next(event for event in events if event["name"] == "AscendCL@aclrtProcessReport")
    assert poll["args"] == {
        "code": 0,
        "blocked": [{"at_ns": 0, "in": POLL, "on": "reporter", "timeout_ns": 1_000_000}],
        "reports": 1,
    }
    launch = next(event for event in events if event["name"] == "AscendCL@aclrtLaunchCallback")
    assert launch["args"] == {"code": 0, "connection_id": 2}


def test_counters_step_through_queue_depth_and_waiting_reports() -> None:
    steps: dict[str, list[tuple[int, object]]] = defaultdict(list)
    for event in chrome_events(INFERENCE, profile_name="P"):
        if event["ph"] == "C":
            (value,) = event["args"].values()  # type: ignore[attr-defined]
            steps[str(event["name"])].append((ns(event["ts"]), value))
    assert steps == {
        "queue depth s": [
            (1_500, 1),
            (2_500, 4),
            (3_500, 5),
            (101_500, 4),
            (101_507, 3),
            (142_000, 1),
            (242_000, 0),
        ],
        "reports waiting reporter": [(101_507, 1), (102_000, 0)],
    }


def test_what_never_returned_is_drawn_to_the_end_of_the_trace() -> None:
    hang: list[Record] = [
        Submitted(1_000, "main", "s", 1, 3, "callback", "postprocess", None),
        called(1_000, "main", LAUNCH, 1_000),
        TaskRan(1_000, "s", 1, "callback", "postprocess", 1_000, 0),
        Blocked(1_000, "main", "acl.rt.synchronize_stream", "s", None),
        Noted(9_000, "deadlock", None, "nobody polls", "a19", None),
        TaskDropped(9_000, "s", 2, "wait", "e", "the run ended"),
        TaskDropped(9_000, "s", 3, "reset", "e", "the run ended"),
    ]
    rows, _ = validated(hang)
    # The callback task takes no time, so the task that hangs stands before it in the drawing order.
    drawn = [(piece.name, piece.start, piece.end) for piece in rows["Stream s"]]
    assert sorted(drawn) == [("e", 1_000, 9_000), ("postprocess", 1_000, 1_000)]
    assert ("acl.rt.synchronize_stream", 9_000) in [(piece.name, piece.end) for piece in rows["Thread main"]]


def test_a_sleep_that_ran_out_is_not_a_hang() -> None:
    trace: list[Record] = [Blocked(0, "main", "sleep", None, 500), called(900, "other", POLL, 800)]
    rows, _ = validated(trace)
    assert "Thread main" not in rows


def test_a_burst_of_calls_at_one_instant_stays_shallow_and_keeps_its_arrows() -> None:
    trace: list[Record] = []
    for seq in range(1, 1001):
        trace += [Submitted(0, "main", "s", seq, seq, "record", "e", None), called(0, "main", LAUNCH, 0)]
    trace += [TaskRan(10, "s", seq, "record", "e", 10, 0) for seq in range(1, 1001)]
    rows, arrows = validated(trace)
    assert len(arrows) == 1000
    assert rows["Thread main"][-1].name == "more at this instant"
    burst = [
        event for event in chrome_events(trace, profile_name="P") if event["name"] == "more at this instant"
    ]
    assert [event["args"] for event in burst] == [{"slices": 800}, {"slices": 800}]


# --- traces of a small machine, every duration possibly zero ----

Op = tuple[str, int, int, int]
OPS = st.lists(
    st.tuples(
        st.sampled_from(["execute", "record", "post", "block"]),
        st.sampled_from([0, 0, 3, 1_000]),  # how long the launch takes
        st.sampled_from([0, 0, 1, 700]),  # how long the task takes
        st.sampled_from([0, 0, 1, 900]),  # how long the callback takes
    ),
    max_size=12,
)


class Machine:
    """One launching thread, one stream, one report thread; blocking callbacks hold the stream (rule a15)."""

    def __init__(self, ops: list[Op]) -> None:
        self.trace: list[Record] = []
        self.agenda: list[tuple[int, int, Callable[[], None]]] = []
        self.now = self.count = self.freed = 0
        self.queue: list[tuple[int, Op]] = []
        self.reports: list[tuple[int, Op]] = []
        self.busy = self.polling = False
        self.launch(ops, 1)
        while self.agenda:
            self.now, _, step = heapq.heappop(self.agenda)
            step()

    def later(self, delay: int, step: Callable[[], None]) -> None:
        self.count += 1
        heapq.heappush(self.agenda, (self.now + delay, self.count, step))

    def launch(self, ops: list[Op], seq: int) -> None:
        if not ops:
            return
        began, op = self.now, ops[0]

        def submit() -> None:
            self.trace.append(Submitted(self.now, "main", "s", seq, seq, op[0], f"task{seq}", None))
            self.trace.append(called(self.now, "main", f"launch{seq}", began))
            self.queue.append((seq, op))
            if not self.busy:
                self.busy = True
                self.later(0, self.head)
            self.launch(ops[1:], seq + 1)

        self.later(op[1], submit)

    def head(self) -> None:
        self.freed = self.now
        self.later(self.queue[0][1][2], self.act)

    def act(self) -> None:
        seq, op = self.queue[0]
        if op[0] in ("post", "block"):
            report = ReportPosted(self.now, "s", seq, f"run{seq}", "reporter", 0, block=op[0] == "block")
            self.trace.append(report)
            self.reports.append((seq, op))
            if not self.polling:
                self.polling = True
                self.later(0, self.poll)
        if op[0] != "block":
            self.done()

    def done(self) -> None:
        seq, op = self.queue.pop(0)
        self.trace.append(TaskRan(self.now, "s", seq, op[0], f"task{seq}", self.freed, 0))
        self.busy = bool(self.queue)
        if self.queue:
            self.head()

    def poll(self) -> None:
        taken, self.reports = self.reports, []
        reports = tuple(("s", seq) for seq, _ in taken)
        self.trace.append(ReportsTaken(self.now, "reporter", 0, reports))
        self.run(taken, self.now)

    def run(self, taken: list[tuple[int, Op]], began: int) -> None:
        if not taken:
            self.trace.append(called(self.now, "reporter", POLL, began))
            self.polling = bool(self.reports)
            if self.reports:
                self.later(0, self.poll)
            return
        seq, op = taken[0]
        self.trace.append(CallbackStarted(self.now, "reporter", "s", seq, f"run{seq}"))

        def end() -> None:
            self.trace.append(called(self.now, "reporter", "inner", self.now))
            self.trace.append(CallbackEnded(self.now, "reporter", "s", seq, f"run{seq}", None))
            if op[0] == "block":
                self.trace.append(CallbackReleased(self.now, "s", seq))
                self.later(0, self.done)
            self.run(taken[1:], began)

        self.later(op[3], end)


@given(OPS)
def test_any_run_gives_nested_slices_and_arrows_between_the_right_ones(ops: list[Op]) -> None:
    trace = Machine(ops).trace
    rows, arrows = validated(trace)
    assert len(rows["Stream s"]) == len(ops)
    assert len(rows["Thread main"]) == len(ops)
    seen = sorted(
        (name.rstrip("0123456789"), source.name.removeprefix("AscendCL@"), target.name)
        for name, source, target in arrows
    )
    numbered = list(enumerate(ops, 1))
    expected = [("HostToDevice", f"launch{seq}", f"task{seq}") for seq, _ in numbered]
    expected += [("report", f"task{seq}", f"run{seq}") for seq, op in numbered if op[0] in ("post", "block")]
    assert [arrow for arrow in seen if arrow[0] != "release"] == sorted(expected)
    assert {arrow[1:] for arrow in seen if arrow[0] == "release"} <= {
        (f"run{seq}", f"task{seq + 1}") for seq, op in numbered if op[0] == "block"
    }


def test_the_file_is_json_in_object_form(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    written = write_chrome(path, INFERENCE, profile_name="Ascend910B")
    document = json.loads(path.read_text(encoding="ascii"))
    assert list(document) == ["displayTimeUnit", "otherData", "traceEvents"]
    assert document["displayTimeUnit"] == "ns"
    assert document["traceEvents"] == list(chrome_events(INFERENCE, profile_name="Ascend910B"))
    assert written == len(document["traceEvents"])


def test_an_empty_trace_is_a_valid_file(tmp_path: Path) -> None:
    write_chrome(tmp_path / "run.json", [], profile_name="P")
    document = json.loads((tmp_path / "run.json").read_text(encoding="ascii"))
    assert {event["ph"] for event in document["traceEvents"]} == {"M"}


def test_names_of_any_kind_stay_valid_json(tmp_path: Path) -> None:
    odd = 'späte"\\\n\ud800'
    write_chrome(tmp_path / "run.json", [called(5, odd, odd, 1)], profile_name=odd)
    document = json.loads((tmp_path / "run.json").read_text(encoding="ascii"))
    assert f"AscendCL@{odd}" in {event["name"] for event in document["traceEvents"]}


def test_a_failed_write_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text("old")
    broken = Noted(1, "odd", None, object(), "a1", None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        write_chrome(path, [*INFERENCE, broken], profile_name="P")
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.json"]
    assert path.read_text() == "old"


@pytest.mark.parametrize("name", ["missing/run.json", "."])
def test_a_path_that_cannot_be_written_says_so(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="name a file"):
        write_chrome(tmp_path / name, INFERENCE, profile_name="P")
    assert list(tmp_path.iterdir()) == []


def test_the_same_trace_gives_the_same_events() -> None:
    assert list(chrome_events(INFERENCE, profile_name="P")) == list(
        chrome_events(INFERENCE, profile_name="P")
    )
