"""Traces as files: JSON lines that are read on another day, by another Python, or by another program.

The first line says what it is, each line behind it is one record, `["TaskRan", 3000, "s1", 1, …]`, and the last one
says how the run ended. A file without its last line was cut off, and is refused: half a trace proves nothing.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, BinaryIO, Final, cast, get_args, get_origin, get_type_hints

from simulator import __version__
from simulator.base.errors import UserError
from simulator.base.trace import Record, Submitted, Trace
from simulator.base.units import format_size

FORMAT: Final = 1
_LARGEST: Final = 2 << 30
_LONGEST_LINE: Final = 1 << 22
_MOST_RECORDS: Final = 20_000_000
# Readers count through the tasks of a launch, of which there are 3 at most.
_MOST_TASKS: Final = 100
_KINDS: Final[Mapping[str, type[Record]]] = {kind.__name__: kind for kind in get_args(Record)}


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended: the kind ("done", "deadlock", "stalled", "inconclusive"), when in ns, and in which words.

    `chain` explains in sentences why it could not go on. The records are `whole` when they tell of everything that
    was given up at the end; else threads were cut off in the middle.
    """

    kind: str
    now: int
    text: str
    chain: tuple[str, ...] = ()
    whole: bool = True


@dataclass(frozen=True, slots=True)
class StoredTrace:
    """A trace out of a file: `about` is what the command wrote down of the run."""

    trace: Trace
    about: Mapping[str, object]
    ending: Ending

    @property
    def is_closed(self) -> bool:
        """Whether the run came to its own end."""
        return self.ending.kind == "done"


class _Misfit(Exception):  # noqa: N818 - becomes a UserError that names file and line
    """A value is not of the type that its field has."""


def write_trace(option: str, name: str, trace: Trace, ending: Ending, about: Mapping[str, object]) -> int:
    """Write *trace* into the file *name*, whole or not at all; return how many records it has.

    Raises `UserError`, which names *option*, when the file cannot be written.
    """
    target = Path(name).resolve()
    beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        try:
            with beside.open("x", encoding="utf-8") as file:
                file.writelines(_lines(trace, ending, about))
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or error
        raise UserError(f"{option} {name}: cannot write it ({reason}); name another file") from error
    return len(trace)


def _lines(trace: Trace, ending: Ending, about: Mapping[str, object]) -> Iterator[str]:
    kind = {
        "isolated": trace.isolated,
        "untimed": trace.untimed,
        "observed": trace.observed,
        "options": trace.options,
    }
    yield _json({"aclsim": __version__, "trace": FORMAT, **kind, "about": dict(about)})
    for record in trace:
        values: list[object] = [type(record).__name__, *record]
        if record._fields[-1] == "site" and values[-1] is not None:
            values[-1] = str(values[-1])  # a place that nobody had read yet
        yield _json(values)
    yield _json({"records": len(trace), "end": asdict(ending)})


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"


def read_trace(name: str) -> StoredTrace:
    """Return the trace in the file *name*. Raises `UserError` with file, line and hint for anything else."""
    path = Path(name)
    try:
        if path.is_dir():
            raise UserError(f"{name}: this is a folder; name the traces in it, as in {path / '*.jsonl'}")
        if not path.is_file():
            raise UserError(f"{name}: there is no such file; 'aclsim run … --save-trace FILE' writes one")
        if path.stat().st_size > _LARGEST:
            raise UserError(f"{name}: the file is larger than {format_size(_LARGEST)}; save a shorter run")
        with path.open("rb") as file:
            return _read(name, file)
    except OSError as error:
        raise UserError(f"{name}: the file cannot be read: {error.strerror or error}") from None


def _read(name: str, file: BinaryIO) -> StoredTrace:
    head = _object(f"{name}:1", file.readline(_LONGEST_LINE))
    if not isinstance(head, dict) or "trace" not in head:
        raise UserError(f"{name}:1: this is no trace; 'aclsim run … --save-trace FILE' writes one")
    if head["trace"] != FORMAT:
        raise UserError(f"{name}:1: a trace of format {head['trace']}; this aclsim reads format {FORMAT}")
    trace, about = Trace(), head.get("about")
    trace.isolated = head.get("isolated") is True
    trace.untimed = head.get("untimed") is True
    trace.observed = head.get("observed") is True
    options = head.get("options", ())
    trace.options = tuple(map(str, options)) if isinstance(options, list) else ()
    for number in range(2, _MOST_RECORDS + 2):
        where = f"{name}:{number}"
        line = file.readline(_LONGEST_LINE)
        if not line:
            raise UserError(f"{where}: the file ends before it says how the run ended: it was cut off")
        value = _object(where, line)
        if isinstance(value, dict):
            ending = _ending(where, value, number - 2)
            if file.read(1):
                raise UserError(f"{where}: the file goes on behind its last line")
            return StoredTrace(trace, about if isinstance(about, dict) else {}, ending)
        trace.append(_record(where, value))
    raise UserError(f"{name}: more than {_MOST_RECORDS:,} records; save a shorter run")


