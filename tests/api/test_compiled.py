"""Compiled rows: what is written out for speed answers, and leaves a trace, exactly as the checks do."""

from __future__ import annotations

import itertools
import math
import random
import traceback
from collections import ChainMap
from dataclasses import replace

import pytest

import acl_api as acl
from acl_api import session as sessions
from acl_api.arguments import Flavour
from acl_api.backends.compiler import Variant, source_of
from acl_api.bind import by_name
from acl_api.table import ROWS
from acl_api.table.row import Check, Param, Ref, Row
from simulator.base.errors import InternalError
from simulator.engine.choice import First, Replay

SYNC, TIME_LINE = 1, 8
# Rows that are made by one function differ in names only: those of pictures stand for all.
ALIKE = "acl_api.table.properties"
QUICK = [
    name
    for name, row in ROWS.items()
    if any(check.quick for check in row.checks)
    and (row.run.__module__ != ALIKE or name.endswith(("_pic_desc", "_pic_desc_size")))
]
HOT = ("acl.rt.launch_callback", "acl.mdl.execute_async", "acl.rt.record_event", "acl.rt.memcpy_async")
# More combinations than this are drawn by lot, always the same.
MOST = 300


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    return tmp_path_factory.mktemp("empty")


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch, empty):
    """Models in memory are looked for below the working directory: not through this whole repository."""
    monkeypatch.chdir(empty)


def plain_row(name):
    """The same row with nothing written out: every check is asked."""
    return replace(ROWS[name], checks=tuple(replace(check, quick="") for check in ROWS[name].checks))


class World:
    """One machine with one of everything, and handles that are wrong in every way."""

    def __init__(self, session):
        self.session = session
        session.declare_model(acl.ModelSpec("net", latency_ns=5000))
        acl.init()
        acl.rt.set_device(0)
        self.model = acl.mdl.load_from_file("net.om")[0]
        self.dataset = acl.mdl.create_dataset()
        self.buffer = acl.create_data_buffer(0, 0)
        self.stream, self.lonely, self.stale = (acl.rt.create_stream()[0] for _ in range(3))
        acl.rt.destroy_stream(self.stale)
        self.event = acl.rt.create_event_ex_with_flag(SYNC | TIME_LINE)[0]
        self.notify = acl.rt.create_notify(0)[0]
        self.deaf = acl.rt.create_event_ex_with_flag(TIME_LINE)[0]
        self.memory = acl.rt.malloc(64, 0)[0]
        self.thread = session.host.thread("reporter")
        acl.rt.subscribe_report(self.thread.ident, self.stream)
        self.context = acl.rt.get_context()[0]
        self.other_context = acl.rt.create_context(0)[0]
        self.foreign = acl.rt.create_stream()[0]

    def choices(self, param):
        """Right and wrong arguments for a parameter."""
        streams: tuple[object, ...] = (
            self.stream,
            self.lonely,
            self.stale,
            self.foreign,
            self.event,
            0,
            12345,
            True,
            1.0,
            None,
        )
        streams += (self.stream + 2**64, 2**64)  # they wrap, as the binding's unsigned numbers do
        return {
            Ref.STREAM: streams,
            Ref.EVENT: (self.event, self.deaf, self.stream, 0, 12345, float(self.event), self.event - 2**64),
            Ref.NOTIFY: (self.notify, self.stream, 0, 12345),
            Ref.CONTEXT: (self.context, self.stream, 0, 12345),
            Ref.MODEL: (self.model, 99, True, 1.0),
            Ref.DATASET: (self.dataset, self.stream, 0, None),
            Ref.BUFFER: (self.buffer, self.stream, 0, None),
            Ref.MEMORY: (self.memory, self.memory + 8, 0),
            Ref.THREAD: (self.thread.ident, 5),
            Ref.FUNCTION: (print, None),
            Ref.TIMEOUT_MS: (1, 0, -2, "s"),
            Ref.ANY: ("data",),
            Ref.PATH: ("none.om", 5),
        }.get(param.refers, (0, 1, 8, -1, 2**33, None))

    def calls(self, row):
        """Right and wrong arguments of one row, each combined with each as far as there are not too many."""
        choices = [self.choices(param) for param in row.params]
        if math.prod(map(len, choices)) > MOST:
            lot = random.Random(7)
            combined = [tuple(map(lot.choice, choices)) for _ in range(MOST)]
        else:
            combined = list(itertools.product(*choices))
        return [*combined, (), (0,) * (len(row.params) + 1)] if row.params else [()]


