"""Traces as files: what comes back is what was written, and what is no trace is refused with its line."""

from __future__ import annotations

import json

import pytest

from simulator.base.errors import UserError
from simulator.base.memory_records import Allocated, HostAccess, TaskAccess
from simulator.base.trace import Blocked, Called, Noted, Trace
from simulator.export.tracefile import Ending, read_trace, write_trace
from tests.unit.records import SUBSCRIBED, posted, processed, ran, ran_function, submitted, synced, taken

ENDING = Ending("stalled", 12, "only timers tick", ("main waits.", "Nobody polls."))
RECORDS = (
    SUBSCRIBED,
    Allocated(0, "main", "#1", "device", 0, 64, "prog.py:3 in main"),
    submitted(1, "copy"),
    TaskAccess(0, "s1", 1, (("#1", 0, 64),), (), exact=True),
    submitted(2, "callback", tasks=3),
    ran(5, 1, "copy"),
    posted(6, 2),
    taken(6, 2),
    *ran_function(6, 2, until=8),
    processed(8),
    synced(9, ("s1", 4)),
    HostAccess(9, "main", "memcpy", (), (("#1", 0, 8),), None),
    Blocked(9, "main", "join_thread", None, None),
    Noted(9, "bad-free", None, "freed twice, naïvely", "h2", None),
)


def stored(tmp_path, *records, isolated=False):
    trace = Trace()
    trace.isolated, trace.untimed = isolated, not isolated
    for record in records:
        trace.append(record)
    file = tmp_path / "run.jsonl"
    assert write_trace("--save-trace", str(file), trace, ENDING, {"soc": "Ascend910B"}) == len(records)
    return trace, file


@pytest.mark.parametrize("isolated", [False, True])
def test_a_trace_comes_back_as_it_was_written(tmp_path, isolated):
    trace, file = stored(tmp_path, *RECORDS, isolated=isolated)
    read = read_trace(str(file))
    assert read.trace.records == trace.records
    assert read.trace.digest() == trace.digest()
    assert read.trace.isolated is isolated
    assert read.trace.untimed is not isolated
    assert read.ending == ENDING
    assert not read.is_closed
    assert read.about == {"soc": "Ascend910B"}


def test_a_trace_has_one_line_for_each_record_and_two_more(tmp_path):
    _, file = stored(tmp_path, *RECORDS)
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [line[0] for line in lines[1:-1]] == [type(record).__name__ for record in RECORDS]
    assert lines[0]["trace"] == 1
    assert lines[-1]["end"]["chain"] == list(ENDING.chain)


def test_what_stood_there_before_stays_when_the_new_one_cannot_be_written(tmp_path):
    with pytest.raises(UserError, match=r"--save-trace .*missing.*cannot write it"):
        write_trace("--save-trace", str(tmp_path / "missing" / "run.jsonl"), Trace(), ENDING, {})
    assert list(tmp_path.iterdir()) == []


def broken(text):
    """Lines of a trace in which *text* replaces the first record."""
    head = '{"aclsim":"0.1.0","trace":1,"isolated":false,"about":{}}'
    end = '{"records":1,"end":{"kind":"done","now":1,"text":"over","chain":[],"whole":true}}'
    return f"{head}\n{text}\n{end}\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", r":1: this is not JSON"),
        ("[]\n", r":1: this is no trace"),
        ('{"trace":2}\n', r":1: a trace of format 2; this aclsim reads format 1"),
        ('{"trace":1}\n', r":2: the file ends before it says how the run ended"),
        (broken("{"), r":2: this is not JSON"),
        (broken("3"), r":2: this is no record"),
        (broken('["Exploded",1]'), r":2: there is no record Exploded; was the trace written by a newer"),
        (broken('["CallbackReleased",1,"s"]'), r":2: a CallbackReleased has 3 fields, not 2"),
        (broken('["CallbackReleased",1,"s","2"]'), r":2: seq of this CallbackReleased is of another type"),
        (broken('["CallbackReleased",1,"s",true]'), r":2: seq of this CallbackReleased is of another type"),
        (broken('["Submitted",0,"main","s",1,900000000,"set","x",null]'), r":2: tasks 1 to 900000000 are no"),
        (
            broken('["TaskAccess",0,"s",1,[["#1",0]],[],true]'),
            r":2: reads of this TaskAccess is of another type",
        ),
        ('{"trace":1}\n{"records":0}\n', r":2: the last line does not say how the run ended"),
        (broken('{"records":7,"end":{}}'), r":2: the last line says 7 records, and there are 0"),
        (broken('["FlagSet",1,"main","f",true]') + "{}", r":3: the file goes on behind its last line"),
        (broken("[" * 100_000), r":2: this is not JSON"),
    ],
)
def test_what_is_no_trace_is_refused_with_its_line(tmp_path, text, says):
    file = tmp_path / "run.jsonl"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=says):
        read_trace(str(file))


def test_a_folder_is_no_trace(tmp_path):
    with pytest.raises(UserError, match="this is a folder; name the traces in it"):
        read_trace(str(tmp_path))


def test_every_kind_of_record_can_be_read_back(tmp_path):
    _, file = stored(tmp_path, Called(1, "main", "free", 1, 0, None, None, "a.py:1 in f"))
    assert read_trace(str(file)).trace.of(Called)[0].site == "a.py:1 in f"
