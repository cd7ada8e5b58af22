"""What a right call on memory and kernels needs, and what makes it wrong, where parameters' names do not tell."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any, Final

from tests.conformance.machine import rt

PAGEABLE: Final = ctypes.create_string_buffer(64)
MODULE: Final = {"numAttrs": 1, "attrs": [{"attr": 1, "value": {"moduleId": 3}}]}
UNKNOWN: Final = {"numAttrs": 1, "attrs": [{"attr": 9, "value": {"moduleId": 3}}]}
OTHER_DEVICE: Final = {"numAttrs": 1, "attrs": [{"attr": 2, "value": {"deviceId": 1}}]}


def own_memory() -> int:
    """The address of memory of the program's own."""
    return ctypes.addressof(PAGEABLE)


def registered() -> int:
    """The same, registered."""
    assert rt.host_register(own_memory(), 64, 0)[1] == 0
    return own_memory()


def device_memory() -> int:
    """The address of device memory."""
    pointer, code = rt.malloc(64, 0)
    assert code == 0
    return int(pointer)


def prop(**fields: Any) -> dict[str, Any]:
    """What memory without addresses is to be: of device 0's HBM unless said otherwise."""
    usual = {
        "handleType": 0,
        "allocationType": 0,
        "memAttr": 4,
        "location": {"id": 0, "type": 1},
        "reserve": 0,
    }
    return {**usual, **fields}


HUGE: Final = 2 << 20
WRONG_PROPS: Final = (
    prop(handleType=1),
    prop(allocationType=1),
    prop(location={"id": 0, "type": 3}),
    prop(memAttr=2),
    prop(memAttr=0),
    prop(location={"id": 99, "type": 1}),
    prop(location={"id": 0, "type": 4}),
)


def physical() -> int:
    """A handle of two MiB of device memory without addresses."""
    handle, code = rt.malloc_physical(HUGE, prop(), 0)
    assert code == 0
    return int(handle)


def addresses() -> int:
    """Where four MiB of addresses are set aside."""
    address, code = rt.reserve_mem_address(2 * HUGE, 0, 0, 0)
    assert code == 0
    return int(address)


def mapped() -> int:
    """Where two MiB of device memory are mapped."""
    address = addresses()
    assert rt.map_mem(address, HUGE, 0, physical(), 0) == 0
    return address


def shareable() -> int:
    """The number of memory that is shared."""
    number, code = rt.mem_export_to_shareable_handle(physical(), 0, 0)
    assert code == 0
    return int(number)


def key() -> str:
    """The key of memory that is shared."""
    found, code = rt.ipc_mem_get_export_key(device_memory(), 64, 65, 0)
    assert code == 0
    return str(found)


