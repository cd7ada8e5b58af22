"""Declared faults as text and as data: what is written reads back, what is wrong is refused in one message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acl_api.faults import parse_fault
from simulator.base.errors import UserError
from simulator.core.faults import RESOURCES, SHAPES, DeclaredFault, FaultKind, Unit

_names = st.text(
    st.characters(codec="ascii", exclude_characters="/#=@?:\x7f", min_codepoint=33), min_size=1, max_size=40
)
_small = st.integers(1, 999_999_999)


@st.composite
def _faults(draw: st.DrawFn) -> DeclaredFault:
    kind = draw(st.sampled_from(FaultKind))
    shape = SHAPES[kind]
    what = draw(_names | st.none()) if shape.what else None
    if kind is FaultKind.CALL:
        what = draw(st.sampled_from(("malloc", "launch_callback", "process_report")))
    elif kind is FaultKind.LIMIT:
        what = draw(st.sampled_from(sorted(RESOURCES)))
    elif kind is FaultKind.TEARDOWN:
        what = draw(st.sampled_from(("finalize", "reset_device")) | st.none())
    where = draw(st.sampled_from(("0", "7")) | st.none() if shape.where == "device" else _names | st.none())
    timed = shape.timed and (bool(shape.needs) or draw(st.booleans()))
    counted = shape.counted and not timed and (kind is FaultKind.DEVICE_LOST or draw(st.booleans()))
    value = draw(_small) if shape.unit is not None and (shape.needs or draw(st.booleans())) else None
    if kind is FaultKind.CALL or (shape.unit is Unit.CODE and value is not None):
        value = draw(st.sampled_from((107000, 207001, 507014)))
    return DeclaredFault(
        kind,
        what,
        where if shape.where else None,
        nth=draw(_small) if counted else None,
        onwards=counted and draw(st.booleans()),
        value=value,
        at=draw(st.integers(0, 1 << 40)) if timed else None,
        maybe=draw(st.booleans()),
    )


@given(fault=_faults())
def test_the_text_of_a_fault_reads_back_as_the_same_fault(fault: DeclaredFault):
    assert parse_fault(fault.spec) == fault
    assert eval(repr(fault), {"parse_fault": parse_fault}) == fault  # noqa: S307 - a repr of our own


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("call:acl.rt.malloc#2", "call:malloc#2=207001"),
        ("call:aclrtCreateStream", "call:create_stream=207008"),
        ("call:create_event#3+", "call:create_event#3+=207007"),
        ("call:memcpy=ACL_ERROR_RT_PARAM_INVALID", "call:memcpy=107000"),
        ("call:rt.memcpy/worker#1=107000?", "call:memcpy/worker#1=107000?"),
        ("report.late=3000us", "report.late=3ms"),
        ("limit:memory=1024KiB", "limit:memory=1MiB"),
        ("device.lost@3ms=507901", "device.lost@3ms=507901"),
        ("unsynchronised-teardown:aclFinalize", "unsynchronised_teardown:finalize"),
        (" task:resnet50/s#2 ", "task:resnet50/s#2"),
    ],
)
def test_a_fault_is_written_in_its_shortest_form(text: str, spec: str):
    assert parse_fault(text).spec == spec


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "it is written KIND[:WHAT][/WHERE]"),
        ("report.lost#0x1", "it is written KIND"),
        ("report.gone", "there is no kind 'report.gone' of fault; there are call, task, report.lost"),
        ("call:mallok", "there is no such function: did you mean malloc?"),
        ("call=107000", "call lacks its :FUNCTION; it is written call:FUNCTION[/THREAD][#N[+]]=CODE[?]"),
        ("call:memcpy", "say which code memcpy returns: write call:memcpy=CODE"),
        ("call:memcpy=0", "0 is no code of a failure"),
        ("call:memcpy=NOPE", "no code is called 'NOPE'"),
        ("report.late", "report.late lacks its =DURATION"),
        ("report.late=3", "duration '3' has no unit"),
        ("report.lost@3ms", "report.lost takes no time"),
        ("report.lost#0", "occasions are counted from 1"),
        ("reporter.dies:x", "reporter.dies takes no what"),
        ("device.lost", "say either at what time or before which task"),
        ("device.lost#1@1ms", "say either at what time or before which task"),
        ("device.lost/first@1ms", "'first' is no number of a device"),
        ("limit:streams=many", "'many' is no number"),
        ("limit:streams=0", "0 is too small"),
        ("limit:cores=1", "what can be limited is streams, events"),
        ("queue.full=1ms", "queue.full lacks its @TIME"),
        ("unsynchronised_teardown:malloc", "what takes something down is destroy_stream"),
        ("x" * 300, "cannot be read"),
    ],
)
def test_a_wrong_text_is_refused_with_what_is_wrong_and_how_it_is_written(text: str, told: str):
    with pytest.raises(UserError) as caught:
        parse_fault(text)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_kind_says_how_it_is_written_and_what_it_does():
    forms = {shape.form(kind) for kind, shape in SHAPES.items()}
    assert len(forms) == len(FaultKind) == len(SHAPES)
    assert all(form.endswith("[?]") for form in forms)
