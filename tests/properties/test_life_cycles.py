"""Devices, contexts, memory, failures and timeouts: laws that hold whatever a program does, in many threads.

The oracles beside the laws are written from the rules alone (g5 to g12, h1, h2, e12, e19) and share nothing with the
model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conformance.efgh import hold, other_context
from tests.conformance.machine import EVERY, MS, Machine, rt
from tests.properties.whole_table import Worker

DEVICES = 2
FORGED = 0xDEAD_BEEF


@dataclass
class Devices:
    """What rules g5 to g12 say of devices and contexts; a context is a device and a number."""

    references: dict[int, int] = field(default_factory=lambda: dict.fromkeys(range(DEVICES), 0))
    generation: dict[int, int] = field(default_factory=lambda: dict.fromkeys(range(DEVICES), 0))
    alive: set[object] = field(default_factory=set)
    current: dict[str, object] = field(default_factory=dict)

    def primary(self, device: int) -> object:
        return ("primary", device, self.generation[device])

    def set_device(self, thread: str, device: int) -> int:
        if device not in self.references:
            return 107001
        self.references[device] += 1
        self.alive.add(self.primary(device))
        self.current[thread] = self.primary(device)
        return 0

    def reset_device(self, device: int, *, force: bool = False) -> int:
        if device not in self.references:
            return 107001
        if self.references[device] == 0:
            return 507007
        self.references[device] = 0 if force else self.references[device] - 1
        if self.references[device] == 0:
            self.alive.discard(self.primary(device))
            self.generation[device] += 1
        return 0

    def context_of(self, thread: str) -> object:
        context = self.current.get(thread)
        return context if context in self.alive else None

    def device_of(self, thread: str) -> tuple[int, int]:
        context = self.context_of(thread)
        assert context is None or isinstance(context, tuple)
        return (0, 107002) if context is None else (context[1], 0)


STEPS = st.lists(
    st.tuples(
        st.integers(0, 2),  # the thread
        st.sampled_from(["set", "set", "reset", "force", "create", "use", "destroy", "leave"]),
        st.integers(-1, 3),  # a device, or which of the contexts
    ),
    max_size=40,
)


@given(soc=st.sampled_from(EVERY), steps=STEPS)
@settings(max_examples=150)
def test_devices_and_contexts_answer_as_the_rules_say_from_every_thread(soc, steps):
    m = Machine(soc, device=False)
    with m.session:
        workers = [Worker(m, f"thread {number}") for number in range(3)]
        model = Devices()
        made: list[tuple[object, int]] = []
        for number, what, which in steps:
            worker = workers[number]
            expected = _expected(model, worker.name, what, which, made)
            got = asked(worker, partial(_call, what, which, made))
            if what == "create" and expected == 0:
                assert isinstance(got, tuple)
                assert got[1] == 0
                context = ("explicit", which, len(made))
                made.append((context, got[0]))
                model.alive.add(context)
                model.current[worker.name] = context
            else:
                assert got == ((0, expected) if what == "create" else expected)
            for each in workers:
                device, code = model.device_of(each.name)
                assert asked(each, lambda: (rt.get_device(), rt.get_context()[1])) == ((device, code), code)


def asked(worker: Worker, call: Callable[[], object]) -> object:
    """Return what *call* returns in a worker, which does not wait in it."""
    got: list[object] = []
    assert worker.do(lambda: got.append(call()))
    return got[0]


def _expected(model: Devices, thread: str, what: str, which: int, made: list[tuple[object, int]]) -> int:
    """Return the code of a step, and let the model do it."""
    if what == "set":
        return model.set_device(thread, which)
    if what in {"reset", "force"}:
        return model.reset_device(which, force=what == "force")
    if what == "create":
        return 0 if 0 <= which < DEVICES else 107001
    context = made[which % len(made)][0] if made else None
    if what == "destroy":
        if context not in model.alive:
            return 107002
        model.alive.discard(context)
        return 0
    if what == "use":
        if context not in model.alive:
            return 107000
        model.current[thread] = context
        return 0
    return 100000  # NULL


def _call(what: str, which: int, made: list[tuple[object, int]]) -> object:
    handle = made[which % len(made)][1] if made else FORGED
    calls = {
        "set": lambda: rt.set_device(which),
        "reset": lambda: rt.reset_device(which),
        "force": lambda: rt.reset_device_force(which),
        "create": lambda: rt.create_context(which),
        "destroy": lambda: rt.destroy_context(handle),
        "use": lambda: rt.set_context(handle),
        "leave": lambda: rt.set_context(0),
    }
    return calls[what]()


@given(
    soc=st.sampled_from(EVERY),
    sizes=st.lists(st.integers(1, 1 << 20), min_size=1, max_size=20),
    freed=st.sets(st.integers(0, 19)),
)
@settings(max_examples=60)
def test_a_device_accounts_for_each_allocation_and_gives_just_that_back(soc, sizes, freed):
    """Rule h1: in 32s, padded by as much except on 950."""
    m = Machine(soc)
    with m.session:
        m.open()
        padding = 0 if soc == "Ascend950" else 32
        free, total, _ = rt.get_mem_info(1)
        assert free == total
        pointers = [rt.malloc(size, 0)[0] for size in sizes]
        taken = [-(-size // 32) * 32 + padding for size in sizes]
        assert rt.get_mem_info(1) == (total - sum(taken), total, 0)
        back = [at for at in freed if at < len(sizes)]
        assert [rt.free(pointers[at]) for at in back] == [0] * len(back)
        assert [rt.free(pointers[at]) for at in back] == [107000] * len(back)
        left = sum(size for at, size in enumerate(taken) if at not in freed)
        assert rt.get_mem_info(1) == (total - left, total, 0)


@pytest.mark.parametrize("soc", EVERY)
def test_the_last_byte_of_a_device_may_be_taken_and_no_more(machine_of, soc):
    machine_of(soc)
    _, total, _ = rt.get_mem_info(1)
    padding = 0 if soc == "Ascend950" else 32
    pointer, code = rt.malloc(total - padding, 0)
    assert (code, rt.get_mem_info(1)) == (0, (0, total, 0))
    assert rt.malloc(1, 0) == (0, 207001)
    assert rt.malloc_host(1)[1] == 0  # which is the host's
    assert rt.free(pointer) == 0
    assert rt.malloc(1, 0)[1] == 0


@pytest.fixture
def machine_of():
    """A machine that is current, by the name of its product."""
    with_session: list[Machine] = []

    def make(soc: str) -> Machine:
        made = Machine(soc)
        made.session.__enter__()
        with_session.append(made)
        return made.open()

    yield make
    for made in reversed(with_session):
        made.session.__exit__(None, None, None)


@given(
    soc=st.sampled_from(EVERY),
    takes=st.integers(1, 60),
    timeouts=st.lists(st.integers(1, 40), min_size=1, max_size=4),
    wait=st.sampled_from(["stream", "event", "device"]),
)
@settings(max_examples=100)
def test_a_wait_with_a_timeout_ends_with_the_work_or_at_its_time_whichever_is_first(
    soc, takes, timeouts, wait
):
    """Rules e12, f11: 507046, or 507047 for events, and the work goes on."""
    m = Machine(soc, costs="null")
    with m.session:
        m.open()
        stream, event = m.stream(), rt.create_event()[0]
        let_go = hold(stream)
        assert rt.record_event(event, stream) == 0
        home, _ = rt.get_context()

        def release():
            m.sleep(takes * MS)
            assert rt.set_context(home) == 0
            let_go()

        m.start(release)
        calls = {
            "stream": (lambda ms: rt.synchronize_stream_with_timeout(stream, ms), 507046),
            "event": (lambda ms: rt.synchronize_event_with_timeout(event, ms), 507047),
            "device": (rt.synchronize_device_with_timeout, 507046),
        }
        call, late = calls[wait]
        for timeout in timeouts:
            began = m.now
            left = takes * MS - began
            code = call(timeout)
            if left == timeout * MS:  # at the very instant either may come first
                assert code in {0, late}
            else:
                assert code == (0 if left < timeout * MS else late)
            assert m.now - began == min(max(0, left), timeout * MS)
        assert call(1000) == 0


MODES = st.sampled_from(["continue", "stop"])


@given(
    soc=st.sampled_from(EVERY),
    mode=MODES,
    tasks=st.lists(st.sampled_from([0, 0, 507015, 507018]), min_size=1, max_size=6),
    streams=st.integers(1, 3),
)
@settings(max_examples=100)
def test_continue_runs_all_and_tells_the_last_failure_once_stop_runs_none_behind_the_first(
    soc, mode, tasks, streams
):
    """Rules e13, e18, e19, i4; another context of the device hears of nothing."""
    m = Machine(soc, costs="null")
    with m.session:
        m.open()
        made = [m.stream() for _ in range(streams)]
        if mode == "stop":
            assert rt.set_stream_failure_mode(made[-1], 1) == 0  # on one, which is on all
        runs = {code: m.model(fails_with=code or None) for code in set(tasks)}
        let_go = hold(made[0])
        before = len(m.ran())
        assert [runs[code](made[0]) for code in tasks] == [0] * len(tasks)
        let_go()
        failures = [code for code in tasks if code]
        first = next((at for at, code in enumerate(tasks) if code), len(tasks))
        codes = [rt.synchronize_stream(made[0]) for _ in range(2)]
        executed = m.ran()[before:].count("execute")
        if mode == "continue" or not failures:
            assert codes == [failures[-1] if failures else 0, 0]
            assert executed == len(tasks)
        else:
            assert codes == [failures[0]] * 2
            assert executed == first + 1
            assert m.dropped().count("execute") == len(tasks) - first - 1
            assert {rt.synchronize_stream(stream) for stream in made} == {failures[0]}
        elsewhere = other_context()
        assert rt.set_context(elsewhere) == 0
        assert rt.synchronize_device() == 0
