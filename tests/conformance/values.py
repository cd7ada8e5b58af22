"""Right values for every parameter of every row, and what may be wrong for them, made on one machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from acl_api.bind import by_name
from acl_api.table.row import Param, Ref, Row
from acl_api.units import BOUNDS
from simulator.core.models import ModelSpec
from simulator.core.tensors import TensorSpec
from tests.api.samples import SAMPLES, made
from tests.conformance.calls_on_memory import MAKERS
from tests.conformance.calls_on_memory import WRONG as WRONG_ON_MEMORY
from tests.conformance.machine import FORGED, Machine, c, mdl, rt

SYNC_AND_TIME_LINE = 9
EXTERNAL, TIME_LINE = 0x20, 8


class Gone:
    """Stands for NULL where the default stream was destroyed: what it means is missing."""


GONE = Gone()
# Numbers that are right, where 0 is not, and texts; and what makes some of them wrong that the usual ones do not.
RIGHT = {
    "allocator": 1,
    "args_size": 8,
    "bin_path": "x.o",
    "block_dim": 1,
    "block_type": 1,
    "count": 32,
    "data_len": 64,
    "data_size": 8,
    "dest_max": 64,
    "dim_range_num": 2,
    "dpitch": 16,
    "flag": 1,
    "format": 1,
    "func_name": "run",
    "height": 2,
    "kernel_name": "add",
    "kind": 1,
    "len": 65,
    "length": 64,
    "max_count": 64,
    "max_len": 64,
    "mem_type": 1,
    "name": "x",
    "other_device_id": 1,
    "output_size": 64,
    "param_size": 8,
    "peer_device_id": 1,
    "size": 64,
    "spitch": 16,
    "timeout": 1,
    "user_args_size": 64,
    "width": 8,
}
RIGHT_OF_ROW = {
    ("acl.rt.device_task_abort", "timeout"): 0,
    ("acl.rt.get_device_capability", "feature"): 21,
    ("acl.rt.notify_get_export_key", "flag"): 2,
    ("acl.rt.notify_import_by_key", "flag"): 0,
    ("acl.rt.value_write", "flag"): 0,
    ("aclrtRecordEventWithFlag", "flag"): 0,
    ("aclrtStreamWaitEventWithFlag", "flag"): 0,
    ("acl.mdl.set_aipp_src_image_size", "w"): 2,
    ("acl.mdl.set_aipp_src_image_size", "h"): 2,
    ("acl.mdl.set_exec_config_opt", "attr"): 1,
    ("acl.mdl.set_exec_config_opt", "value"): 1,
}
WRONG = {
    "dim_range_num": (5000,),
    "flag": (0x38, 0x08, 2),
    "kind": (3,),
    "notifies": ([], [FORGED], [0]),
    "opt": (9,),
    "output_size": (1,),
    "pids": ([],),
    "timeout": (2_160_001,),
    "type": (9,),
    "value": (9,),
    "width": (99,),
}
# What is wrong in some row or other; each row finds out which of these are.
USUAL = (0, 1, -1, -5, 7, 99, FORGED, 1 << 40)


class Values:
    """Right and wrong values for the parameters of one call, made on one machine."""

    def __init__(self, machine: Machine) -> None:
        self.here = machine
        self.home, _ = rt.get_context()
        self.stream = machine.stream()
        self.event, _ = rt.create_event_with_flag(SYNC_AND_TIME_LINE)
        assert rt.record_event(self.event, self.stream) == 0
        assert rt.synchronize_stream(self.stream) == 0
        self.notify, _ = rt.create_notify(0)
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
        special = self.special(row, param)
        if special is not None:
            return special
        if param.refers is Ref.NOTHING or (param.unit == "s" and param.refers is not Ref.PATH):
            return RIGHT_OF_ROW.get((row.name, param.name), RIGHT.get(param.name, 0))
        make: dict[Ref, Callable[[], Any]] = {
            Ref.STREAM: lambda: self.stream,
            Ref.EVENT: lambda: self.event,
            Ref.NOTIFY: lambda: self.notify,
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

    def special(self, row: Row, param: Param) -> Any:
        """What only one row wants, or one kind of parameters; None for everything else."""
        if (row.op, param.name) in MAKERS:
            return MAKERS[row.op, param.name]()
        if row.op == "ctx_get_sys_param_opt":
            rt.ctx_set_sys_param_opt(0, 1)
        if (row.op, param.name) == ("notify_import_by_key", "key"):
            return rt.notify_get_export_key(self.notify, 65, 2)[0]
        if (row.op, param.name) == ("notify_set_import_pid", "notify"):
            rt.notify_get_export_key(self.notify, 65, 0)
            return self.notify
        if param.name == "src":
            return rt.malloc_host(64)[0]
        if param.name == "index" and row.op.startswith("get_input_dynamic"):
            return (1 << 64) - 1  # all inputs
        return self.object(row, param)

    def object(self, row: Row, param: Param) -> Any:
        """Lists, dicts, and handles of descriptions."""
        lists = {"notifies": [self.notify], "pids": [1]}
        if param.name in lists:
            return lists[param.name]
        if param.reads is not None and param.unit == "O":
            return SAMPLES[param.annotation]
        if param.refers is Ref.TENSOR and row.op == "trans_tensor_desc_format":
            return by_name("acl.create_tensor_desc")(0, [1, 1, 1, 1], 0)
        if param.refers is Ref.TENSOR and row.op == "get_tensor_desc_dim_range":
            desc = by_name("acl.create_tensor_desc")(0, [-1], 2)
            assert by_name("acl.set_tensor_shape_range")(desc, [[1, 2]]) == 0
            return desc
        return made(row, param) if param.refers is Ref.HANDLE else None

    def wrong(self, row: Row, param: Param) -> tuple[Any, ...]:
        """Return what may be wrong for a parameter; None is a null pointer, which only C can pass."""
        if (row.op, param.name) in WRONG_ON_MEMORY:
            return WRONG_ON_MEMORY[row.op, param.name]
        if param.refers in {Ref.FUNCTION, Ref.PATH}:
            return (None,)
        if param.refers is Ref.TIMEOUT_MS:
            return (0, -5)  # others are right, and may be long
        if param.refers is Ref.THREAD:
            return (12345,)
        if param.unit not in BOUNDS:
            return WRONG.get(param.name, ())
        smallest, largest = BOUNDS[param.unit]
        special: dict[Ref, tuple[Any, ...]] = {
            Ref.STREAM: (self.foreign, GONE, self.taken, self.used, self.fresh),
            Ref.EVENT: self.events,
            Ref.NOTHING: WRONG.get(param.name, ()),
        }
        numbers = tuple(number for number in USUAL if smallest <= number <= largest)
        return (*special.get(param.refers, ()), *numbers)
