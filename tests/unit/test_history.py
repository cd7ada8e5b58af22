"""Histories, seen from outside: right ones pass, wrong ones are named; what overlaps may be either way."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from simulator.base.subscription_records import Subscribed, Unsubscribed
from simulator.base.trace import CallbackEnded, CallbackStarted, Called, Record, Submitted
from simulator.check.history import check_history


class Story:
    """A history as it is written down: a call is known when it returns, just behind what it has brought about."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.count: dict[str, int] = {}

    def call(
        self,
        thread: str,
        op: str,
        began: int,
        ended: int,
        on: str | None = None,
        code: int = 0,
        value: str | None = None,
    ):
        self.records.append(Called(ended, thread, op, began, code, on, value, f"{op}.py:1 in f"))
        return self

    def subscribe(self, thread: str, stream: str, began: int = 0, ended: int = 1):
        self.records.append(Subscribed(ended, thread, stream, internal=False))
        return self.call("main", "subscribe_report", began, ended, stream)

    def unsubscribe(self, thread: str, stream: str, began: int, ended: int):
        self.records.append(Unsubscribed(ended, thread, stream))
        return self.call("main", "unsubscribe_report", began, ended, stream)

    def queue(
        self, kind: str, name: str, stream: str, began: int, ended: int, *, thread: str = "main", op: str = ""
    ):
        seq = self.count[stream] = self.count.get(stream, 0) + 1
        self.records.append(Submitted(ended, thread, stream, seq, seq, kind, name, f"{name}.py:2 in f"))
        return self.call(
            thread, op or {"record": "record_event", "wait": "stream_wait_event"}[kind], began, ended, stream
        )

    def launch(
        self, name: str, stream: str, began: int, ended: int, *, block: bool = True, thread: str = "main"
    ):
        kind = "callback" if block else "callback-no-block"
        return self.queue(kind, name, stream, began, ended, thread=thread, op="launch_callback")

    def run(self, name: str, stream: str, seq: int, start: int, end: int, thread: str = "reporter"):
        self.records.append(CallbackStarted(start, thread, stream, seq, name))
        self.records.append(CallbackEnded(end, thread, stream, seq, name, None))
        return self

    def poll(self, began: int, ended: int, thread: str = "reporter", code: int = 0):
        return self.call(thread, "process_report", began, ended, code=code)

    def sync(self, stream: str, began: int, ended: int, code: int = 0):
        return self.call("main", "synchronize_stream", began, ended, stream, code)


def found(story: Story) -> list[str]:
    return [str(violation) for violation in check_history(story.records)]


def names(violations: Iterable[str]) -> list[str]:
    return [violation.split(":")[0] for violation in violations]


def one_callback() -> Story:
    story: Story = Story().subscribe("reporter", "s").launch("post", "s", 10, 11)
    return story


def test_a_right_history_passes():
    story = one_callback().run("post", "s", 1, 20, 30).poll(5, 31).sync("s", 12, 40)
    assert found(story) == []


def test_what_overlaps_may_have_come_either_way():
    story = Story().subscribe("reporter", "s")
    # Two threads launch at the same time, and sync while the first callback runs: no order is certain.
    story.launch("a", "s", 10, 15, thread="one").launch("b", "s", 11, 14, thread="two")
    story.run("b", "s", 2, 20, 21).run("a", "s", 1, 22, 30).poll(5, 31).sync("s", 13, 25)
    assert found(story) == []


def test_two_callbacks_overlap_on_one_report_thread():
    story = Story().subscribe("reporter", "s").subscribe("reporter", "t")
    story.launch("a", "s", 10, 11, block=False).launch("b", "t", 12, 13, block=False)
    story.run("a", "s", 1, 20, 30).run("b", "t", 1, 25, 35).poll(5, 40)
    assert found(story) == ["O6: callbacks a of s and b of t ran at the same time on reporter"]


def test_a_callback_in_the_poll_of_another_one_is_no_overlap():
    story = Story().subscribe("reporter", "s").subscribe("reporter", "t")
    story.launch("a", "s", 10, 11, block=False).launch("b", "t", 12, 13, block=False)
    story.records.append(CallbackStarted(20, "reporter", "s", 1, "a"))
    story.run("b", "t", 1, 22, 24).poll(21, 25)
    story.records.append(CallbackEnded(30, "reporter", "s", 1, "a", None))
    assert found(story.poll(5, 31)) == []


def test_a_callback_began_before_the_blocking_one_had_returned():
    story = one_callback().launch("next", "s", 12, 13, block=False)
    story.run("post", "s", 1, 20, 30, thread="reporter").run("next", "s", 2, 25, 26, thread="other")
    wrong = found(story.poll(5, 31).poll(5, 31, thread="other"))
    assert "O3" in names(wrong)
    assert any(
        "before the blocking callback post of s, launched at post.py:2 in f, had returned" in each
        for each in wrong
    )