def answer(function, args):
    try:
        result = function(*args)
    except (TypeError, ValueError) as refused:
        return str(refused)
    # Real memory lies elsewhere in every run.
    memory = isinstance(result, tuple) and isinstance(result[0], int) and result[0] >= 1 << 40
    return ("an address", result[1]) if memory else result


def answers(row, context, *, chooser=None):
    """What the calls of one row return in a fresh world, and the trace of them."""
    with acl.Session(chooser=chooser, soc="Ascend910B") as session:
        world = World(session)
        if context == "none":
            acl.rt.destroy_context(world.other_context)
        elif context == "own":
            acl.rt.set_device(0)
        function = by_name(row.name)
        given = [answer(function, args) for args in world.calls(row)]
        for stream in (world.stream, world.lonely):
            acl.rt.destroy_stream_force(stream)
    return given, list(session.trace or ())


# What destroys the world it is asked about, or waits for ever in it, has tests of its own.
ASKED = [
    name for name in QUICK if not name.startswith(("acl.rt.synchronize", "acl.rt.destroy", "acl.rt.unsub"))
]


@pytest.mark.parametrize("context", ["own", "other", "none"])
@pytest.mark.parametrize("name", ASKED)
def test_what_is_written_out_gives_the_same_answers_and_trace_as_the_checks(name, context, monkeypatch):
    quick, quick_trace = answers(ROWS[name], context)
    # This row alone: compiled code is kept by the row, and the others would be compiled anew in each test.
    monkeypatch.setattr(sessions, "SURFACE", ChainMap({name: plain_row(name)}, ROWS))
    plain, plain_trace = answers(ROWS[name], context)
    assert quick == plain
    assert quick_trace == plain_trace


@pytest.mark.parametrize("name", HOT)
def test_hot_rows_write_all_their_checks_out(name):
    assert [check for check in ROWS[name].checks if not check.quick] == []


@pytest.mark.parametrize("name", HOT)
def test_a_run_whose_chooser_always_says_0_is_the_friendly_one(name):
    friendly, friendly_trace = answers(ROWS[name], "own", chooser=First())
    asked, asked_trace = answers(ROWS[name], "own", chooser=Replay([]))
    assert friendly == asked
    assert friendly_trace == asked_trace
    assert 0 in friendly


def test_a_launch_into_a_full_queue_waits():
    with acl.Session(soc="Ascend910") as session:
        world = World(session)
        acl.rt.set_device(0)
        depth = session.profile.limits.queue_depth
        codes = [
            acl.mdl.execute_async(world.model, world.dataset, world.dataset, world.lonely)
            for _ in range(depth + 10)
        ]
        assert set(codes) == {0}
        assert session.kernel.now > 0


def test_one_source_serves_all_runs_of_its_kind():
    rows = []
    for trace in (True, True, False):
        with acl.Session(trace=trace):
            acl.rt.get_device_count()
            rows.append(sessions.current.calls["acl.rt.get_device_count"])
    first, second, without = (row.__code__.co_filename for row in rows)
    assert first == second
    assert first != without


def test_a_traceback_shows_the_line_of_the_compiled_row():
    def broken(_rt, _me):
        raise RuntimeError("broken")

    row = replace(ROWS["acl.rt.get_device_count"], run=broken)
    with acl.Session() as session, pytest.raises(RuntimeError) as caught:
        session.backend.bind(row, Flavour.PYTHON)()
    assert "    result = run(rt, me)" in "".join(traceback.format_exception(caught.value))


def test_a_parameter_may_have_the_name_of_anything_that_is_used_inside():
    params = tuple(Param(name, "i") for name in ("me", "type", "result", "lambda", "found"))
    row = Row(
        "acl.rt.made_up", "aclrtMadeUp", lambda _rt, _me, *rest: (rest,), params, outs=("it",), failed=(0,)
    )
    with acl.Session() as session:
        call = session.backend.bind(row, Flavour.PYTHON)
        assert call(1, 2, 3, 4, 5) == ((1, 2, 3, 4, 5), 0)
        assert call(1, 2, 3, 4, True) == ((1, 2, 3, 4, 1), 0)
        with pytest.raises(TypeError, match=r"^acl\.rt\.made_up args parse failed(\n|$)"):
            call(1, 2, 3, 4, "5")


def test_a_check_that_tests_nothing_is_our_own_mistake():
    row = Row("acl.rt.made_up", "aclrtMadeUp", lambda *_: None, checks=(Check("a1", 107000, "nothing"),))
    with pytest.raises(InternalError, match=r"^check a1 of acl\.rt\.made_up tests nothing$"):
        source_of(row, Variant(traced=False, asks=False, monitored=False))
