"""A program that calls every modelled function that C has, rightly and wrongly, and writes what came of it as JSON.

It is the same on every backend: ACLSIM_BACKEND says which. Handles and addresses are written as "handle".
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from acl_api.bind import by_name
from acl_api.cabi.declarations import functions
from acl_api.table import ROWS
from acl_api.table.row import Param, Ref, Row

# Nothing works behind these.
LAST: Final = ("acl.rt.reset_device", "acl.rt.reset_device_force", "acl.finalize_reference", "acl.finalize")
LEFT_OUT: Final = {
    "acl.init": "called once, first",
    "acl.rt.device_get_bare_tgid": "gives the number of the process",
    "acl.mdl.dump_reg_callback": "cannot be called (docs/switch.md)",
}
# Larger numbers are handles and addresses.
_LARGEST_PLAIN: Final = 1 << 20
_SIZE: Final = 4096
_PLAIN: Final[dict[str, object]] = {**dict.fromkeys("iIhHbBlLkK", 1), "s": "text", "f": 1.5, "d": 1.5}
_OBJECTS: Final[dict[str, object]] = {
    "dims": [2, 3],
    "ranges": [[1, 2], [3, 4]],
    "cfg": {"attrs": [{"attr": 1, "value": {"moduleId": 7}}], "numAttrs": 1},
    "prop": {
        "handleType": 0,
        "allocationType": 0,
        "memAttr": 1,
        "location": {"id": 0, "type": 1},
        "reserve": 0,
    },
    "pids": [1, 2],
    "infos": [{"addr": 0, "len": 0}],
    "options": [{"type": 1, "value": 1}],
    "device_ids": [0],
    "acl.rt.launch_kernel_with_config.cfg": [{"id": 1, "value": 0}],
    "acl.rt.set_stream_attribute.value": {"failureMode": 1},
    "acl.mdl.set_config_opt.value": 1,
    "acl.mdl.set_input_dynamic_dims.dims": {"name": "", "dimCount": 2, "dims": [1, 4]},
    "acl.op.set_attr_list_float.values": [0.5, 2.0],
    "acl.op.set_attr_list_string.values": ["one", "two"],
    "acl.op.set_attr_list_list_int.values": [[1, 2], [], [3]],
    "values": [1, 0, 1],
}
"""By the parameter's name, or that of the function and the parameter."""
_OTHERS: Final[dict[str, object]] = {
    **dict.fromkeys(
        ("index", "flag", "flags", "alignment", "expect_ptr", "option", "reserve", "batch_index"), 0
    ),
    "acl.rt.malloc_physical.size": 1 << 21,
    "acl.rt.reserve_mem_address.size": 1 << 21,
    "acl.op.set_model_dir.model_dir": ".",
}
"""The same for parameters that are no objects."""


def acl(name: str, *given: object) -> Any:
    """Call a function of the binding and return its first output."""
    result = by_name(f"acl.{name}")(*given)
    return result[0] if isinstance(result, tuple) else result


def nothing(*_given: object) -> int:
    """Stand for every function that a program hands over."""
    return 0


def context() -> object:
    here = acl("rt.get_context")
    made = acl("rt.create_context", 0)
    acl("rt.set_context", here)
    return made


def desc() -> object:
    made = acl("mdl.create_desc")
    acl("mdl.get_desc", made, acl("mdl.load_from_file", "model.om"))
    return made


def memory() -> object:
    return acl("rt.malloc", _SIZE, 0)


def tensor() -> object:
    return acl("create_tensor_desc", 0, [2, 3], 2)


def buffer() -> object:
    return acl("create_data_buffer", memory(), _SIZE)


def notify() -> object:
    return acl("rt.create_notify", 0)


