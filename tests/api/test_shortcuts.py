"""Calls that are served by a shortcut answer, and leave a trace, exactly as the table does."""

from __future__ import annotations

import itertools

import pytest

import acl_api as acl
from acl_api.backends.shortcuts import SHORTCUTS, shortcut_of
from acl_api.table import ROWS
from simulator.engine.choice import First, Replay

SYNC, TIME_LINE = 1, 8


class World:
    """One machine with one of everything, and handles that are wrong in every way."""

    def __init__(self, session):
        self.session = session
        session.declare_model(acl.ModelSpec("net", latency_ns=5000))
        acl.init()
        acl.rt.set_device(0)
        self.model = acl.mdl.load_from_file("net.om")[0]
        self.dataset = acl.mdl.create_dataset()
        self.stream, self.lonely, self.stale = (acl.rt.create_stream()[0] for _ in range(3))
        acl.rt.destroy_stream(self.stale)
        self.event = acl.rt.create_event_ex_with_flag(SYNC | TIME_LINE)[0]
        self.deaf = acl.rt.create_event_ex_with_flag(TIME_LINE)[0]
        self.thread = session.host.thread("reporter")
        acl.rt.subscribe_report(self.thread.ident, self.stream)
        self.other_context = acl.rt.create_context(0)[0]
        self.foreign = acl.rt.create_stream()[0]

    @property
    def streams(self):
        return (
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
            "s",
        )

    @property
    def events(self):
        return (self.event, self.deaf, self.stream, 0, 12345, float(self.event), None)

    def calls(self):
        """Every combination of right and wrong arguments of the rows with shortcuts."""
        callback, execute = acl.rt.launch_callback, acl.mdl.execute_async
        for fn, block, stream in itertools.product((print, None), (0, 1, 2, -1, True, None), self.streams):
            yield callback, (fn, "data", block, stream)
        datasets = (self.dataset, self.stream, 0, None)
        for model, stream in itertools.product((self.model, 99, True, 1.0), self.streams):
            for source, target in itertools.product(datasets, repeat=2):
                yield execute, (model, source, target, stream)
        for event, stream in itertools.product(self.events, self.streams):
            yield acl.rt.record_event, (event, stream)
            yield acl.rt.stream_wait_event, (stream, event)
        for function in (callback, execute, acl.rt.record_event, acl.rt.stream_wait_event):
            yield function, ()
            yield function, (self.stream,) * 5


def answer(function, args):
    try:
        return function(*args)
    except TypeError as refused:
        return str(refused)


def answers(chooser, context):
    with acl.Session(chooser=chooser, soc="Ascend910B") as session:
        world = World(session)
        if context == "none":
            acl.rt.destroy_context(world.other_context)
        elif context == "own":
            acl.rt.set_device(0)
        given = [answer(function, args) for function, args in world.calls()]
        for stream in (world.stream, world.lonely):
            acl.rt.destroy_stream_force(stream)
    return given, session.trace


@pytest.mark.parametrize("name", SHORTCUTS)
def test_a_shortcut_stands_for_the_checks_its_row_has_now(name):
    assert shortcut_of(ROWS[name]) is not None


@pytest.mark.parametrize("context", ["own", "other", "none"])
def test_right_and_wrong_arguments_get_the_same_answers_and_trace_as_from_the_table(context):
    quick, quick_trace = answers(First(), context)
    # A chooser that is asked, and always says 0, gives the friendly run without shortcuts.
    slow, slow_trace = answers(Replay([]), context)
    assert quick == slow
    assert list(quick_trace) == list(slow_trace)
    assert (0 in quick) == (context != "none")


def test_a_launch_into_a_full_queue_waits_through_a_shortcut_too():
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
