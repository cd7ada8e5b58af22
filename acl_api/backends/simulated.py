"""The simulator behind the surface: arguments, checks in order, operation, waits, trace."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from acl_api.arguments import Flavour, parser
from acl_api.backends.shortcuts import shortcut_of
from acl_api.table.row import MISSING, Ref
from simulator.base.errors import Fault, InternalError
from simulator.base.trace import CALLED
from simulator.core.operations.reports import Batch, run_batch
from simulator.engine.hosts.ends import Stuck
from simulator.engine.wait import Wait

if TYPE_CHECKING:
    from acl_api.backends.protocol import Call
    from acl_api.table.row import Check, Row
    from simulator.core.runtime import Caller, Runtime

# Rule i6: only codes of the runtime layer are remembered, not those of the ACL layer or the graph engine.
_RUNTIME_LAYER = (107, 207, 507)
# No code yet: all checks passed, or the call has not come to its end.
_PASSED = -1
_NOT_RUN = object()
_NAMED = (Ref.STREAM, Ref.EVENT, Ref.CONTEXT)
# One compiled check: does it look its value up, what to call, which value (None: several), which code.
_Step = tuple[bool, Callable[["Caller", object], object], int | None, tuple[int, ...], int]


class SimulatedBackend:
    """Executes rows on one `Runtime`; `on_stuck` turns a run that cannot go on into the error to raise."""

    name = "simulator"

    def __init__(self, rt: Runtime, on_stuck: Callable[[Stuck], Exception]) -> None:
        self._rt = rt
        self._on_stuck = on_stuck

    def __repr__(self) -> str:
        return f"<simulated backend of {self._rt!r}>"

    def bind(self, row: Row, flavour: Flavour) -> Call:
        """Compile *row* into one function: parse, check in order, run, wait, shape the result."""
        rt, on_stuck = self._rt, self._on_stuck
        host, kernel = rt.host, rt.kernel
        parse, check, run = parser(row, flavour), _checker(row), row.run
        shape = _shape(row) if row.outs else None
        record = _recorder(rt, row)
        quiet = kernel.chooser.friendly
        op = row.op

        def call(args: tuple[object, ...]) -> object:
            me = rt.caller()
            values = parse(args)
            if not quiet:
                host.point(op)
            return perform(me, values, _NOT_RUN)

        def perform(me: Caller, values: list[object], result: object) -> object:
            began = kernel.now
            code = _PASSED
            try:
                answer = check(me, values) if result is _NOT_RUN else _PASSED
                if answer == _PASSED:
                    if result is _NOT_RUN:
                        result = run(rt, me, *values)
                    result = _settle(rt, me, result, keeps_gil=row.keeps_gil)
                    given = result is None or result.__class__ is tuple
                    answer = 0 if given else rt.code_of(cast("Fault | int", result))
                code = answer
            except Stuck as stuck:
                raise on_stuck(stuck) from None
            except SystemError:
                code = 0
                raise
            finally:
                if record is not None and code != _PASSED:
                    record(me, began, code, values, result)
            if code and code // 1000 in _RUNTIME_LAYER:
                me.last_error = code
            return code if shape is None else shape(code, result)

        # As in `bind`: code of its own, for tracebacks and for the interpreter's adaptation.
        call.__code__ = call.__code__.replace(co_name=op)
        # A shortcut has no choice point, so it is for runs in which nobody chooses.
        shortcut = shortcut_of(row) if quiet else None
        return call if shortcut is None else shortcut(rt, call, perform)


def _settle(rt: Runtime, me: Caller, result: object, *, keeps_gil: bool) -> object:
    """Carry an operation to its end: block on its waits, run the callbacks it has taken."""
    while True:
        if isinstance(result, Wait):
            outcome = rt.host.wait(result, keeps_gil=keeps_gil)
            result = None if result.then is None else result.then(outcome)
        elif isinstance(result, Batch):
            result = run_batch(rt, me, result)
        else:
            return result


def _checker(row: Row) -> Callable[[Caller, list[object]], int]:
    """Return the function that makes the row's checks in order, replacing handles by their objects.

    It returns the code of the first check that fails, `_PASSED` when none does.
    """
    index = {param.name: at for at, param in enumerate(row.params)}
    steps = tuple(_compile_check(row, check, index) for check in row.checks)

    def check(me: Caller, values: list[object]) -> int:
        for is_lookup, test, at, several, failing in steps:
            value = values[at] if at is not None else tuple([values[i] for i in several])
            found = test(me, value)
            if is_lookup:
                if found is MISSING:
                    return failing
                values[at] = found  # type: ignore[index]  # a lookup is on one parameter
            elif found:
                return failing
        return _PASSED

    return check


def _compile_check(row: Row, check: Check, index: dict[str, int]) -> _Step:
    test = check.lookup or check.test
    if test is None:
        msg = f"check {check.rule} of {row.name} tests nothing"
        raise InternalError(msg)
    several = tuple(index[name] for name in check.on)
    at = several[0] if len(several) == 1 else None
    return check.lookup is not None, test, at, several, check.code


def _shape(row: Row) -> Callable[[int, object], object]:
    """Return the function that puts code and outputs into the binding's return shape."""
    failed = row.failed
    if row.bare:
        return lambda code, result: failed[0] if code else cast("tuple[object, ...]", result)[0]
    return lambda code, result: (*failed, code) if code else (*cast("tuple[object, ...]", result), 0)


def _recorder(rt: Runtime, row: Row) -> Callable[[Caller, int, int, list[object], object], None] | None:
    """Return what writes the record of a call of *row*; None without a trace."""
    if rt.trace is None:
        return None
    write, kernel, op, has_outputs = rt.trace.append_raw, rt.kernel, row.op, bool(row.outs)
    live = rt.handles.live
    about = next((at for at, param in enumerate(row.params) if param.refers in _NAMED), None)

    def record(me: Caller, began: int, code: int, values: list[object], result: object) -> None:
        thing = None if about is None else values[about]
        if type(thing) is int:  # not looked up: an earlier check failed, or a shortcut has done it
            thing = live.get(thing)
        on = getattr(thing, "label", None)
        value = None
        if has_outputs and result.__class__ is tuple:
            value = _value_name(rt, cast("tuple[object, ...]", result)[0])
        thread = me.thread
        write((CALLED, kernel.now, thread.name, op, began, code, on, value, thread.site))

    return record


def _value_name(rt: Runtime, value: object) -> str:
    """Name an output without its address: traces must be the same in another process."""
    if not isinstance(value, int):
        return str(value)
    region = rt.memory.regions.get(value)
    if region is not None:
        return f"memory {region.label}"
    thing = rt.handles.live.get(value)
    return str(value) if thing is None else str(getattr(thing, "label", type(thing).__name__))
