"""Of two faults in one call, the one whose check comes first in the row decides: all rows, all neighbouring checks.

A fault is one parameter, or the missing context, made wrong in a call that is right otherwise. Which values are wrong
is found by trying; what each gives alone is measured, so this holds no codes of its own; those of the callback family
stand in the tests of a9, b7b, b12, c1 and d1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise, permutations
from typing import Any

import pytest

from acl_api.bind import by_name
from acl_api.codes import (
    ACL_ERROR_API_NOT_SUPPORT,
    ACL_ERROR_FEATURE_UNSUPPORTED,
    ACL_ERROR_RT_FEATURE_NOT_SUPPORT,
)
from acl_api.codes import ACL_ERROR_RT_CONTEXT_NULL as NO_CONTEXT
from acl_api.table import ROWS
from acl_api.table.row import Check, Param, Ref, Row
from simulator.base.profile import profile_names
from tests.conformance.machine import ONE_OF_EACH, Machine, c, rt
from tests.conformance.values import GONE, Values

SYNC_AND_TIME_LINE = 9
NEED_A_SUBSCRIPTION = ("acl.rt.unsubscribe_report", "acl.rt.launch_callback", "acl.rt.process_report")
# Right only with a model file in memory, or with a model that has gears: tests/api/test_models_*.py.
NEED_A_MODEL_FILE = (
    *("acl.mdl.load_from_mem", "acl.mdl.load_from_mem_with_mem", "acl.mdl.get_desc_from_mem"),
    *("acl.mdl.query_size_from_mem", "acl.mdl.set_dynamic_batch_size", "acl.mdl.set_dynamic_hw_size"),
    *("acl.mdl.set_input_dynamic_dims", "acl.mdl.load_from_file_with_q", "acl.mdl.load_from_mem_with_q"),
    *("acl.mdl.bundle_load_from_file", "acl.mdl.bundle_load_from_mem", "acl.mdl.load_with_config"),
    *("acl.mdl.set_input_aipp", "acl.mdl.set_aipp_by_input_index"),
    # With what has come through a pipe: tests/api/test_prof_models.py.
    *("acl.prof.get_op_name", "acl.prof.get_op_type"),
)
# Machines have none: tests/conformance/test_g_devices_more.py.
NEED_A_GROUP = tuple(name for name in ROWS if name.startswith("acl.rt.") and "group" in name)
# Their objects are of other kinds: tests/api/test_media_rows.py and test_operators.py.
ELSEWHERE = ("acl.media", "acl.fv", "acl.op", "acl.blas")
ABSENT_CONTEXT = "no context"
LACKING = (ACL_ERROR_RT_FEATURE_NOT_SUPPORT, ACL_ERROR_API_NOT_SUPPORT, ACL_ERROR_FEATURE_UNSUPPORTED)
OTHER_PRODUCT = "another product"
PRODUCTS = tuple(profile_names())
# Neighbouring checks that no two parameters of one call can break at once, though their codes differ.
_NULL = "only C passes a null name, and no C function of this kind takes a forged handle with it"
_NOTHING_MADE = "a product that lacks it cannot make what the next check looks at"
NEVER_BOTH = {
    ("acl.rt.process_report", 1): "who is not subscribed has no queue whose context could be missing",
    (
        "acl.rt.memcpy_async_with_desc",
        6,
    ): "without a context there is no default stream, whatever was destroyed",
    (
        "acl.rt.create_stream_with_config",
        1,
    ): "the flag alone does not tell products from each other on one of them",
    (
        "acl.rt.launch_kernel_with_config",
        6,
    ): "the list of arguments and the stream are looked at in tests of kernels",
    (
        "acl.rt.wait_and_reset_notify",
        5,
    ): "a notify of another device comes by a key: tests/conformance/test_f_notifies",
    ("acl.rt.binary_get_function", 1): _NULL,
    ("acl.rt.register_cpu_func", 2): _NULL,
    ("acl.rt.binary_load", 2): _NOTHING_MADE,
    ("acl.rt.binary_load", 3): "a description without a length cannot be made",
    ("acl.rt.ipc_mem_close", 0): _NOTHING_MADE,
    ("acl.rt.ipc_mem_close", 1): _NOTHING_MADE,
    ("acl.rt.ipc_mem_import_by_key", 0): _NULL,
    ("acl.rt.ipc_mem_import_by_key", 2): _NOTHING_MADE,
    ("acl.rt.ipc_mem_set_import_pid", 0): _NOTHING_MADE,
    ("acl.rt.ipc_mem_set_import_pid", 2): _NOTHING_MADE,
    ("acl.rt.stream_abort", 1): "the first of them is about the context, too",
}
# Checks that look at two things at once: which of two faults they meet cannot be told from one of them alone.
COMPOUND = ("acl.rt.stream_abort", "acl.rt.device_can_access_peer")


# The parameter and which of its wrong values; or no context; or which product lacks what the call needs.
Fault = tuple[str, int]


def code_with(machine: Callable[..., Machine], soc: str, row: Row, faults: tuple[Fault, ...]) -> int:
    """The code of a call that has just these faults, on a machine of its own; 0 when it returns none."""
    broken = dict(faults)
    here = machine(PRODUCTS[broken[OTHER_PRODUCT]] if OTHER_PRODUCT in broken else soc)
    try:
        values, right = Values(here), {}
        for param in row.params:
            right[param.name] = values.right(row, param)
    except AssertionError:  # the other product cannot even make what the call works on
        assert OTHER_PRODUCT in broken
        return 0
    if row.name in NEED_A_SUBSCRIPTION:
        assert rt.subscribe_report(here.session.host.current().ident, values.stream) == 0
    args = [
        values.wrong(row, param)[broken[param.name]] if param.name in broken else right[param.name]
        for param in row.params
    ]
    if GONE in args:
        default, _ = rt.ctx_get_current_default_stream()
        assert rt.destroy_stream(default) == 0
    null = any(
        arg is None and param.refers is not Ref.ANY for arg, param in zip(args, row.params, strict=True)
    )
    function: Any = getattr(c, row.c_name) if null else by_name(row.name)
    args = [0 if arg is GONE else arg for arg in args]
    try:
        result: Any = (
            here.run_in_thread(lambda: function(*args)) if ABSENT_CONTEXT in broken else function(*args)
        )
    except (TypeError, ValueError):  # the binding's own, ahead of all checks
        return 0
    if row.bare:
        return 0
    return int(result[-1] if isinstance(result, tuple) else result)


_harmful: dict[tuple[str, str], dict[Fault, int]] = {}


def harmful(machine: Callable[..., Machine], soc: str, row: Row) -> dict[Fault, int]:
    """What each fault alone gives; of a parameter's wrong values the first for each code."""
    key = (soc, row.name)
    if key not in _harmful:
        _harmful[key] = _tried(machine, soc, row)
    return _harmful[key]


