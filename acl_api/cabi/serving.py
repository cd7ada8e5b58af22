"""Plans made into functions: each takes the cells of one C call, calls the row, and writes its outputs.

The source is written out per function, as rows are (`backends/compiler.py`). For `aclrtStreamQuery`:

    def aclrtStreamQuery(cells):
        out_1 = cells[1] & WHOLE
        if not out_1:
            return null(1)
        result = call(cells[0] & WHOLE)
        code = result[-1]
        if not code:
            write_1(out_1, result[0])
        return code
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Iterator
from typing import Any, Final, cast

from acl_api import codes
from acl_api.cabi.ctypes import SIGNED, WIDTHS, scalar_of
from acl_api.cabi.declarations import callbacks
from acl_api.cabi.functions import knows
from acl_api.cabi.layout import read_record, read_records, write_record
from acl_api.cabi.memory import Memory, bits_of, float_of
from acl_api.cabi.passing import OUTPUTS, How, Passed, Plan, Returns
from acl_api.cabi.shapes import as_given, as_struct
from acl_api.table.model_config import unit_of
from acl_api.units import BOUNDS

# Takes the cells of a call; returns the cell of its result.
Serve = Callable[[Any], int]
# Returns a function of the program's for its C type and address.
Functions = Callable[[str, int], object]

_WHOLE: Final = (1 << 64) - 1
# What is passed by address, read and written.
_READ: Final = {
    How.LIST: "memory.numbers({ctype!r}, {address}, {count})",
    How.TEXTS: "memory.texts({address}, {count})",
    How.RECORD: "(as_given({ctype!r}, read_record(memory, {ctype!r}, {address})) if {cell} else None)",
    How.RECORDS: "read_records(memory, {ctype!r}, {address}, {count})",
}
_WRITE: Final = {
    How.OUTPUT_LENT: "write_{at}(out_{at}, lent({ctype!r}, tuple({value})))",
    How.OUTPUT_RECORD: "write_record(memory, {ctype!r}, out_{at}, as_struct({ctype!r}, {value}))",
    How.OUTPUT_RECORDS: "write_list(memory, {ctype!r}, out_{at}, {value}, {room})",
}


class Serving:
    """What the functions of one library share: memory, functions of the program's, texts that C holds on to."""

    def __init__(self, memory: Memory, functions: Functions, lasting: Callable[[str], int]) -> None:
        self.memory = memory
        self.functions = functions
        # Returns the address of a text that stays where it is.
        self.lasting = lasting

    def __repr__(self) -> str:
        return f"<serving from {self.memory!r}>"

    def serve(self, plan: Plan, call: Callable[..., object], null: Callable[[str], int]) -> Serve:
        """Return the function for *plan* that calls *call*; *null* tells of an output that is NULL."""
        source = "\n".join(_lines(plan)) + "\n"
        name = plan.function.name
        file = f"<{name} from C>"
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        names = self._names(plan)
        names |= {"call": call, "null": lambda at: null(plan.passed[at].param.name)}
        exec(compile(source, file, "exec"), names)  # noqa: S102 - nothing in the text comes from outside
        return cast("Serve", names[name])

    def _names(self, plan: Plan) -> dict[str, Any]:
        memory = self.memory
        names: dict[str, Any] = {
            "__name__": __name__,
            "WHOLE": _WHOLE,
            "REFUSED": codes.ACL_ERROR_INVALID_PARAM,
            "as_given": as_given,
            "as_struct": as_struct,
            "bits_of": bits_of,
            "fits": _fits,
            "float_of": float_of,
            "functions": self.functions,
            "lasting": self.lasting,
            "lent": memory.keep,
            "memory": memory,
            "option": _option,
            "read_record": read_record,
            "read_records": read_records,
            "signed": _signed,
            "write_list": _write_list,
            "write_record": write_record,
            "write_text": _write_text,
        }
        for at, each in enumerate(plan.passed):
            if each.how in {How.OUTPUT, How.OUTPUT_COUNT, How.OUTPUT_LIST}:
                names[f"write_{at}"] = memory.writer(each.ctype)
            if each.how is How.OUTPUT_LENT:
                names[f"write_{at}"] = memory.writer("uintptr_t")
        return names


def _lines(plan: Plan) -> Iterator[str]:
    yield f"def {plan.function.name}(cells):"
    for at, each in enumerate(plan.passed):
        if each.how is How.RESERVED:
            yield f"    if cells[{at}]:"
            yield "        return REFUSED"
        if each.how in OUTPUTS - {How.RESERVED} or each.how is How.OUTPUT_COUNT:
            yield f"    out_{at} = cells[{at}] & WHOLE"
            if not each.nullable:
                yield f"    if not out_{at}:"
                yield f"        return null({at})"
    yield f"    result = call({', '.join(_given(plan))})"
    yield from (f"    {line}" for line in _ending(plan))


def _given(plan: Plan) -> Iterator[str]:
    """Write the row's parameters, in their order, as they come out of the cells."""
    places = {each.at: (at, each) for at, each in enumerate(plan.passed) if _is_given(each)}
    for number, param in enumerate(plan.row.params):
        if number in plan.constants:
            yield repr(plan.constants[number])
        else:
            at, each = places[number]
            yield _read(plan, at, each, param.unit)


def _is_given(each: Passed) -> bool:
    return each.at >= 0 and each.how not in OUTPUTS


