"""Any program over the whole table, right and wrong, in several threads: no crash, no hang, no unexplained code.

Rows that are added to the table are in it by themselves.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from acl_api import codes
from acl_api.diagnosis import _IN_PASSING
from acl_api.errors import DeadlockError
from acl_api.table import ROWS
from acl_api.table.row import Ref, Row
from simulator.check.ordering import check_ordering
from tests.conformance.machine import EVERY, MS, Machine, rt
from tests.properties.lives import BAD_HANDLE, KINDS, MADE, Oracle, made
from tests.properties.whole_table import FAILS_WITH, Arguments, Worker, call, may_raise

acl: Any = import_module("acl_api")
PLAIN = [name for name, row in ROWS.items() if row.family != "c"]
# Rows that make and destroy handles, or launch: a program that never calls them meets little.
BUSY = [
    name
    for name in PLAIN
    if set(ROWS[name].outs) & set(MADE) or any(param.refers in KINDS for param in ROWS[name].params)
]
# The latter twice as often.
MOST = [*PLAIN, *BUSY, *BUSY]
# What a task that has failed leaves for whatever submits or synchronises next: its model's code, or that of a copy
# whose memory was freed. A launch that waits may lose its stream, or meet another thread's abort (rules e8, g14).
ANYWHERE = {
    0,
    FAILS_WITH,
    codes.ACL_ERROR_RT_PARAM_INVALID,
    BAD_HANDLE,
    codes.ACL_ERROR_RT_DEVICE_TASK_ABORT,
    codes.ACL_ERROR_RT_STREAM_ABORT,
}


class WholeTable(RuleBasedStateMachine):
    """One process with three threads that call whatever there is, and one that runs callbacks."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.oracle = Oracle()
        self.pointers: list[int] = []
        self.calls = 0

    # A seed a program: hypothesis itself draws what it drew before, and many calls would never succeed.
    @initialize(random=st.randoms(use_true_random=True))
    def begin(self, random: Random) -> None:
        self.random = random
        folder = self.stack.enter_context(tempfile.TemporaryDirectory())
        self.stack.callback(os.chdir, Path.cwd())
        os.chdir(folder)
        self.machine = Machine(random.choice(EVERY), device=False)
        self.stack.enter_context(self.machine.session)
        self.workers = [Worker(self.machine, name) for name in ("one", "two", "three")]
        for worker in self.workers:
            for name, values in (("set_device", (0,)), ("get_context", ()), ("create_stream", ())):
                self._do(worker, ROWS[f"acl.rt.{name}"], values)
        reporter = self.machine.session.host.thread("reporter", daemon=True)
        self.idents = [worker.thread.ident for worker in self.workers] + [reporter.ident]
        self.workers[0].do(lambda: self._set_up(reporter.ident))
        self.machine.session.host.start(reporter, self._report)

    def _set_up(self, ident: int) -> None:
        """Declare a model that works and one that fails, and subscribe somebody to the first stream."""
        self.machine.model()
        self.machine.model(fails_with=FAILS_WITH)
        assert rt.subscribe_report(ident, self.oracle.alive(Ref.STREAM)[0]) == 0

    def _report(self) -> None:
        while True:
            rt.process_report(1000)

    @rule()
    def call_something(self) -> None:
        """Call one row in one thread."""
        random = self.random
        free = [worker for worker in self.workers if not worker.busy]
        if not free:
            self.machine.sleep(100 * MS)
            return
        worker = random.choice(free)
        row = ROWS[random.choice(MOST)]
        arguments = Arguments(self.oracle, self.pointers, self.idents)
        values = tuple(random.choice(arguments.of(param)) for param in row.params)
        self._do(worker, row, values)

    def _do(self, worker: Worker, row: Row, values: tuple[object, ...]) -> None:
        bad = self.oracle.bad(row, values)
        ended: list[object] = []

        def job() -> None:
            try:
                result = call(row, values)
            except Exception as error:
                if not may_raise(row, error):
                    raise
                return
            at_once = not ended
            self._judge(worker, row, values, result, bad if at_once else None)

        try:
            done = worker.do(job)
        except DeadlockError:  # the program hangs, and was told why
            event("deadlock")
            done = False
        ended.append(done)
        self.calls += 1
        event(f"calls {row.family}")

    def _judge(
        self,
        worker: Worker,
        row: Row,
        values: tuple[object, ...],
        result: object,
        bad: list[str] | None,
    ) -> None:
        """Compare a result with what the oracle says; *bad* is None for a call that others have overtaken."""
        outputs = result if isinstance(result, tuple) else (result,)
        if row.bare:
            if all(output is not None for output in outputs):
                self.oracle.note(row, worker.name, values, outputs)
            return
        code = outputs[-1]
        told = f"{row.name}{values} returned {result}"
        assert isinstance(code, int), told
        assert code in {*row.codes, *ANYWHERE}, f"{told}, which no check of the row explains"
        if code == 0:
            early = any(check.code == 0 for check in row.checks)
            assert not bad or early, f"{told}, although {bad} are no live handles"
            self.oracle.note(row, worker.name, values, outputs[:-1])
            self._keep(row, outputs[:-1])
            return
        assert not any(value for _kind, value in made(row, outputs)), f"{told}: a maker that fails returns 0"
        if code == BAD_HANDLE and bad is not None:
            # A list may be one of handles, or of anything else; what it holds is not followed.
            lists = any(isinstance(value, list) for value in values)
            assert bad or lists, f"{told}, although all its handles live"
        if (row.op, code) not in _IN_PASSING:
            assert str(code) in (acl.get_recent_err_msg() or ""), f"{told} and nothing says why"

    def _keep(self, row: Row, outputs: tuple[object, ...]) -> None:
        """Remember pointers and threads, for the parameters that take such."""
        if "alloc" in row.op:
            self.pointers += [value for value in outputs if isinstance(value, int)]
        if row.op == "start_thread":
            self.idents += [value for value in outputs if isinstance(value, int)]

    def teardown(self) -> None:
        machine = getattr(self, "machine", None)
        if machine is not None:
            trace = machine.session.trace
            assert trace is not None
            assert not check_ordering(trace, closed=False)
        self.stack.close()
        super().teardown()


def run(examples: int, steps: int) -> None:
    """Run so many programs of so many calls."""
    run_state_machine_as_test(
        WholeTable,
        settings=settings(max_examples=examples, stateful_step_count=steps, phases=[Phase.generate]),
    )


def test_programs_over_the_whole_table_crash_nowhere_and_every_code_is_explained():
    run(30, 100)


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_two_thousand_programs_over_the_whole_table():
    run(2000, 100)