def _tried(machine: Callable[..., Machine], soc: str, row: Row) -> dict[Fault, int]:
    values = Values(machine(soc))
    found: dict[Fault, int] = {}
    for param in row.params:
        seen: set[int] = set()
        for which in range(
            len(values.wrong(row, param)) if row.in_c or param.refers not in (Ref.FUNCTION, Ref.PATH) else 0
        ):
            code = code_with(machine, soc, row, ((param.name, which),))
            if code not in {0, 507012, *seen} and _looked_at(row, param, code):
                seen.add(code)
                found[param.name, which] = code
    others = [(OTHER_PRODUCT, which) for which in range(len(PRODUCTS))] if _depends_on_product(row) else []
    for fault in [(ABSENT_CONTEXT, 0), *others]:
        code = code_with(machine, soc, row, (fault,))
        if code and not any(code == found[each] for each in found if each[0] == fault[0]):
            found[fault] = code
    return found


def _depends_on_product(row: Row) -> bool:
    return any(check.code in LACKING and "product" in check.says for check in row.checks)


def _looked_at(row: Row, param: Param, code: int) -> bool:
    """Tell whether some check of the row has that code and looks at the parameter: else the operation refuses."""
    return any(check.code == code and param.name in check.on for check in row.checks)


def met(row: Row, fault: Fault, code: int) -> range:
    """From the first to the last check that the fault may be meeting: all with its code that look at it."""
    about = [at for at, check in enumerate(row.checks) if check.code == code and _about(check, fault)]
    # Past the last one when the operation itself refuses it.
    return range(about[0], about[-1] + 1) if about else range(len(row.checks), len(row.checks) + 1)