def _read(plan: Plan, at: int, each: Passed, unit: str) -> str:
    cell = f"cells[{at}]"
    address = f"{cell} & WHOLE"
    if each.how in _READ:
        return _READ[each.how].format(
            ctype=each.ctype, address=address, cell=cell, count=f"cells[{each.beside}]"
        )
    match each.how:
        case How.VALUE:
            return _number(cell, each.ctype, unit)
        case How.TEXT:
            length = f", cells[{each.beside}]" if each.beside >= 0 else ""
            return f"memory.text({address}{length})"
        case How.FUNCTION if knows(each.ctype):
            return f"functions({each.ctype!r}, {address})"
        case How.LISTS:
            return f"memory.lists({each.ctype!r}, {address}, {_counts(plan, at)})"
        case How.OPTION:
            number = f"fits(memory, {address}, '', cells[{each.beside}])"
            return f"option(memory, cells[{_place_of(plan, 'attr')}], {number})"
        case How.POINTED:
            ctype = each.ctype if scalar_of(each.ctype) in WIDTHS else ""
            return f"fits(memory, {address}, {ctype!r}, cells[{each.beside}])"
        case _:
            return address


def _place_of(plan: Plan, name: str) -> int:
    """Return which C parameter stands for the row's parameter *name*."""
    at = [param.name for param in plan.row.params].index(name)
    return next(place for place, each in enumerate(plan.passed) if _is_given(each) and each.at == at)


def _counts(plan: Plan, at: int) -> str:
    """Write how many numbers there are in each of the lists that the C parameter at *at* has."""
    place, counts = next(
        (place, each)
        for place, each in enumerate(plan.passed)
        if each.how is How.COUNTS and each.beside == at
    )
    return f"memory.numbers({counts.ctype!r}, cells[{place}] & WHOLE, cells[{plan.passed[at].beside}])"


def _number(cell: str, ctype: str, unit: str) -> str:
    """Write a number as the unit takes it: those of 64 bits without a sign come as negative cells."""
    if ctype in {"float", "double"}:
        return f"float_of({cell})"
    most = (1 << 8 * WIDTHS[ctype]) - 1
    _, largest = BOUNDS.get(unit, (0, _WHOLE))
    if ctype in SIGNED:
        return cell
    if most > largest:  # C passes on without a sign what the binding takes with one
        return f"signed({cell}, {8 * WIDTHS[ctype]})"
    return f"{cell} & WHOLE" if most == _WHOLE else cell


def _ending(plan: Plan) -> Iterator[str]:
    """Write what becomes of the row's result."""
    if plan.returns is Returns.NOTHING:
        yield "return 0"
    elif plan.returns is Returns.TEXT:
        yield "return 0 if result is None else lasting(result)"
    elif plan.returns is Returns.VALUE:
        yield "return bits_of(result)" if plan.function.returns == "float" else "return signed(result, 64)"
    elif not plan.row.outs:
        yield "return result"
    else:
        yield "code = result[-1]"
        yield "if not code:"
        written = [f"    {line}" for at, each in enumerate(plan.passed) for line in _write(plan, at, each)]
        yield from written or ["    pass"]
        yield "return code"


def _write(plan: Plan, at: int, each: Passed) -> Iterator[str]:
    if each.how not in OUTPUTS and each.how is not How.OUTPUT_COUNT:
        return
    value, indent = f"result[{each.at}]", ""
    if each.nullable:
        yield f"if out_{at}:"
        indent = "    "
    if each.how in _WRITE:
        line = _WRITE[each.how].format(at=at, ctype=each.ctype, value=value, room=f"cells[{each.beside}]")
        yield indent + line
    match each.how:
        case How.OUTPUT if each.param.points_to in callbacks():
            yield f"{indent}write_{at}(out_{at}, 0 if {value} is None else {value}.address)"
        case How.OUTPUT:
            yield f"{indent}write_{at}(out_{at}, {value})"
        case How.OUTPUT_COUNT:
            yield f"{indent}write_{at}(out_{at}, {_written(plan, each)})"
        case How.OUTPUT_LIST:
            width = WIDTHS[each.ctype]
            yield f"{indent}for number, value in enumerate({value}[: cells[{each.beside}] // {width}]):"
            yield f"{indent}    write_{at}(out_{at} + {width} * number, value)"
        case How.OUTPUT_TEXT:
            room = f"cells[{each.beside}]" if each.beside >= 0 else "None"
            yield f"{indent}write_text(memory, out_{at}, {value}, {room})"
        case _:
            return


def _written(plan: Plan, count: Passed) -> str:
    """Write how many elements an output has, or bytes where C counts those."""
    beside = plan.passed[count.beside]
    width = f"{WIDTHS[beside.ctype]} * " if beside.how is How.OUTPUT_LIST else ""
    return f"{width}len(result[{beside.at}])"


def _signed(value: int, bits: int) -> int:
    low = value & ((1 << bits) - 1)
    return low - (1 << bits) if low >> (bits - 1) else low


def _fits(memory: Memory, address: int, ctype: str, size: int) -> object:
    """Return the number of *size* bytes, or of that type, at an address; 0 at NULL."""
    if not address:
        return 0
    if ctype:
        return memory.number(ctype, address)
    return int.from_bytes(memory.bytes_at(address, min(size, 8)), "little")


def _option(memory: Memory, attr: int, number: int) -> object:
    """Return an option's value, of which *number* lies at the address that was passed; of a text, its address."""
    return memory.text(number) if unit_of(attr) == "s" else number


def _write_list(memory: Memory, ctype: str, address: int, values: list[dict[str, object]], room: int) -> None:
    from acl_api.cabi.layout import layout_of

    size = layout_of(ctype).size
    for at, value in enumerate(values[:room]):
        write_record(memory, ctype, address + at * size, value)


def _write_text(memory: Memory, address: int, text: str, room: int | None) -> None:
    data = text.encode()
    if room is not None:
        data = data[: max(room - 1, 0)]
    if room is None or room > 0:
        memory.write(address, data + b"\0")
