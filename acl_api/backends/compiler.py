"""Rows compiled: each becomes the source of one Python function, made when the row is first called.

The function holds what every call does when nothing is wrong with it: arguments that are exact ints in range
stay what they are, the checks stand in their order, the operation is called, and its result takes the
binding's shape. Before that, where all checks have a quick form, stands the straight way (`straight.py`).
Whatever else can happen is left to functions that all rows share (`RowEnds` in `simulated.py`). For
`acl.rt.record_event` without a trace:

    def record_event(given_0, given_1):
        event = given_0
        stream = given_1
        if (
            event.__class__ is int
            and stream.__class__ is int
            and (thread := host.running) is not None
            and thread.os_ident == os_caller()
            and host.calls_left > 1
            and (me := thread.runtime) is not None
            and type(event := live(event)) is Event
            and type(stream := live(stream)) is Stream
            and (here := me.context) is not None and here.alive
            and stream.context is me.context
        ):
            host.calls_left -= 1
            result = run(rt, me, event, stream)
            if result is not None:
                return finish(me, 0, (event, stream), (given_0, given_1), result)
            return 0
        if given_0.__class__ is int and 0 <= given_0 <= 18446744073709551615 and given_1.__class__ ...:
            event = given_0
            stream = given_1
        else:
            event, stream = parse((given_0, given_1))
        me = current().runtime or caller()
        # f4: event is null
        if not (event if type(event) is int else event is not None) and test_0(me, event):
            return refuse(me, 0, check_0, (event, stream), (given_0, given_1))
        # 0.3: event is destroyed or of another kind
        if not (type(found := live(event)) is Event):
            found = lookup_1(me, event)
            if found is MISSING:
                return refuse(me, 0, check_1, (event, stream), (given_0, given_1))
        event = found
        ...
        result = run(rt, me, event, stream)
        if result is not None:
            return finish(me, 0, (event, stream), (given_0, given_1), result)
        return 0

Tracebacks show these lines: the source is in `linecache`.
"""

from __future__ import annotations

import linecache
from collections.abc import Iterator
from keyword import iskeyword
from types import CodeType
from typing import TYPE_CHECKING, Final, NamedTuple

from acl_api.arguments import ABSENT, Flavour, parser
from acl_api.backends.straight import conditions
from acl_api.table.row import MISSING, Kind, Ref
from acl_api.units import BOUNDS
from simulator.base.errors import InternalError
from simulator.base.trace import CALLED
from simulator.core.operations.reports import run_all
from simulator.core.reports import Batch
from simulator.engine.wait import Wait

if TYPE_CHECKING:
    from acl_api.table.row import Check, Row

_NAMED: Final = (Ref.STREAM, Ref.EVENT, Ref.NOTIFY, Ref.CONTEXT)


# Names that the compiled functions use themselves: a parameter of such a name gets an underscore.
_TAKEN: Final = {
    *("began", "bound", "caller", "callable", "current", "enter", "finish", "found", "os_caller", "getattr"),
    *("fault", "give", "struck"),
    *(
        "here",
        "host",
        "inside",
        "kernel",
        "leave",
        "live",
        "me",
        "outcome",
        "parse",
        "point",
        "put_off",
        "record",
    ),
    *("refuse", "result", "rt", "run", "then", "thread", "type", "wait", "write"),
}


class Variant(NamedTuple):
    """What a run asks of its rows: a record per call, choice points, a monitor around each call, declared faults."""

    traced: bool
    asks: bool
    monitored: bool
    faulty: bool = False


class Compiled(NamedTuple):
    """A row's function without a run: its code, and the global names of it that no run changes."""

    row: Row
    code: CodeType
    names: dict[str, object]


_compiled: Final[dict[tuple[str, Flavour, Variant], Compiled]] = {}


def compiled(row: Row, flavour: Flavour, variant: Variant) -> Compiled:
    """Return *row* compiled, from an earlier run if there was one: reading source costs half a millisecond."""
    key = (row.name, flavour, variant)
    made = _compiled.get(key)
    if made is None or made.row is not row:
        made = _compiled[key] = Compiled(row, _code(row, flavour, variant), _names(row, flavour))
    return made


