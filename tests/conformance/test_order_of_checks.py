"""Of two faults in one call, the one whose check comes first in the row decides: all rows, all neighbouring checks.

A fault is one parameter, or the missing context, made wrong in a call that is right otherwise. Which values are wrong
is found by trying; what each gives alone is measured, so this holds no codes of its own; those of the callback family
stand in the tests of a9, b7b, b12, c1 and d1.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from itertools import pairwise, permutations
from typing import Any

import pytest

from acl_api.bind import by_name
from acl_api.codes import ACL_ERROR_RT_CONTEXT_NULL as NO_CONTEXT
from acl_api.table import ROWS
from acl_api.table.row import Check, Param, Ref, Row
from acl_api.units import BOUNDS
from simulator.core.models import ModelSpec
from simulator.core.tensors import TensorSpec
from tests.conformance.machine import FORGED, ONE_OF_EACH, Machine, c, mdl, rt

SYNC_AND_TIME_LINE = 9
NEED_A_SUBSCRIPTION = ("acl.rt.unsubscribe_report", "acl.rt.launch_callback", "acl.rt.process_report")
# Right only with a model file in memory, or with a model that has gears: tests/api/test_models_*.py.
NEED_A_MODEL_FILE = (
    *("acl.mdl.load_from_mem", "acl.mdl.load_from_mem_with_mem", "acl.mdl.get_desc_from_mem"),
    *("acl.mdl.query_size_from_mem", "acl.mdl.set_dynamic_batch_size", "acl.mdl.set_dynamic_hw_size"),
    "acl.mdl.set_input_dynamic_dims",
)
ABSENT_CONTEXT = "no context"
EXTERNAL, TIME_LINE = 0x20, 8
# Where a check of the row is about products that lack something.
PRODUCT = {"acl.rt.create_stream_with_config": "Ascend310P"}


class Gone:
    """Stands for NULL where the default stream was destroyed: what it means is missing."""


GONE = Gone()
# Numbers that are right, where 0 is not; and what makes some of them wrong that the usual ones do not.
RIGHT = {
    "block_type": 1,
    "count": 32,
    "dest_max": 64,
    "dpitch": 16,
    "flag": 1,
    "height": 2,
    "kind": 1,
    "max_count": 64,
    "name": "x",
    "peer_device_id": 1,
    "size": 64,
    "spitch": 16,
    "timeout": 1,
    "width": 8,
}
WRONG = {"flag": (0x38, 0x08), "kind": (3,), "width": (99,)}
# What is wrong in some row or other; each row finds out which of these are.
USUAL = (0, 1, -1, -5, 7, 99, FORGED, 1 << 40)
PAGEABLE = ctypes.create_string_buffer(64)

# Neighbouring checks that no two parameters of one call can break at once, though their codes differ.
NEVER_BOTH = {
    ("acl.rt.process_report", 1): "who is not subscribed has no queue whose context could be missing",
}


class Values:
    """Right and wrong values for the parameters of one call, made on one machine."""

    def __init__(self, machine: Machine) -> None:
        self.here = machine
        self.home, _ = rt.get_context()
        self.stream = machine.stream()
        self.event, _ = rt.create_event_with_flag(SYNC_AND_TIME_LINE)
        assert rt.record_event(self.event, self.stream) == 0
        assert rt.synchronize_stream(self.stream) == 0
        self.elsewhere, _ = rt.create_context(0)
        self.foreign = machine.stream()
        assert rt.set_context(self.home) == 0
        # Streams that a callback thread has already: the runtime's own, or one of the program's.
        self.taken, self.used, self.fresh = machine.stream(), machine.stream(), machine.stream()
        assert c.aclrtLaunchHostFunc(self.taken, print, "") == rt.synchronize_stream(self.taken) == 0
        assert rt.subscribe_report(1, self.used) == 0
        self.events = tuple(rt.create_event_with_flag(flag)[0] for flag in (EXTERNAL, TIME_LINE))
        machine.model()
        tensors = (TensorSpec((1,), "int8", "x"),)
        machine.session.declare_model(ModelSpec("shaped", 1, inputs=tensors, outputs=tensors))
        self.desc = mdl.create_desc()
        assert mdl.get_desc_from_file(self.desc, "shaped.om") == 0
        self.dataset = mdl.create_dataset()
        mdl.add_dataset_buffer(self.dataset, by_name("acl.create_data_buffer")(0, 0))

    def right(self, row: Row, param: Param) -> Any:
        if (row.op, param.name) == ("host_register", "ptr"):
            return ctypes.addressof(PAGEABLE)
        if param.name == "src":
            return rt.malloc_host(64)[0]
        if param.name == "index" and row.op.startswith("get_input_dynamic"):
            return (1 << 64) - 1  # all inputs
        if param.refers is Ref.NOTHING:
            return RIGHT.get(param.name, 0)
        make: dict[Ref, Callable[[], Any]] = {
            Ref.STREAM: lambda: self.stream,
            Ref.EVENT: lambda: self.event,
            Ref.CONTEXT: lambda: self.elsewhere,
            Ref.MODEL: lambda: 1,
            Ref.DATASET: lambda: self.dataset,
            Ref.DESC: lambda: self.desc,
            Ref.TENSOR: lambda: by_name("acl.create_tensor_desc")(0, [1], 2),
            Ref.BUFFER: lambda: by_name("acl.create_data_buffer")(0, 0),
            Ref.MEMORY: lambda: rt.malloc(64, 0)[0],
            Ref.THREAD: lambda: self.here.session.host.current().ident,
            Ref.FUNCTION: lambda: print,
            Ref.ANY: lambda: None,
            Ref.PATH: lambda: "model1.om",
            Ref.TIMEOUT_MS: lambda: 1,
        }
        return make[param.refers]()

    def wrong(self, param: Param) -> tuple[Any, ...]:
        """Return what may be wrong for a parameter; None is a null pointer, which only C can pass."""
        if param.refers in {Ref.FUNCTION, Ref.PATH}:
            return (None,)
        if param.refers is Ref.TIMEOUT_MS:
            return (0, -5)  # others are right, and may be long
        if param.refers is Ref.THREAD:
            return (12345,)
        if param.unit not in BOUNDS:
            return ()
        smallest, largest = BOUNDS[param.unit]
        special: dict[Ref, tuple[Any, ...]] = {
            Ref.STREAM: (self.foreign, GONE, self.taken, self.used, self.fresh),
            Ref.EVENT: self.events,
            Ref.NOTHING: WRONG.get(param.name, ()),
        }
        numbers = tuple(number for number in USUAL if smallest <= number <= largest)
        return (*special.get(param.refers, ()), *numbers)


Fault = tuple[str, int]  # the parameter and which of its wrong values; or no context


def code_with(machine: Callable[..., Machine], soc: str, row: Row, faults: tuple[Fault, ...]) -> int:
    """The code of a call that has just these faults, on a machine of its own; 0 when it returns none."""
    here = machine(soc)
    values = Values(here)
    if row.name in NEED_A_SUBSCRIPTION:
        assert rt.subscribe_report(here.session.host.current().ident, values.stream) == 0
    broken = dict(faults)
    args = [
        values.wrong(param)[broken[param.name]] if param.name in broken else values.right(row, param)
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
    result: Any = here.run_in_thread(lambda: function(*args)) if ABSENT_CONTEXT in broken else function(*args)
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
            len(values.wrong(param)) if row.in_c or param.refers not in (Ref.FUNCTION, Ref.PATH) else 0
        ):
            code = code_with(machine, soc, row, ((param.name, which),))
            if code not in {0, 507012, *seen} and _looked_at(row, param, code):
                seen.add(code)
                found[param.name, which] = code
    if (code := code_with(machine, soc, row, ((ABSENT_CONTEXT, 0),))) != 0:
        found[ABSENT_CONTEXT, 0] = code
    return found


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
    return fault[0] in check.on or (fault[0] == ABSENT_CONTEXT and new)


# What answers a bare value has no code to tell.
SEVERAL = [
    name
    for name, row in ROWS.items()
    if len(row.checks) > 1 and not row.bare and name not in NEED_A_MODEL_FILE
]
BY_FAMILY = ("acl.rt.subscribe_report", *NEED_A_SUBSCRIPTION, "aclrtLaunchHostFunc")
ONCE = [(name, PRODUCT.get(name, "Ascend910B")) for name in SEVERAL if name not in BY_FAMILY]
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
    alone = harmful(machine, PRODUCT.get(name, "Ascend910B"), row)
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