def _about(check: Check, fault: Fault) -> bool:
    # A thread without a context is a new one: it has no subscription, either.
    new = not check.on or check.code == NO_CONTEXT
    lacks = fault[0] == OTHER_PRODUCT and check.code in LACKING and "product" in check.says
    return lacks or fault[0] in check.on or (fault[0] == ABSENT_CONTEXT and new)


# What answers a bare value has no code to tell.
SEVERAL = [
    name
    for name, row in ROWS.items()
    if len(row.checks) > 1 and not row.bare and row.family not in ELSEWHERE
    if name not in NEED_A_MODEL_FILE + NEED_A_GROUP
]
BY_FAMILY = ("acl.rt.subscribe_report", *NEED_A_SUBSCRIPTION, "aclrtLaunchHostFunc")
ONCE = [(name, "Ascend910B") for name in SEVERAL if name not in (*BY_FAMILY, *COMPOUND)]
IN_EACH_FAMILY = [(name, soc) for name in BY_FAMILY for soc in ONE_OF_EACH]


@pytest.mark.shows("0.1", "0.2")
@pytest.mark.parametrize(("name", "soc"), ONCE + IN_EACH_FAMILY)
def test_of_two_faults_the_earlier_check_of_the_row_decides(machine, name, soc):
    row = ROWS[name]
    alone = harmful(machine, soc, row)
    for first, second in permutations(alone, 2):
        checks, later = met(row, first, alone[first]), met(row, second, alone[second])
        if first[0] != second[0] and alone[first] != alone[second] and checks[-1] < later[0]:
            assert code_with(machine, soc, row, (first, second)) == alone[first], f"{first} with {second}"


def neighbours(row: Row) -> Iterator[int]:
    """The places of checks that could be told from the next one: two parameters, and two codes."""
    for at, (one, other) in enumerate(pairwise(row.checks)):
        # A parameter has one value at a time: of two checks that look at nothing else, it breaks one.
        alike = one.on == other.on != ()
        if one.code and other.code and one.code != other.code and not alike:
            yield at


@pytest.mark.parametrize("name", SEVERAL)
def test_neighbouring_checks_are_told_from_each_other(machine, name):
    """Each pair that can be broken at once is; else the table above says why it cannot."""
    row = ROWS[name]
    alone = harmful(machine, "Ascend910B", row)
    ranges = {fault: met(row, fault, code) for fault, code in alone.items()}
    for at in neighbours(row):
        told = any(
            at in ranges[one] and at + 1 in ranges[other] and one[0] != other[0]
            for one, other in permutations(alone, 2)
        )
        checks = f"{row.checks[at].says!r} and {row.checks[at + 1].says!r}"
        assert told != ((name, at) in NEVER_BOTH), f"check {at} of {name}: {checks}"


@pytest.mark.parametrize("name", SEVERAL)
def test_a_call_without_faults_passes_every_check(machine, name):
    """Else the pairs above would tell nothing; process_report then waits in vain."""
    expected = 507012 if name == "acl.rt.process_report" else 0
    assert code_with(machine, "Ascend910B", ROWS[name], ()) == expected