MAKERS: Final[dict[Ref, Callable[[], object]]] = {
    Ref.STREAM: lambda: acl("rt.create_stream"),
    Ref.EVENT: lambda: acl("rt.create_event"),
    Ref.CONTEXT: context,
    Ref.MODEL: lambda: acl("mdl.load_from_file", "model.om"),
    Ref.DATASET: lambda: acl("mdl.create_dataset"),
    Ref.BUFFER: buffer,
    Ref.DESC: desc,
    Ref.TENSOR: tensor,
    Ref.NOTIFY: notify,
    Ref.MEMORY: memory,
    Ref.FUNCTION: lambda: nothing,
    Ref.PATH: lambda: "model.om",
}
LISTED: Final[dict[str, Callable[[], object]]] = {
    "notifies": notify,
    **dict.fromkeys(("input_desc", "output_desc"), tensor),
    **dict.fromkeys(("inputs", "outputs"), buffer),
}
# What makes the other handles, by the beginning of the function's name, and the parameter's.
HANDLES: Final[dict[tuple[str, str], Callable[[], object]]] = {
    ("acl.op.", "attr"): lambda: acl("op.create_attr"),
    ("acl.op.", "op_attr"): lambda: acl("op.create_attr"),
    ("acl.op.", "dst_desc"): tensor,
    ("acl.mdl.", "aipp"): lambda: acl("mdl.create_aipp", 1),
    ("acl.mdl.destroy_exec", "handle"): lambda: acl("mdl.create_exec_config_handle"),
    ("acl.mdl.set_exec", "handle"): lambda: acl("mdl.create_exec_config_handle"),
    ("acl.mdl.execute", "handle"): lambda: acl("mdl.create_exec_config_handle"),
    ("acl.mdl.", "handle"): lambda: acl("mdl.create_config_handle"),
    ("acl.rt.allocator", "desc"): lambda: acl("rt.allocator_create_desc"),
    ("acl.rt.", "handle"): lambda: acl("rt.malloc_physical", 1 << 21, _OBJECTS["prop"], 0),
    ("acl.prof.model", "config"): lambda: acl("prof.create_subscribe_config", 1, 0, 2),
    ("acl.prof.destroy_sub", "config"): lambda: acl("prof.create_subscribe_config", 1, 0, 2),
    ("acl.prof.", "config"): lambda: acl("prof.create_config", [0], 0, 0, 2),
    ("acl.prof.", "stamp"): lambda: acl("prof.create_stamp"),
    ("acl.prof.", "info"): lambda: acl("prof.create_step_info"),
}


def live(row: Row, param: Param) -> object:
    """Return an argument that fits: a new object of the kind, a small number, a text."""
    known = _OBJECTS if param.unit == "O" else _OTHERS
    for name in (f"{row.name}.{param.name}", param.name):
        if name in known:
            return known[name]
    if param.unit == "O":
        return [LISTED[param.name](), LISTED[param.name]()] if param.name in LISTED else nothing
    if param.refers is Ref.HANDLE:
        makers = (
            make for (name, of), make in HANDLES.items() if row.name.startswith(name) and param.name == of
        )
        return next(makers, lambda: 1)()
    return MAKERS[param.refers]() if param.refers in MAKERS else _PLAIN[param.unit]


def empty(param: Param) -> object:
    """Return nothing of the parameter's kind: 0, "", an empty object or None."""
    if param.unit != "O":
        return {"s": "", "f": 0.0, "d": 0.0}.get(param.unit, 0)
    kind = param.annotation.partition("[")[0]
    return {"dict": {}, "list": []}.get(kind)


def told(value: object) -> object:
    """Return a value as JSON has it, and the same in every process."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if abs(value) < _LARGEST_PLAIN else "handle"
    if isinstance(value, tuple | list):
        return [told(item) for item in value]
    if isinstance(value, dict):
        return {str(key): told(item) for key, item in value.items()}
    return value if isinstance(value, bool | str | float | None) else type(value).__name__


def outcome(row: Row, given: tuple[object, ...]) -> object:
    """Return what a call gives or raises."""
    try:
        return told(by_name(row.name)(*given))
    except (TypeError, ValueError, KeyError, AttributeError, RuntimeError) as error:
        return [type(error).__name__, str(error)]


def calls(row: Row) -> Iterator[tuple[str, tuple[object, ...]]]:
    """Yield what the row is called with, and what that is called."""
    places = range(len(row.params))
    yield "too many", (None,) * (len(row.params) + 1)
    for wrong in places:
        yield (
            f"misfit {wrong}",
            tuple(object() if at == wrong else live(row, row.params[at]) for at in places),
        )
    yield "nothing", tuple(empty(param) for param in row.params)
    yield "live", tuple(live(row, param) for param in row.params)


def rows() -> list[Row]:
    """Return what is called, in its order."""
    c_names = functions()
    there = [row for row in ROWS.values() if row.c_name in c_names and row.name not in {*LAST, *LEFT_OUT}]
    return [*there, *(ROWS[name] for name in LAST)]


def main(target: str) -> None:
    """Call everything, and write what came of it to the file *target*."""
    warnings.simplefilter("ignore")
    found: dict[str, object] = {}
    acl("init")
    for row in rows():
        for what, given in calls(row):
            found[f"{row.name}: {what}"] = outcome(row, given)
            if row.name not in LAST:
                acl("rt.set_device", 0)  # what came before may have taken it away
    Path(target).write_text(json.dumps(found, indent=1), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
