"""Rows: what a program reads out of the records that come through a subscriber's pipe."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from acl_api import codes
from acl_api.profiling.op_info import SIZE, read_all, read_one
from acl_api.table.checks import not_null
from acl_api.table.prof import SOURCE, profiler
from acl_api.table.row import Check, Param, Ref, Row
from simulator.base.errors import Fault

if TYPE_CHECKING:
    from acl_api.profiling.op_info import OpInfo
    from simulator.core.runtime import Caller, Runtime

_BAD: Final = codes.ACL_ERROR_INVALID_PARAM
_WHERE: Final = (Param("op_info", "k", Ref.MEMORY), Param("op_info_len", "k"))
_WHICH: Final = (*_WHERE, Param("index", "I"))
_LONGEST: Final = 4096


def _number(rt: Runtime, _me: Caller, address: int, length: int) -> object:
    count = read_all(rt, address, length)
    return (count,) if count else Fault.INVALID_ARGUMENT


def _known(rt: Runtime, op: OpInfo | None, what: str) -> str | None:
    """Return name or type of an operator; None once it was read, as in the vendor's code."""
    return None if op is None else profiler(rt).names.get(op.number, {}).get(what)


def _length(what: str) -> Row:
    def run(rt: Runtime, _me: Caller, address: int, length: int, index: int) -> object:
        text = _known(rt, read_one(rt, address, length, index), what)
        return Fault.INVALID_ARGUMENT if text is None else (len(text.encode()) + 1,)

    return Row(
        f"acl.prof.get_op_{what}_len",
        f"aclprofGetOp{what.capitalize()}Len",
        run,
        params=_WHICH,
        checks=(not_null("op_info"),),
        outs=("len",),
        failed=(0,),
        errors=(_BAD,),
        misfit=f"acl.prof.get_op_{what} args parse failed",
        says=f"How much room the {what} of an operator needs, with the 0 at its end.",
        source=SOURCE,
    )


def _take(rt: Runtime, address: int, length: int, index: int, what: str, room: int | None) -> object:
    """Return a text and forget it; *room* is how long it may be with the 0 at its end, None for as long as it is."""
    op = read_one(rt, address, length, index)
    text = _known(rt, op, what)
    if op is None or text is None or (room is not None and room <= len(text.encode())):
        return Fault.INVALID_ARGUMENT
    del profiler(rt).names[op.number][what]
    return (text,)


def _text(what: str) -> Row:
    def run(rt: Runtime, _me: Caller, address: int, length: int, index: int, room: int) -> object:
        return _take(rt, address, length, index, what, room)

    too_long = Check(
        "0.2",
        _BAD,
        f"{what}_len is above {_LONGEST}",
        (f"{what}_len",),
        lambda _me, value: isinstance(value, int) and value > _LONGEST,
    )
    return Row(
        f"acl.prof.get_op_{what}",
        f"aclprofGetOp{what.capitalize()}",
        run,
        params=(*_WHICH, Param(f"{what}_len", "k")),
        checks=(too_long, not_null("op_info")),
        outs=(what,),
        failed=("",),
        errors=(_BAD,),
        says=f"The {what} of an operator, once.",
        source=SOURCE,
    )


def _text_v2(what: str) -> Row:
    def run(rt: Runtime, _me: Caller, address: int, length: int, index: int) -> object:
        return _take(rt, address, length, index, what, None)

    return Row(
        f"acl.prof.get_op_{what}_v2",
        f"aclprofGetOp{what.capitalize()}",
        run,
        params=_WHICH,
        checks=(not_null("op_info"),),
        outs=(what,),
        failed=(None,),
        errors=(_BAD,),
        misfit=f"acl.prof.get_op_{what} args parse failed",
        again=True,
        says="The same, as long as it is.",
        source=SOURCE,
    )


def _fact(name: str, c_name: str, out: str, read: Callable[[OpInfo], int], otherwise: int, says: str) -> Row:
    def run(rt: Runtime, _me: Caller, address: int, length: int, index: int) -> tuple[int]:
        op = read_one(rt, address, length, index)
        return (otherwise if op is None else read(op),)

    return Row(
        f"acl.prof.get_{name}",
        c_name,
        run,
        params=_WHICH,
        outs=(out,),
        failed=(otherwise,),
        bare=True,
        says=says,
        source=SOURCE,
    )


ROWS = (
    Row(
        "acl.prof.get_op_desc_size",
        "aclprofGetOpDescSize",
        lambda _rt, _me: (SIZE,),
        outs=("size",),
        failed=(0,),
        says="How many bytes a record has.",
        source=SOURCE,
    ),
    Row(
        "acl.prof.get_op_num",
        "aclprofGetOpNum",
        _number,
        params=_WHERE,
        checks=(not_null("op_info"),),
        outs=("num",),
        failed=(0,),
        errors=(_BAD,),
        says="How many records there are in so many bytes.",
        source=SOURCE,
    ),
    *(make(what) for what in ("type", "name") for make in (_length, _text, _text_v2)),
    _fact("op_start", "aclprofGetOpStart", "time", lambda op: op.start, 0, "When an operator began, in us."),
    _fact("op_end", "aclprofGetOpEnd", "time", lambda op: op.end, 0, "When it ended, in us."),
    _fact(
        "op_duration", "aclprofGetOpDuration", "time", lambda op: op.duration, 0, "How long it took, in us."
    ),
    _fact(
        "model_id",
        "aclprofGetModelId",
        "model_id",
        lambda op: op.model,
        _BAD,
        "The model that an operator belongs to; the vendor's code answers 100000 for no such record.",
    ),
)
