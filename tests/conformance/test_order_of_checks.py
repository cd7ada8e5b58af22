"""Of two faults in one call, the one whose check comes first in the row decides: all rows, all pairs.

A fault is one parameter, or the missing context, made wrong in a call that is right otherwise. What each
fault alone gives is measured, so this holds no codes of its own; those of the callback family stand in the
tests of a9, b7b, b12, c1 and d1.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest

from acl_api.bind import by_name
from acl_api.table import ROWS
from acl_api.table.row import Param, Ref, Row
from simulator.core.models import ModelSpec
from simulator.core.tensors import TensorSpec
from tests.conformance.machine import FORGED, ONE_OF_EACH, Machine, mdl, rt

SYNC_AND_TIME_LINE = 9
NEED_A_SUBSCRIPTION = ("acl.rt.unsubscribe_report", "acl.rt.launch_callback", "acl.rt.process_report")
# Right only with a model file in memory, or with a model that has gears: tests/api/test_models_*.py.
NEED_A_MODEL_FILE = (
    *("acl.mdl.load_from_mem", "acl.mdl.load_from_mem_with_mem", "acl.mdl.get_desc_from_mem"),
    *("acl.mdl.query_size_from_mem", "acl.mdl.set_dynamic_batch_size", "acl.mdl.set_dynamic_hw_size"),
    "acl.mdl.set_input_dynamic_dims",
)
# Their objects are of other kinds: tests/api/test_media_rows.py and test_operators.py.
ELSEWHERE = ("acl.media", "acl.fv", "acl.op", "acl.blas")
ABSENT_CONTEXT = "no context"
NUMBERS = {
    "attr": (0, (99,)),
    "block_type": (1, (7,)),
    "count": (32, (1 << 40,)),
    "dest_max": (64, (1,)),
    "device_id": (0, (99,)),
    "dpitch": (16, (1,)),
    "flag": (1, (0x38,)),
    "flags": (0, ()),
    "height": (2, ()),
    "gear_count": (0, ()),
    "index": (0, (9,)),
    "kind": (1, (99,)),
    "level": (0, (5,)),
    "max_count": (64, (1,)),
    "mode": (0, ()),
    "name": ("x", ()),
    "peer_device_id": (1, (99,)),
    "policy": (0, ()),
    "priority": (0, ()),
    "size": (64, (0,)),
    "spitch": (16, (1,)),
    "timeout": (1, ()),
    "type": (0, (1,)),
    "value": (0, ()),
    "weight_size": (0, ()),
    "width": (8, (99,)),
    "work_size": (0, ()),
}
PAGEABLE = ctypes.create_string_buffer(64)


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
            return NUMBERS[param.name][0]
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
        wrong: dict[Ref, tuple[Any, ...]] = {
            Ref.STREAM: (0, FORGED, self.foreign),
            Ref.EVENT: (0, FORGED),
            Ref.CONTEXT: (0, FORGED),
            Ref.MODEL: (99,),
            Ref.DATASET: (0, FORGED),
            Ref.DESC: (0, FORGED),
            Ref.TENSOR: (FORGED,),
            Ref.BUFFER: (0, FORGED),
            Ref.MEMORY: (0,),
            Ref.TIMEOUT_MS: (0, -5),
        }
        return NUMBERS[param.name][1] if param.refers is Ref.NOTHING else wrong.get(param.refers, ())


Fault = tuple[str, int]  # the parameter and which of its wrong values; or no context


def faults_of(row: Row, values: Values) -> list[Fault]:
    found = [(param.name, which) for param in row.params for which in range(len(values.wrong(param)))]
    return [*found, (ABSENT_CONTEXT, 0)]


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
    function = by_name(row.name)
    result: Any = here.run_in_thread(lambda: function(*args)) if ABSENT_CONTEXT in broken else function(*args)
    if row.bare:
        return 0
    return int(result[-1] if isinstance(result, tuple) else result)


def met(row: Row, fault: Fault, code: int) -> range:
    """From the first to the last check that the fault may be meeting: all with its code that look at it."""
    about = [
        at
        for at, check in enumerate(row.checks)
        if check.code == code
        and (fault[0] in check.on or (fault[0] == ABSENT_CONTEXT and "context" in check.says))
    ]
    # Past the last one when the operation itself refuses it.
    return range(about[0], about[-1] + 1) if about else range(len(row.checks), len(row.checks) + 1)


# What answers a bare value has no code to tell.
SEVERAL = [
    name
    for name, row in ROWS.items()
    if len(row.checks) > 1 and not row.bare and name not in NEED_A_MODEL_FILE and row.family not in ELSEWHERE
]
BY_FAMILY = ("acl.rt.subscribe_report", *NEED_A_SUBSCRIPTION, "aclrtLaunchHostFunc")
ONCE = [(name, "Ascend910B") for name in SEVERAL if name not in BY_FAMILY]
IN_EACH_FAMILY = [(name, soc) for name in BY_FAMILY for soc in ONE_OF_EACH]


@pytest.mark.parametrize(("name", "soc"), ONCE + IN_EACH_FAMILY)
def test_of_two_faults_the_earlier_check_of_the_row_decides(machine, name, soc):
    row = ROWS[name]
    everything = faults_of(row, Values(machine(soc)))
    alone = {fault: code_with(machine, soc, row, (fault,)) for fault in everything}
    harmful = [fault for fault in everything if alone[fault] not in (0, 507012)]
    for first, second in permutations(harmful, 2):
        checks, later = met(row, first, alone[first]), met(row, second, alone[second])
        if first[0] != second[0] and checks[-1] < later[0]:
            assert code_with(machine, soc, row, (first, second)) == alone[first], f"{first} with {second}"


@pytest.mark.parametrize("name", SEVERAL)
def test_a_call_without_faults_passes_every_check(machine, name):
    """Else the pairs above would tell nothing; process_report then waits in vain."""
    expected = 507012 if name == "acl.rt.process_report" else 0
    assert code_with(machine, "Ascend910B", ROWS[name], ()) == expected
