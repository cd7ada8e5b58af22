"""The simulator behind the surface: arguments, checks in order, operation, waits, trace."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from acl_api.arguments import Flavour, parser
from acl_api.table.row import MISSING, Ref
from simulator.base.errors import Fault, InternalError
from simulator.base.trace import Called
from simulator.core.operations.reports import Batch, run_batch
from simulator.engine.hosts.scheduler import Stuck
from simulator.engine.wait import Wait

if TYPE_CHECKING:
    from acl_api.backends.protocol import Call
    from acl_api.table.row import Check, Row
    from simulator.core.runtime import Caller, Runtime

_RUNTIME_LAYER = 107000
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
        host, kernel, trace = rt.host, rt.kernel, rt.trace
        parse, steps, run = parser(row, flavour), _compile(row), row.run
        shape = _shape(row)
        quiet = kernel.chooser.friendly
        op = row.op

        def call(args: tuple[object, ...]) -> object:
            thread = host.current()
            me = cast("Caller", thread.runtime) if thread.runtime is not None else rt.caller()
            values = parse(args)
            if not quiet:
                host.point(op)
            began = kernel.now
            code = -1
            result: object = None
            try:
                for is_lookup, test, at, several, failing in steps:
                    value = values[at] if at is not None else tuple([values[i] for i in several])
                    found = test(me, value)
                    if is_lookup:
                        if found is MISSING:
                            code = failing
                            break
                        values[cast("int", at)] = found
                    elif found:
                        code = failing
                        break
                if code == -1:
                    result = _settle(rt, me, run(rt, me, *values))
                    code = 0
                    if result.__class__ is not tuple and result is not None:
                        code = rt.code_of(cast("Fault | int", result))
            except Stuck as stuck:
                raise on_stuck(stuck) from None
            except SystemError:
                code = 0
                raise
            finally:
                if trace is not None and code != -1:
                    trace.append(_called(rt, row, me, began, code, values, result))
            if code >= _RUNTIME_LAYER:
                me.last_error = code
            return shape(code, result)

        return call


def _settle(rt: Runtime, me: Caller, result: object) -> object:
    """Carry an operation to its end: block on its waits, run the callbacks it has taken."""
    while True:
        if isinstance(result, Wait):
            outcome = rt.host.wait(result)
            result = None if result.then is None else result.then(outcome)
        elif isinstance(result, Batch):
            result = run_batch(rt, me, result)
        else:
            return result


def _compile(row: Row) -> tuple[_Step, ...]:
    index = {param.name: at for at, param in enumerate(row.params)}
    return tuple(_compile_check(row, check, index) for check in row.checks)


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
    if row.outs:
        return lambda code, result: (*failed, code) if code else (*cast("tuple[object, ...]", result), 0)
    return lambda code, _result: code


def _called(  # noqa: PLR0913 - the fields of one record
    rt: Runtime, row: Row, me: Caller, began: int, code: int, values: list[object], result: object
) -> Called:
    about = next((values[at] for at, param in enumerate(row.params) if param.refers in _NAMED), None)
    on = getattr(about, "label", None)
    value = None
    if row.outs and result.__class__ is tuple:
        value = _value_name(rt, cast("tuple[object, ...]", result)[0])
    thread = me.thread
    return Called(rt.kernel.now, thread.name, row.op, began, code, on, value, thread.site)


def _value_name(rt: Runtime, value: object) -> str:
    """Name an output without its address: traces must be the same in another process."""
    if not isinstance(value, int):
        return str(value)
    region = rt.memory.regions.get(value)
    if region is not None:
        return f"memory {region.label}"
    thing = rt.handles.live.get(value)
    return str(value) if thing is None else str(getattr(thing, "label", type(thing).__name__))