MAKERS: Final[dict[tuple[str, str], Callable[[], Any]]] = {
    ("host_register", "ptr"): own_memory,
    ("host_register_v2", "ptr"): own_memory,
    ("host_register_v2", "flag"): lambda: 2,
    ("host_unregister", "ptr"): registered,
    ("host_get_device_pointer", "host_ptr"): registered,
    ("host_get_device_pointer", "flag"): lambda: 0,
    ("malloc_with_cfg", "cfg"): lambda: MODULE,
    ("malloc_for_task_scheduler", "cfg"): lambda: MODULE,
    ("malloc_host_with_cfg", "cfg"): lambda: MODULE,
    ("reduce_async", "kind"): lambda: 10,
    ("reduce_async", "reserve"): lambda: 0,
    ("cmo_async", "cmo_type"): lambda: 0,
    ("get_memcpy_desc_size", "kind"): lambda: 6,
    ("set_memcpy_desc", "kind"): lambda: 6,
    ("set_memcpy_desc", "src"): device_memory,
    ("set_memcpy_desc", "config"): lambda: 0,
    ("memcpy_async_with_desc", "kind"): lambda: 6,
    ("reserve_mem_address", "alignment"): lambda: 0,
    ("reserve_mem_address", "expect_ptr"): lambda: 0,
    ("release_mem_address", "vir_ptr"): addresses,
    ("malloc_physical", "size"): lambda: HUGE,
    ("malloc_physical", "prop"): prop,
    ("mem_get_allocation_granularity", "prop"): prop,
    ("mem_get_allocation_granularity", "option"): lambda: 1,
    ("map_mem", "vir_ptr"): addresses,
    ("map_mem", "size"): lambda: HUGE,
    ("map_mem", "offset"): lambda: 0,
    ("unmap_mem", "vir_ptr"): mapped,
    **{(op, "handle"): physical for op in ("map_mem", "free_physical", "mem_export_to_shareable_handle")},
    ("mem_export_to_shareable_handle", "handle_type"): lambda: 0,
    **{
        (op, "shareable"): shareable
        for op in ("mem_set_pid_to_shareable_handle", "mem_import_from_shareable_handle")
    },
    ("mem_set_pid_to_shareable_handle", "pids"): lambda: [1],
    ("ipc_mem_get_export_key", "len"): lambda: 65,
    ("ipc_mem_set_import_pid", "pids"): lambda: [1],
    **{(op, "key"): key for op in ("ipc_mem_set_import_pid", "ipc_mem_import_by_key", "ipc_mem_close")},
    **{(op, "flag"): lambda: 0 for op in ("ipc_mem_get_export_key", "ipc_mem_import_by_key")},
    ("get_mem_uce_info", "array_size"): lambda: 4,
    ("mem_uce_repair", "infos"): lambda: [{"addr": 0, "len": 64}],
}
WRONG: Final[dict[tuple[str, str], tuple[Any, ...]]] = {
    ("host_register_v2", "flag"): (0, 1),
    ("host_get_device_pointer", "flag"): (1,),
    ("malloc_with_cfg", "cfg"): (UNKNOWN, OTHER_DEVICE),
    ("malloc_for_task_scheduler", "cfg"): (UNKNOWN, OTHER_DEVICE),
    ("malloc_host_with_cfg", "cfg"): (OTHER_DEVICE, UNKNOWN),
    ("reduce_async", "kind"): (9,),
    ("reduce_async", "count"): (0, 1 << 33),
    ("reduce_async", "type"): (5,),
    ("reduce_async", "reserve"): (1,),
    ("cmo_async", "cmo_type"): (4, -1),
    ("get_memcpy_desc_size", "kind"): (99, 1),
    ("set_memcpy_desc", "kind"): (99, 1),
    ("set_memcpy_desc", "count"): (0, 1 << 33),
    ("set_memcpy_desc", "config"): (1,),
    ("memcpy_async_with_desc", "kind"): (99, 1),
    ("reserve_mem_address", "alignment"): (8,),
    ("reserve_mem_address", "expect_ptr"): (),
    ("get_mem_uce_info", "array_size"): (),
    ("reserve_mem_address", "flags"): (2,),
    ("malloc_physical", "size"): (0, 1),
    ("malloc_physical", "prop"): WRONG_PROPS,
    ("malloc_physical", "flags"): (1,),
    ("mem_get_allocation_granularity", "prop"): WRONG_PROPS[:5],
    ("mem_get_allocation_granularity", "option"): (2,),
    ("map_mem", "size"): (0, 1),
    ("map_mem", "offset"): (1,),
    ("map_mem", "flags"): (1,),
    **{(op, "handle"): (0, 12345) for op in ("map_mem", "free_physical", "mem_export_to_shareable_handle")},
    ("mem_export_to_shareable_handle", "handle_type"): (1,),
    ("mem_export_to_shareable_handle", "flags"): (2,),
    ("mem_set_pid_to_shareable_handle", "shareable"): (99,),
    ("mem_set_pid_to_shareable_handle", "pids"): ([],),
    ("mem_import_from_shareable_handle", "shareable"): (99,),
    ("mem_import_from_shareable_handle", "device_id"): (-1, 99),
    ("ipc_mem_get_export_key", "len"): (0, 64),
    ("ipc_mem_set_import_pid", "pids"): ([],),
    **{(op, "key"): ("k",) for op in ("ipc_mem_set_import_pid", "ipc_mem_import_by_key", "ipc_mem_close")},
    **{(op, "flag"): (2,) for op in ("ipc_mem_get_export_key", "ipc_mem_import_by_key")},
    ("mem_uce_repair", "infos"): ([{}] * 21, [{"reserved": [1]}]),
}
