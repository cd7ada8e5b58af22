"""The simulator behind the surface: every row compiled for one run, and the ends a call can come to."""

from __future__ import annotations

from collections.abc import Callable, Container
from copy import deepcopy
from functools import partial
from types import FunctionType
from typing import TYPE_CHECKING, Final, cast

from acl_api.backends.compiler import Variant, compiled, subject
from acl_api.diagnosis import failed
from acl_api.table.row import FAULT, Check
from simulator.base.trace import CALLED
from simulator.core.operations import reports
from simulator.core.reports import Batch
from simulator.engine.hosts.sites import call_site
from simulator.engine.hosts.thread import os_caller
from simulator.engine.wait import Wait

if TYPE_CHECKING:
    from acl_api.arguments import Flavour
    from acl_api.backends.protocol import Call
    from acl_api.table.row import Row
    from simulator.base.errors import Fault
    from simulator.core.faults.runtime import Failed
    from simulator.core.runtime import Caller, Runtime

Values = tuple[object, ...]
# Writes the record of a call: caller, when it began, code, values, result.
Record = Callable[["Caller", int, int, Values, object], None]

# Rule i6: only codes of the runtime layer are remembered, not those of the ACL layer or the graph engine.
_RUNTIME_LAYER: Final = (107, 207, 507)


class SimulatedBackend:
    """Executes rows on one `Runtime`."""

    name = "simulator"

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        host, kernel, trace = rt.host, rt.kernel, rt.trace
        self._variant = Variant(trace is not None, not kernel.chooser.friendly, host.monitored)
        # The global names of every compiled row that belong to the run.
        self._names: dict[str, object] = {
            "caller": rt.caller,
            "current": host.current,
            "enter": host.enter,
            "os_caller": os_caller,
            "host": host,
            "inside": host.inside,
            "kernel": kernel,
            "leave": host.leave,
            "live": rt.handles.live.get,
            "point": host.point,
            "rt": rt,
            "wait": host.wait,
            "write": None if trace is None else trace.append_raw,
        }

    def __repr__(self) -> str:
        return f"<simulated backend of {self._rt!r}>"

    def bind(self, row: Row, flavour: Flavour) -> Call:
        """Return the row's function for this run; it takes as many arguments as the row has parameters."""
        faults = self._rt.faults
        fault = None if faults is None else faults.on_call(row.op)
        # Many short runs ask for this again and again: nothing is made twice.
        variant = self._variant if fault is None else self._variant._replace(faulty=True)
        _, code, names = compiled(row, flavour, variant)
        ends = RowEnds(self._rt, row)
        if not variant.asks:
            # Code of its own: the interpreter adapts code to the globals that it sees running there. A run that is
            # one of thousands is over before that pays.
            code = code.replace()
        own: dict[str, object] = {"finish": ends.finish, "put_off": ends.put_off}
        own |= {"record": ends.record, "refuse": ends.refuse}
        if fault is not None:
            own |= {"fault": fault, "give": ends.give}
        ends.call = cast("Call", FunctionType(code, {**names, **self._names, **own}))
        return ends.call


