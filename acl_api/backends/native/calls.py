"""Plans read from the right: each row becomes a Python function that calls its C function.

The source is written out per row, as for the simulator (`backends/compiler.py`). For `acl.rt.stream_query`:

    def stream_query(given_0):
        if given_0.__class__ is int and 0 <= given_0 <= 18446744073709551615:
            v_0 = given_0
        else:
            (v_0,) = parse((given_0,))
        c_1 = new_1()
        code = run(v_0, c_1)
        if code:
            return (0, code)
        return (c_1[0], code)

Arguments are refused with the binding's texts, results have its shape; the checks are the library's own.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from acl_api.arguments import ABSENT, parser
from acl_api.backends.compiler import common_arguments
from acl_api.backends.native.library import number_type
from acl_api.backends.native.values import Values
from acl_api.cabi.ctypes import SIGNED, WIDTHS, scalar_of
from acl_api.cabi.passing import OUTPUTS, How, Passed, Plan, Returns
from acl_api.cabi.shapes import is_chosen
from acl_api.units import BOUNDS
from simulator.base.errors import InternalError

if TYPE_CHECKING:
    from acl_api.arguments import Flavour
    from acl_api.backends.native.held import HeldFunctions

# Callbacks that run once, with data, for a stream; every other function stays registered.
_ONCE: Final = frozenset({"aclrtCallback", "aclrtHostFunc"})
# Where the binding has an exception and no code (pyacl.md, "Errors").
_RAISE: Final = frozenset({"aclrtGetGroupInfoDetail"})
_RUNS_CALLBACKS: Final = "aclrtProcessReport"
_ENDS_STREAMS: Final = frozenset({"aclrtDestroyStream", "aclrtDestroyStreamForce"})
_ENDS_ALL: Final = "aclFinalize"
_MADE: Final = {
    How.OUTPUT: "new_{at}()",
    How.OUTPUT_COUNT: "new_{at}()",
    How.OUTPUT_LENT: "new_{at}()",
    How.OUTPUT_RECORD: "room(size_{at})",
}
# How what is passed by address is laid out.
_LAID: Final = {
    How.LIST: "c_{at} = values.numbers({ctype!r}, {value})",
    How.TEXTS: "c_{at}, kept_{at} = values.texts({value})",
    How.LISTS: "c_{at}, kept_{at} = values.lists({ctype!r}, {value})",
    How.RECORD: "c_{at}, kept_{at} = values.record({ctype!r}, {object})",
    How.RECORDS: "c_{at}, kept_{at} = values.records({ctype!r}, {object})",
    How.POINTED: "c_{at} = values.pointed({ctype!r}, {value})",
}


def native_call(
    plan: Plan,
    flavour: Flavour,
    run: Callable[..., Any],
    ffi: Any,  # noqa: ANN401 - cffi's objects have no types
    held: HeldFunctions,
) -> Callable[..., object]:
    """Return the function of *plan*'s row, which calls the C function *run*.

    Raises InternalError for a plan that does not tell what the function needs.
    """
    if not plan.complete:
        raise InternalError(f"{plan!r} misses {', '.join(plan.missing)}")
    source = "\n".join(_Writing(plan).lines()) + "\n"
    file = f"<native {plan.row.name} for {flavour.value}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    values = Values(ffi)
    names: dict[str, Any] = {
        # Ours: whoever looks for the program's own frames passes this one by.
        "__name__": __name__,
        "ABSENT": ABSENT,
        "NULL": ffi.NULL,
        "failed": plan.row.failed,
        "held": held,
        "parse": parser(plan.row, flavour),
        "room": partial(ffi.new, "char[]"),
        "run": run,
        "values": values,
    }
    for at, each in enumerate(plan.passed):
        if each.how in {How.OUTPUT, How.OUTPUT_COUNT}:
            names[f"new_{at}"] = partial(ffi.new, f"{number_type(each.ctype)} *")
        if each.how is How.OUTPUT_LENT:
            names[f"new_{at}"] = partial(ffi.new, "uintptr_t *")
        if each.how in {How.OUTPUT_RECORD, How.OUTPUT_RECORDS}:
            names[f"size_{at}"] = values.size_of(each.ctype)
    exec(compile(source, file, "exec"), names)  # noqa: S102 - nothing in the text comes from outside
    return cast("Callable[..., object]", names[plan.row.op])


class _Writing:
    """The source of one plan's function."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._row = plan.row
        self._given = {
            each.at: at for at, each in enumerate(plan.passed) if each.at >= 0 and not _written(each)
        }
        self._once = any(each.how is How.FUNCTION and each.ctype in _ONCE for each in plan.passed)

    def lines(self) -> Iterator[str]:
        """Write the function."""
        count = len(self._row.params)
        yield f"def {self._row.op}({', '.join(f'given_{at}' for at in range(count))}):"
        for part in (self._arguments(), self._before(), self._call(), self._result()):
            yield from (f"    {line}" for line in part)

    def _arguments(self) -> Iterator[str]:
        count = len(self._row.params)
        if not count:
            return
        values = [f"v_{at}" for at in range(count)]
        given = ", ".join(f"given_{at}" for at in range(count)) + ","
        common = common_arguments(self._row)
        if common is None:
            yield f"{', '.join(values)}, = parse(({given}))"
            return
        yield f"if {common}:"
        yield from (f"    {value} = given_{at}" for at, value in enumerate(values))
        yield "else:"
        yield f"    {', '.join(values)}, = parse(({given}))"

    def _before(self) -> Iterator[str]:
        """Make what the call reads and writes through pointers; each stays alive until it has returned."""
        for at, each in enumerate(self._plan.passed):
            yield from (
                self._room_for(at, each)
                if _written(each) or each.how is How.OUTPUT_COUNT
                else self._laid(at, each)
            )

    def _room_for(self, at: int, each: Passed) -> Iterator[str]:
        match each.how:
            case How.OUTPUT | How.OUTPUT_COUNT | How.OUTPUT_LENT | How.OUTPUT_RECORD:
                yield f"c_{at} = {_MADE[each.how].format(at=at)}"
            case How.OUTPUT_RECORDS:
                yield f"c_{at} = room(size_{at} * max({self._bound(each)}, 1))"
            case How.OUTPUT_LIST:
                yield f"c_{at} = room({_ROOM})"
            case How.OUTPUT_TEXT:
                yield f"c_{at} = room(max({self._bound(each)}, 1))"
            case _:
                pass

    def _laid(self, at: int, each: Passed) -> Iterator[str]:
        value = f"v_{each.at}"
        if each.how in _LAID:
            yield _LAID[each.how].format(at=at, ctype=each.ctype, value=value, object=self._object(each))
        match each.how:
            case How.TEXT:
                yield f"c_{at} = NULL if {value} is None else {value}.encode(){self._escaped()}"
            case How.COUNTS:
                counted = f"v_{self._plan.passed[each.beside].at}"
                yield f"c_{at} = values.numbers({each.ctype!r}, [len(each) for each in {counted}])"
            case How.OPTION:
                yield f"c_{at}, kept_{at} = values.option({self._given_as('attr')}, {value})"
            case How.DATA if self._once:
                yield f"key = held.hold(v_{self._function_at()}, {value}, {self._stream()})"
            case _:
                pass

    def _call(self) -> Iterator[str]:
        passed = [self._passed(at, each) for at, each in enumerate(self._plan.passed)]
        yield f"code = run({', '.join(passed)})"
        name = self._plan.function.name
        if self._once:
            yield "if code:"
            yield "    held.drop(key)"
        if name == _RUNS_CALLBACKS:
            yield "held.raise_pending()"
        if name == _ENDS_ALL:
            yield "if not code:"
            yield "    held.drop_all()"
        if name in _ENDS_STREAMS:
            yield "if not code:"
            yield f"    held.drop_stream({self._stream()})"

    def _passed(self, at: int, each: Passed) -> str:
        match each.how:
            case How.VALUE:
                return fitting(f"v_{each.at}", each.param.ctype, self._row.params[each.at].unit)
            case How.FUNCTION if each.ctype in _ONCE:
                return f"0 if v_{each.at} is None else held.common({each.ctype!r})"
            case How.FUNCTION:
                data = next(
                    (
                        f", v_{other.at}, with_data=True"
                        for other in self._plan.passed
                        if other.how is How.DATA
                    ),
                    "",
                )
                return f"held.own({each.ctype!r}, v_{each.at}{data})"
            case How.DATA:
                return "key" if self._once else "0"
            case How.COUNT:
                return self._count(each)
            case How.RESERVED | How.UNUSED:
                return "NULL" if self._is_pointer(each) else "0"
            case _:
                return f"c_{at}"

    def _is_pointer(self, each: Passed) -> bool:
        return number_type(each.param.ctype) not in {*WIDTHS, "int8_t", "_Bool"}

    def _count(self, each: Passed) -> str:
        """Write how many there are of what stands beside a count."""
        beside = self._plan.passed[each.beside]
        if _written(beside):
            return str(_ROOM)
        if beside.how in {How.POINTED, How.OPTION}:
            return f"values.width(c_{each.beside})"
        if beside.how is How.TEXT:
            return f"(len(c_{each.beside}) if v_{beside.at} else 0)"
        return f"len({self._object(beside)} or ())"

    def _bound(self, each: Passed) -> str:
        """Write how many elements, or bytes, the call may write."""
        beside = self._plan.passed[each.beside] if each.beside >= 0 else None
        if beside is None or beside.how is not How.VALUE:
            return str(_ROOM)
        return f"min(v_{beside.at}, {_MOST})"

    def _object(self, each: Passed) -> str:
        """Write the object that was given: what the row makes of structs is for the simulator."""
        read = each.how in {How.RECORD, How.RECORDS} and self._row.params[each.at].reads is not None
        return f"given_{each.at}" if read else f"v_{each.at}"

    def _function_at(self) -> int:
        return next(each.at for each in self._plan.passed if each.how is How.FUNCTION)

    def _stream(self) -> str:
        return self._given_as("stream", "0")

    def _given_as(self, name: str, otherwise: str = "None") -> str:
        """Write the value of the row's parameter *name*."""
        at = next((at for at, param in enumerate(self._row.params) if param.name == name), None)
        return otherwise if at is None else f"v_{at}"

    def _escaped(self) -> str:
        """Write what makes a text one that C's printf prints as it is."""
        return '.replace(b"%", b"%%")' if self._plan.function.variadic else ""

    def _result(self) -> Iterator[str]:
        row, plan = self._row, self._plan
        match plan.returns:
            case Returns.NOTHING:
                yield f"return {'failed[0]' if row.outs else '0'}"
            case Returns.TEXT:
                yield "return values.text(code) if code else failed[0]"
            case Returns.VALUE:
                yield "return code"
            case _ if not row.outs:
                yield "return code"
            case _:
                yield "if code:"
                yield f"    {self._failure()}"
                yield f"return ({', '.join(self._output(at) for at in range(len(row.outs)))}, code)"

    def _failure(self) -> str:
        if self._plan.function.name in _RAISE:
            return f"raise RuntimeError('{self._plan.function.name} failed')"
        if self._row.echo:
            return f"return ({self._given_as(self._row.echo)}, *failed[1:], code)"
        return "return (*failed, code)"

    def _output(self, number: int) -> str:
        if number in self._plan.echoes:
            return f"v_{self._plan.echoes[number]}"
        at, each = next(
            (at, each) for at, each in enumerate(self._plan.passed) if _written(each) and each.at == number
        )
        match each.how:
            case How.OUTPUT:
                return f"c_{at}[0]"
            case How.OUTPUT_RECORD:
                attr = f", {self._given_as('attr')}" if is_chosen(each.ctype) else ""
                return f"values.dict_at({each.ctype!r}, c_{at}{attr})"
            case How.OUTPUT_LENT:
                return f"values.lent({each.ctype!r}, c_{at}[0], c_{each.beside}[0])"
            case How.OUTPUT_LIST:
                written = self._written_at(at)
                return f"values.list_at({each.ctype!r}, c_{at}, c_{written}[0])"
            case How.OUTPUT_RECORDS:
                written = self._written_at(at)
                count = self._bound(each) if written is None else f"c_{written}[0]"
                return f"values.dicts_at({each.ctype!r}, c_{at}, {count})"
            case How.OUTPUT_TEXT:
                return f"values.text(c_{at})"
            case _:
                return f"failed[{number}]"

    def _written_at(self, at: int) -> int | None:
        """Return the C parameter through which the call says how much it has written at the one at *at*."""
        return next(
            (
                other
                for other, one in enumerate(self._plan.passed)
                if one.how is How.OUTPUT_COUNT and one.beside == at
            ),
            None,
        )


def _written(each: Passed) -> bool:
    return each.how in OUTPUTS


# Room for what the program does not bound itself, and the most that it can ask for, in elements.
_ROOM: Final = 1024
_MOST: Final = 1 << 20


def fitting(value: str, ctype: str, unit: str) -> str:
    """Write a number of the unit's range as one of the C type's: C wraps, cffi would refuse."""
    scalar = scalar_of(ctype)
    if scalar not in WIDTHS or scalar in {"float", "double"}:
        return value
    if scalar == "bool":
        return f"bool({value})"
    bits = 8 * WIDTHS[scalar]
    signed = scalar in SIGNED
    smallest, largest = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    low, high = BOUNDS.get(unit, (smallest, largest))
    if smallest <= low and high <= largest:
        return value
    wrapped = f"{value} & {(1 << bits) - 1}"
    return f"((({wrapped}) ^ {1 << (bits - 1)}) - {1 << (bits - 1)})" if signed else wrapped