def subject(row: Row) -> int | None:
    """Return which parameter a record names: the first stream, event, notify or context; None if there is none."""
    return next((at for at, param in enumerate(row.params) if param.refers in _NAMED), None)


def source_of(row: Row, variant: Variant) -> str:
    """Return the source of the row's function."""
    given = [f"given_{at}" for at in range(len(row.params))]
    body = list(_body(row, variant))
    if variant.monitored:
        # A finalizer or signal handler may call in the middle of another call of its thread; and Ctrl-C may come
        # between any two of these lines, so coming in is tried, too: `leave` knows who is inside.
        again = f"    return put_off({', '.join(given)})"
        body = ["if inside():", again, "try:", "    enter()", *_indented(body), "finally:", "    leave()"]
    lines = [*_arguments(row, given), *body]
    if not variant.monitored and not variant.asks and not variant.faulty:
        lines = [*_straight(row, variant, given), *lines]
    return "\n".join([f"def {row.op}({', '.join(given)}):", *_indented(lines), ""])


def _local(name: str) -> str:
    """Return what the value of a parameter is called in the row's function."""
    return f"{name}_" if name in _TAKEN or iskeyword(name) else name


def _locals(row: Row) -> list[str]:
    return [_local(param.name) for param in row.params]


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _tuple(names: list[str]) -> str:
    return f"({', '.join(names)}{',' if len(names) == 1 else ''})"


def _arguments(row: Row, given: list[str]) -> Iterator[str]:
    """Give each parameter its value: as it came when it is of the common kind, else through the parser."""
    if not row.params:
        return
    values = _locals(row)
    common = common_arguments(row)
    if common is None:
        yield f"{_targets(values)} = parse({_tuple(given)})"
        return
    yield f"if {common}:"
    yield from _indented(list(_copies(values, given)))
    yield "else:"
    yield f"    {_targets(values)} = parse({_tuple(given)})"


def _copies(values: list[str], given: list[str]) -> Iterator[str]:
    # One by one: four at a time would be packed into a tuple first.
    yield from (f"{value} = {name}" for value, name in zip(values, given, strict=True))


def _targets(values: list[str]) -> str:
    return ", ".join(values) + ("," if len(values) == 1 else "")


def common_arguments(row: Row) -> str | None:
    """Return what tells that all arguments are there and need no conversion; None when some always do."""
    tests: list[str] = []
    told = False  # whether a later argument tells that this one was given: absent ones are the last
    for at, param in reversed(list(enumerate(row.params))):
        name = f"given_{at}"
        if param.reads is not None:
            return None
        if param.unit in BOUNDS:
            smallest, largest = BOUNDS[param.unit]
            tests.append(f"{name}.__class__ is int and {smallest} <= {name} <= {largest}")
        elif param.unit == "O" and param.refers is Ref.FUNCTION:
            tests.append(f"{name} is not ABSENT and callable({name})")
        elif param.unit != "O":
            return None
        elif not told:
            tests.append(f"{name} is not ABSENT")
        told = True
    return " and ".join(reversed(tests))


# What `finish` does with waits and reports, for rows whose calls mostly come to one; a trace wants more.
_BLOCK: Final = (
    "while result.__class__ is Wait:",
    "    outcome = wait(result, keeps_gil={keeps_gil})",
    "    then = result.then",
    "    result = None if then is None else then(outcome)",
    "if result.__class__ is Batch:",
    "    result = run_all(rt, me, result)",
)


def _body(row: Row, variant: Variant) -> Iterator[str]:
    values = _locals(row)
    began = "began" if variant.traced else "0"
    ends = f"{_tuple(values)}, {_tuple([f'given_{at}' for at in range(len(values))])}"
    yield "me = current().runtime or caller()"
    if variant.asks:
        yield f"point({row.op!r})"
    if variant.traced:
        yield "began = kernel._now"
    if variant.faulty:
        yield f"if (struck := fault(me, {_tuple(values)})) is not None:"
        yield f"    return give(me, {began}, struck, {ends})"
    for at, check in enumerate(row.checks):
        yield from _check(row, at, check, f"return refuse(me, {began}, check_{at}, {ends})")
    yield from _end(row, variant, values, ends)