class RowEnds:
    """How the calls of one row end in one run when they do not succeed at once."""

    def __init__(self, rt: Runtime, row: Row) -> None:
        self._rt = rt
        self._row = row
        self._shape = _shape(row) if row.outs else None
        self._echo = _echoed(row)
        self.record: Record | None = None if rt.trace is None else _recorder(rt, row)
        self.call: Call | None = None

    def __repr__(self) -> str:
        return f"<ends of {self._row.name}>"

    def put_off(self, *given: object) -> int:
        """Keep a call of a finalizer or signal handler until the call that it interrupts lets others in.

        Its result is taken for a success. Raises RuntimeError where the caller needs more than that.
        """
        if self._row.outs or self.call is None:
            msg = (
                f"{self._row.name} was called by a finalizer or a signal handler in the middle of another call of "
                "its thread, and cannot answer yet: set a flag there, and call it from the program itself"
            )
            raise RuntimeError(msg)
        self._rt.host.put_off(partial(self.call, *given))
        return 0

    def refuse(self, me: Caller, began: int, check: Check, values: Values, given: Values) -> object:
        """End a call whose *check* has failed: with its code, or early as a success when that is 0."""
        code = int(getattr(self._rt.options, check.option)) if check.option else check.code
        return self._end(me, began, code, check, values, given, None)

    def give(self, me: Caller, began: int, failed: Failed, values: Values, given: Values) -> object:
        """End a call that a declared fault has hit with the fault's code; it does nothing."""
        return self._end(me, began, failed.code, Check(FAULT, failed.code, failed.why), values, given, None)

    def finish(self, me: Caller, began: int, values: Values, given: Values, result: object) -> object:
        """Carry a call to its end: block on its waits, run the callbacks it has taken, name its failure."""
        rt = self._rt
        try:
            while result is not None:
                if isinstance(result, Wait):
                    outcome = rt.host.wait(result, keeps_gil=self._row.keeps_gil)
                    result = None if result.then is None else result.then(outcome)
                elif isinstance(result, Batch):
                    result = reports.run_all(rt, me, result)
                else:
                    break
        except (
            SystemError,
            RuntimeError,
        ):  # a callback, or a thread's function, has raised: the call is over
            if self.record is not None:
                self.record(me, began, 0, values, result)
            raise
        if result is None and self.record is None and self._shape is None:
            return 0
        succeeded = result is None or result.__class__ is tuple
        code = 0 if succeeded else rt.code_of(cast("Fault | int", result))
        return self._end(me, began, code, None, values, given, result)

    def _end(
        self,
        me: Caller,
        began: int,
        code: int,
        check: Check | None,
        values: Values,
        given: Values,
        result: object,
    ) -> object:
        if self.record is not None:
            self.record(me, began, code, values, result)
        if code:
            if code // 1000 in _RUNTIME_LAYER:
                me.last_error = code
            failed(self._rt, me, self._row, code, check, values, given)
        if self._shape is None:
            return code
        shaped = self._shape(code, result)
        return (given[self._echo], *cast("Values", shaped)[1:]) if code and self._echo is not None else shaped


def _echoed(row: Row) -> int | None:
    """Return which argument a failed call gives back; None when none."""
    return next((at for at, param in enumerate(row.params) if param.name == row.echo), None)


def _shape(row: Row) -> Callable[[int, object], object]:
    """Return the function that puts code and outputs into the binding's return shape."""
    failed = row.failed
    if not row.bare and any(isinstance(value, dict | list) for value in failed):
        return lambda code, result: (  # each caller gets one of its own
            (*deepcopy(failed), code) if code else (*cast("tuple[object, ...]", result), 0)
        )
    if row.bare:
        if len(failed) > 1:  # acl.util.numpy_contiguous_to_ptr: two values and no code
            return lambda code, result: failed if code else result
        return lambda code, result: failed[0] if code else cast("tuple[object, ...]", result)[0]
    return lambda code, result: (*failed, code) if code else (*cast("tuple[object, ...]", result), 0)


def _recorder(rt: Runtime, row: Row) -> Record | None:
    """Return what writes the record of a call of *row*; None without a trace."""
    if rt.trace is None:
        return None
    write, kernel, op, has_outputs = rt.trace.append_raw, rt.kernel, row.op, bool(row.outs) and row.traced
    live, about = rt.handles.live, subject(row)
    # Functions without a code are getters, whose place tells nothing, and makers of objects.
    unread, placed = None if row.bare else rt.unread, not row.bare or op.startswith("create")
    known: Container[tuple[int, int]] = () if unread is None else unread.known
    results = len(row.outs) + 1

    def record(me: Caller, began: int, code: int, values: Values, result: object) -> None:
        thing = None if about is None else values[about]
        if type(thing) is int:  # not looked up: an earlier check failed, or the row only tests it
            thing = live.get(thing)
        on = getattr(thing, "label", None)
        value = None
        if has_outputs and result.__class__ is tuple:
            value = _value_name(rt, cast("tuple[object, ...]", result)[0])
        site = call_site(me.thread) if placed else me.thread.site
        write((CALLED, kernel.now, me.thread.name, op, began, code, on, value, site))
        if unread is not None and type(site) is tuple and (code or (id(site[0]), site[1]) not in known):
            unread.look(site, op, code, results)

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