def _object(where: str, line: bytes) -> object:
    if len(line) == _LONGEST_LINE:
        raise UserError(f"{where}: the line is longer than {format_size(_LONGEST_LINE)}")
    try:
        return cast("object", json.loads(line))
    except (ValueError, RecursionError):
        raise UserError(
            f"{where}: this is not JSON; 'aclsim run … --save-trace FILE' writes a trace"
        ) from None


def _record(where: str, value: object) -> Record:
    kind = value[0] if isinstance(value, list) and value else None
    if not isinstance(value, list) or not isinstance(kind, str):
        raise UserError(f"{where}: this is no record: a list that begins with its kind")
    if kind not in _KINDS:
        raise UserError(f"{where}: there is no record {kind}; was the trace written by a newer aclsim?")
    fields = _fields_of(kind)
    if len(value) != len(fields) + 1:
        raise UserError(f"{where}: a {kind} has {len(fields)} fields, not {len(value) - 1}")
    try:
        values = [convert(item) for (_, convert), item in zip(fields, value[1:], strict=True)]
    except _Misfit:
        wrong = next(
            name for (name, convert), item in zip(fields, value[1:], strict=True) if _refuses(convert, item)
        )
        raise UserError(f"{where}: {wrong} of this {kind} is of another type") from None
    record = _KINDS[kind]._make(values)
    if isinstance(record, Submitted) and not 0 < record.first <= record.last < record.first + _MOST_TASKS:
        raise UserError(f"{where}: tasks {record.first} to {record.last} are no launch")
    return record


def _refuses(convert: Callable[[object], object], item: object) -> bool:
    try:
        convert(item)
    except _Misfit:
        return True
    return False


def _ending(where: str, value: dict[str, object], records: int) -> Ending:
    end, counted = value.get("end"), value.get("records")
    if counted != records:
        raise UserError(f"{where}: the last line says {counted!r} records, and there are {records}")
    fields = end if isinstance(end, dict) else {}
    try:
        return Ending(
            cast("str", _only(str)(fields.get("kind"))),
            cast("int", _only(int)(fields.get("now"))),
            cast("str", _only(str)(fields.get("text"))),
            tuple(cast("Iterable[str]", _sequence(_only(str))(fields.get("chain")))),
            cast("bool", _only(bool)(fields.get("whole"))),
        )
    except _Misfit:
        raise UserError(f"{where}: the last line does not say how the run ended") from None


Convert = Callable[[object], object]
_fields: dict[str, list[tuple[str, Convert]]] = {}


def _fields_of(kind: str) -> list[tuple[str, Convert]]:
    """Return the names of a record's fields, and what turns their JSON into them."""
    found = _fields.get(kind)
    if found is None:
        hints = get_type_hints(_KINDS[kind])
        found = _fields[kind] = [(name, _converter(hints[name])) for name in _KINDS[kind]._fields]
    return found


def _converter(hint: Any) -> Convert:  # noqa: ANN401 - a type hint is of no one type
    if get_origin(hint) is tuple:
        inner = get_args(hint)
        if inner[-1] is Ellipsis:
            return _sequence(_converter(inner[0]))
        return _fixed([_converter(each) for each in inner])
    if isinstance(hint, UnionType):
        (other,) = (each for each in get_args(hint) if each is not NoneType)
        convert = _converter(other)
        return lambda value: None if value is None else convert(value)
    return _only(hint)


def _only(kind: type[object]) -> Convert:
    def convert(value: object) -> object:
        if type(value) is not kind:  # a bool is no int here
            raise _Misfit
        return value

    return convert


def _sequence(convert: Convert) -> Convert:
    def whole(value: object) -> object:
        if not isinstance(value, list):
            raise _Misfit
        return tuple(convert(item) for item in value)

    return whole


def _fixed(converts: list[Convert]) -> Convert:
    def whole(value: object) -> object:
        if not isinstance(value, list) or len(value) != len(converts):
            raise _Misfit
        return tuple(convert(item) for convert, item in zip(converts, value, strict=True))

    return whole