def _straight(row: Row, variant: Variant, given: list[str]) -> Iterator[str]:
    """Let calls through at once that pass all checks; others go on behind as if nothing had been."""
    values = _locals(row)
    asked = conditions(row, {param.name: value for param, value in zip(row.params, values, strict=True)})
    if asked is None:
        return
    yield from _copies(values, given)
    yield "if ("
    yield from (f"    {'and ' if at else ''}{condition}" for at, condition in enumerate(asked))
    yield "):"
    yield "    host.calls_left -= 1"
    if variant.traced:
        yield "    began = kernel._now"
    yield from _indented(list(_end(row, variant, values, f"{_tuple(values)}, {_tuple(given)}")))


def _end(row: Row, variant: Variant, values: list[str], ends: str) -> Iterator[str]:
    """Call the operation, and give its result the binding's shape."""
    began = "began" if variant.traced else "0"
    passed = [value for value, param in zip(values, row.params, strict=True) if param.passed]
    yield f"result = run({', '.join(['rt', 'me', *passed])})"
    if row.kind is Kind.BLOCKING and not row.outs and not variant.traced:
        yield from (line.format(keeps_gil=row.keeps_gil) for line in _BLOCK)
    yield f"if {'type(result) is not tuple' if row.outs else 'result is not None'}:"
    yield f"    return finish(me, {began}, {ends}, result)"
    if variant.traced and (row.outs or row.kind is not Kind.ENQUEUE):
        yield f"record(me, began, 0, {_tuple(values)}, result)"
    elif variant.traced:
        yield "thread = me.thread"
        about = _label(row)
        yield f"write((CALLED, kernel._now, thread.name, {row.op!r}, began, 0, {about}, None, thread.site))"
    yield f"return {_shape(row)}"


def _check(row: Row, at: int, check: Check, refuse: str) -> Iterator[str]:
    yield f"# {check.rule}: {check.says}"
    names = [_local(name) for name in check.on]
    on = names[0] if len(names) == 1 else _tuple(names)
    if check.lookup is not None:
        asked = [f"found = lookup_{at}(me, {on})", "if found is MISSING:", f"    {refuse}"]
        if check.quick:
            yield f"if not ({check.quick}):"
            asked = _indented(asked)
        yield from asked
        yield f"{on} = found"
    elif check.test is not None:
        quick = f"not ({check.quick}) and " if check.quick else ""
        yield f"if {quick}test_{at}(me, {on}):"
        yield f"    {refuse}"
    else:
        msg = f"check {check.rule} of {row.name} tests nothing"
        raise InternalError(msg)


def _label(row: Row) -> str:
    """Return the expression for what the record of a successful call is about."""
    at = subject(row)
    if at is None:
        return "None"
    param = row.params[at]
    name = _local(param.name)
    if any(check.lookup is not None and param.name in check.on for check in row.checks):
        return f"None if {name} is None else {name}.label"
    return f"getattr(live({name}), 'label', None)"


def _shape(row: Row) -> str:
    """Return the expression for the binding's result of a successful call."""
    if not row.outs:
        return "0"
    if row.bare:
        return "result[0]" if len(row.outs) == 1 else "result"
    return "(*result, 0)"


def _code(row: Row, flavour: Flavour, variant: Variant) -> CodeType:
    """Return the code of the row's function, and let tracebacks find its source."""
    source = source_of(row, variant)
    asked = [word for word, wanted in zip(Variant._fields, variant, strict=True) if wanted]
    file = f"<{' '.join([row.name, f'for {flavour.value}', *asked])}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    module = compile(source, file, "exec")
    return next(constant for constant in module.co_consts if isinstance(constant, CodeType))


def _names(row: Row, flavour: Flavour) -> dict[str, object]:
    """Return the global names of the row's function that are the same in all runs."""
    names: dict[str, object] = {
        # Ours: whoever looks for the program's own frames passes this one by.
        "__name__": __name__,
        "ABSENT": ABSENT,
        "CALLED": CALLED,
        "Batch": Batch,
        "MISSING": MISSING,
        "Wait": Wait,
        "parse": parser(row, flavour),
        "run": row.run,
        "run_all": run_all,
    }
    for at, check in enumerate(row.checks):
        names |= {f"check_{at}": check, f"test_{at}": check.test, f"lookup_{at}": check.lookup}
        names |= {kind.__name__: kind for kind in check.knows}
    return names