@pytest.mark.parametrize("op", ["synchronize_stream", "synchronize_stream_with_timeout"])
def test_a_sync_came_back_before_the_blocking_callback(op: str):
    story = one_callback().call("main", op, 12, 25, "s").run("post", "s", 1, 20, 30).poll(5, 31)
    assert names(found(story)) == ["O7"]


def test_a_query_said_complete_before_the_blocking_callback_had_run():
    story = (
        one_callback()
        .call("main", "stream_query", 12, 13, "s", value="0")
        .run("post", "s", 1, 20, 30)
        .poll(5, 31)
    )
    assert names(found(story)) == ["O7"]


def test_a_sync_that_timed_out_says_nothing():
    story = one_callback().sync("s", 12, 25, code=507046).run("post", "s", 1, 20, 30).poll(5, 31)
    assert found(story) == []


def test_a_sync_need_not_wait_for_a_callback_that_does_not_block():
    story = Story().subscribe("reporter", "s").launch("post", "s", 10, 11, block=False)
    assert found(story.sync("s", 12, 13).run("post", "s", 1, 20, 30).poll(5, 31)) == []


def test_a_sync_succeeded_and_the_blocking_callback_never_ran():
    assert names(found(one_callback().sync("s", 12, 25))) == ["O7"]


def test_what_was_dropped_need_not_run():
    story = one_callback().call("main", "stream_abort", 12, 13, "s").sync("s", 14, 15)
    assert found(story) == []


def test_an_event_passes_on_what_stood_before_its_record():
    story = (
        one_callback()
        .subscribe("other", "t")
        .queue("record", "e", "s", 12, 13)
        .queue("wait", "e", "t", 14, 15)
    )
    story.launch("after", "t", 16, 17, block=False)
    story.run("post", "s", 1, 20, 30).run("after", "t", 2, 22, 23, thread="other")
    story.poll(5, 31).poll(5, 31, thread="other")
    assert names(found(story)) == ["O3"]


def test_a_sync_of_an_event_waits_for_what_stood_before_its_record():
    story = one_callback().queue("record", "e", "s", 12, 13).call("main", "synchronize_event", 14, 25, "e")
    assert names(found(story.run("post", "s", 1, 20, 30).poll(5, 31))) == ["O8"]


def test_two_records_at_the_same_time_leave_open_which_is_the_latest():
    story = one_callback().queue("record", "e", "s", 12, 16).queue("record", "e", "t", 13, 17, thread="two")
    story.call("main", "synchronize_event", 18, 19, "e").run("post", "s", 1, 20, 30).poll(5, 31)
    assert found(story) == []


def test_a_callback_that_runs_twice():
    story = one_callback().run("post", "s", 1, 20, 21).run("post", "s", 1, 22, 23).poll(5, 31)
    assert found(story) == ["O5: callback post of s ran twice"]


def test_a_callback_on_another_thread_than_the_subscribed_one():
    story = one_callback().run("post", "s", 1, 20, 21, thread="other").poll(5, 31, thread="other")
    assert "callback post of s ran on other; reporter was subscribed" in found(story)[0]


def test_a_callback_outside_of_process_report():
    story = (
        one_callback()
        .run("post", "s", 1, 20, 21)
        .call("reporter", "synchronize_stream", 19, 22, "s")
        .poll(40, 41, code=507012)
    )
    assert (
        "O5: callback post of s ran inside synchronize_stream of reporter, not inside process_report"
        in found(story)
    )


def test_a_poll_that_has_not_returned_is_no_poll_that_was_not():
    assert found(one_callback().run("post", "s", 1, 20, 21)) == []


def test_callbacks_of_one_stream_in_the_wrong_order():
    story = (
        Story()
        .subscribe("reporter", "s")
        .launch("a", "s", 10, 11, block=False)
        .launch("b", "s", 12, 13, block=False)
    )
    story.run("b", "s", 2, 20, 21).run("a", "s", 1, 22, 23).poll(5, 31)
    assert names(found(story)) == ["O5"]


def test_codes_that_the_subscriptions_forbid():
    nobody = (
        Story().call("main", "launch_callback", 10, 11, "s", code=107015).subscribe("reporter", "s", 20, 21)
    )
    assert found(nobody) == []
    refused = Story().subscribe("reporter", "s").call("main", "launch_callback", 10, 11, "s", code=107015)
    said = "launch_callback in main at launch_callback.py:1 in f returned 107015"
    assert found(refused) == [f"rule a8: {said} though s was subscribed all the time"]
    accepted = Story().launch("post", "s", 10, 11).run("post", "s", 1, 20, 21)
    assert names(found(accepted)) == ["rule a8"]
    twice = Story().subscribe("reporter", "s").subscribe("other", "s", 5, 6)
    assert names(found(twice)) == ["rule b3"]
    unheard = Story().subscribe("reporter", "s").poll(5, 6, code=107012)
    assert names(found(unheard)) == ["rule c2"]
    too_late = Story().subscribe("reporter", "s").unsubscribe("reporter", "s", 3, 4).poll(5, 6, code=107012)
    assert found(too_late) == []
    nothing = Story().subscribe("reporter", "s").poll(5, 6)
    assert names(found(nothing)) == ["rule c4"]
