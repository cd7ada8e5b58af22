"""Whether a program looks at the code of a call is read from its bytecode, the same on every Python."""

from __future__ import annotations

import sys
from contextlib import suppress

import pytest

import acl_api as acl
from simulator.base.remarks import Unread
from simulator.check.suite import check_trace
from simulator.engine.hosts.unread import is_unread

seen: list[bool] = []


def one() -> int:
    """Stand in for a function that returns its code alone."""
    frame = sys._getframe(1)  # noqa: SLF001 - its documented name
    seen.append(is_unread((frame.f_code, frame.f_lasti), 1))
    return 0


def two() -> tuple[int, int]:
    """Stand in for a function that returns a value and its code."""
    frame = sys._getframe(1)  # noqa: SLF001 - its documented name
    seen.append(is_unread((frame.f_code, frame.f_lasti), 2))
    return 7, 0


class Holder:
    value = 0


def dropped() -> None:
    one()


def overwritten() -> int:
    ret = one()
    ret = len("other")
    return ret + 1


def never_loaded() -> None:
    ret = one()  # noqa: F841


def underscore() -> int:
    value, _ = two()
    return value


def into_an_attribute(holder: Holder | None = None) -> None:
    holder = holder or Holder()
    holder.value, ret = two()  # noqa: RUF059


def inside_with_and_loop() -> None:
    for _ in range(1):
        with suppress(ValueError):
            one()


def in_a_list_for_nobody() -> None:
    for each in [0]:
        value, code = two()
        if each:
            code = 1
            str(code + value)


@pytest.mark.parametrize(
    "program",
    [
        dropped,
        overwritten,
        never_loaded,
        underscore,
        into_an_attribute,
        inside_with_and_loop,
        in_a_list_for_nobody,
    ],
    ids=lambda program: program.__name__,
)
def test_a_code_that_nothing_reads(program):
    seen.clear()
    program()
    assert seen == [True]


def asserted() -> None:
    assert one() == 0


def returned() -> int:
    return one()


def passed_on() -> None:
    str(one())


def compared_later() -> bool:
    value, ret = two()
    return value > 0 and ret == 0


def read_in_one_branch(flag: bool = False) -> None:  # noqa: FBT001, FBT002
    ret = one()
    if flag:
        str(ret)


def read_in_a_handler() -> None:
    ret = one()
    try:
        int("x")
    except ValueError:
        str(ret)


def read_in_the_next_round() -> None:
    ret = 0
    for _ in range(2):
        if ret:
            return
        ret = one()


def read_by_an_inner_function() -> object:
    ret = one()
    return lambda: ret


def collected() -> list[int]:
    return [one() for _ in range(1)]


def kept_whole() -> object:
    both = two()
    return both[1]


@pytest.mark.parametrize(
    "program",
    [
        asserted, returned, passed_on, compared_later, read_in_one_branch, read_in_a_handler,
        read_in_the_next_round, read_by_an_inner_function, collected, kept_whole,
    ],
    ids=lambda program: program.__name__,
)  # fmt: skip
def test_a_code_that_may_be_read(program):
    seen.clear()
    program()
    assert set(seen) == {False}


@pytest.mark.parametrize(
    ("read", "unread"), [("str(ret)", False), ("pass", True), ("def f(): return ret", False)]
)
def test_a_variable_of_a_module_may_be_read_by_its_functions(read, unread):
    seen.clear()
    exec(compile(f"ret = one()\n{read}\n", "program.py", "exec"), {"one": one})  # noqa: S102
    assert seen == [unread]


def test_failures_are_told_once_for_each_place_and_code_and_harmless_ones_never():
    with acl.Session() as session:
        acl.init()
        acl.init()  # 100002: a second user of the library
        acl.rt.process_report(1)  # 107012: not subscribed yet
        for _ in range(3):
            acl.rt.set_device(99)
    assert session.trace is not None
    assert [(each.op, each.code) for each in session.trace.of(Unread) if each.code] == [
        ("set_device", 107001)
    ]
    found = [each for each in check_trace(session.trace) if each.id == "code-discarded"]
    assert [each.severity for each in found] == ["warning"]
    assert found[0].sentence.startswith("set_device returned 107001")
    assert found[0].lines[0].startswith("test_unread.py:")


def test_a_program_that_looks_at_every_code_has_nothing_to_hear():
    with acl.Session() as session:
        codes = [acl.init(), acl.rt.set_device(0)]
        stream, code = acl.rt.create_stream()
        codes += [code, acl.rt.synchronize_stream(stream), acl.rt.destroy_stream(stream)]
        codes += [acl.rt.reset_device(0), acl.finalize()]
    assert codes == [0] * 7
    assert session.trace is not None
    assert check_trace(session.trace) == ()
