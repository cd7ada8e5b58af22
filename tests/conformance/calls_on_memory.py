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


OBJECT: Final = ctypes.create_string_buffer(b"\x7fELF".ljust(64, b"\0"), 64)


def binary() -> int:
    """A description of a binary that any kernel may be in."""
    made: int = rt.create_binary(ctypes.addressof(OBJECT), 64)
    return made


def program(*options: dict[str, int]) -> int:
    """That binary, loaded."""
    handle, code = rt.binary_load_from_data(ctypes.addressof(OBJECT), 64, list(options))
    assert code == 0
    return int(handle)


def cpu_program() -> int:
    """A binary for the device's own processor."""
    return program({"type": 3, "value": 2})


def function(name: str = "add") -> int:
    """A function of it."""
    handle, code = rt.binary_get_function(program(), name)
    assert code == 0
    return int(handle)


def arguments(*, complete: bool = False) -> int:
    """A list with one argument."""
    handle, code = rt.kernel_args_init(function())
    assert code == 0
    assert rt.kernel_args_append(handle, own_memory(), 8)[1] == 0
    if complete:
        assert rt.kernel_args_finalize(handle) == 0
    return int(handle)


def place_holder() -> int:
    """A placeholder in the thread's list, which begins anew."""
    handle, _ = rt.kernel_args_init(function())
    found, code = rt.kernel_args_append_place_holder(handle)
    assert code == 0
    return int(found)


def argument() -> int:
    """A plain argument in it."""
    handle, _ = rt.kernel_args_init(function())
    found, code = rt.kernel_args_append(handle, own_memory(), 8)
    assert code == 0
    return int(found)


def object_address() -> int:
    """Where the bytes of a binary lie."""
    return ctypes.addressof(OBJECT)


OF_FUNCTIONS: Final = (
    *(
        "get_function_addr",
        "get_function_name",
        "launch_kernel",
        "launch_kernel_with_config",
        "kernel_args_init",
    ),
    *("kernel_args_init_by_user_mem", "kernel_args_get_mem_size", "kernel_args_get_handle_mem_size"),
)
OF_ARGUMENTS: Final = (
    *(
        "launch_kernel_with_config",
        "kernel_args_append",
        "kernel_args_append_place_holder",
        "kernel_args_finalize",
    ),
    *("kernel_args_get_place_holder_buffer", "kernel_args_para_update"),
)


def allocator(*, complete: bool = False) -> int:
    """A description of an allocator."""
    desc: int = rt.allocator_create_desc()
    if complete:
        assert rt.allocator_set_obj_to_desc(desc, 1) == 0
        for part in ("alloc", "free", "get_addr_from_block"):
            assert getattr(rt, f"allocator_set_{part}_func_to_desc")(desc, print) == 0
    return desc


def with_allocator() -> int:
    """A stream that has an allocator."""
    stream, code = rt.create_stream()
    assert code == 0
    assert rt.allocator_register(stream, allocator(complete=True)) == 0
    return int(stream)


TOO_MANY: Final = (ctypes.c_uint64 * 8)(*[1 << 40] * 8)
SOME: Final = (ctypes.c_uint64 * 8)(*[8] * 8)


def array_of(numbers: Any) -> Callable[[], int]:
    """What returns the address of an array."""
    return lambda: ctypes.addressof(numbers)


def ends() -> int:
    """An array with one address of device memory, in device memory."""
    holder = device_memory()
    ctypes.c_uint64.from_address(holder).value = device_memory()
    return holder


OWN_ENDS: Final = (ctypes.c_uint64 * 1)(ctypes.addressof(PAGEABLE))
ZERO: Final = (ctypes.c_uint64 * 8)()
BATCHES: Final = ("memcpy_batch_v2", "memcpy_batch_async_v2")
WORDS: Final = ("memset_d32", "memset_d32_async")
DESCS: Final = tuple(
    f"allocator_set_{part}_to_desc"
    for part in ("obj", "alloc_func", "free_func", "alloc_advise_func", "get_addr_from_block_func")
)


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
    **{
        ("binary_load_from_data", name): right
        for name, right in (("data", object_address), ("options", list))
    },
    **{(op, "binary"): binary for op in ("destroy_binary", "binary_load")},
    **{(op, "bin_handle"): program for op in ("binary_unload", "binary_get_function")},
    ("register_cpu_func", "bin_handle"): cpu_program,
    **{(op, "func_handle"): function for op in OF_FUNCTIONS},
    **{(op, "args_handle"): arguments for op in OF_ARGUMENTS},
    ("kernel_args_init_by_user_mem", "args_handle"): own_memory,
    **{(op, "desc"): allocator for op in (*DESCS, "allocator_destroy_desc")},
    ("allocator_register", "desc"): lambda: allocator(complete=True),
    **{(op, "n"): lambda: 4 for op in WORDS},
    **{(op, "mem_size"): lambda: 64 for op in WORDS},
    **{
        (op, name): make
        for op in BATCHES
        for name, make in (
            *(
                ("dsts", ends),
                ("srcs", array_of(OWN_ENDS)),
                ("sizes", array_of(SOME)),
                ("dest_maxs", array_of(SOME)),
            ),
            *(("attrs", array_of(ZERO)), ("attrs_indexes", array_of(ZERO))),
            *(("num_batches", lambda: 1), ("num_attrs", lambda: 1)),
        )
    },
    **{("memcpy_async_with_offset", name): ends for name in ("dst", "src")},
    ("memcpy_async_with_offset", "kind"): lambda: 6,
    ("mem_p2_p_map", "dst_dev_id"): lambda: 1,
    ("allocator_get_by_stream", "stream"): with_allocator,
    ("free_host_with_dev_sync", "ptr"): lambda: rt.malloc_host(64)[0],
    ("launch_kernel_with_config", "args_handle"): lambda: arguments(complete=True),
    ("kernel_args_get_place_holder_buffer", "param_handle"): place_holder,
    ("kernel_args_para_update", "param_handle"): argument,
    **{(op, "param"): own_memory for op in ("kernel_args_append", "kernel_args_para_update")},
    ("launch_kernel_with_config", "cfg"): list,
    ("launch_kernel_with_config", "reserve"): lambda: 0,
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
    ("binary_load_from_data", "options"): ([{"type": 9}],),
    **{(op, "binary"): (0, 12345) for op in ("destroy_binary", "binary_load")},
    **{
        (op, "bin_handle"): (0, 12345) for op in ("binary_unload", "binary_get_function", "register_cpu_func")
    },
    **{(op, "func_handle"): (0, 12345) for op in OF_FUNCTIONS},
    **{(op, "args_handle"): (0, 12345) for op in OF_ARGUMENTS},
    ("kernel_args_init_by_user_mem", "args_handle"): (0,),
    **{(op, "desc"): (0, 12345) for op in (*DESCS, "allocator_destroy_desc", "allocator_register")},
    **{(op, "n"): (17,) for op in WORDS},
    **{(op, "mem_size"): (8,) for op in WORDS},
    **{(op, "ptr"): (0, 4097, 4096) for op in WORDS},
    **{(op, "sizes"): (0, ctypes.addressof(TOO_MANY)) for op in BATCHES},
    **{(op, name): (0,) for op in BATCHES for name in ("num_batches", "num_attrs")},
    **{(op, "attrs_indexes"): (0, ctypes.addressof(SOME)) for op in BATCHES},
    ("memcpy_async_with_offset", "kind"): (3,),
    ("mem_p2_p_map", "dst_dev_id"): (99,),
    ("mem_p2_p_map", "flags"): (1,),
    ("mem_alloc_managed", "flag"): (0,),
    **{
        (op, "param_handle"): (0, 12345)
        for op in ("kernel_args_get_place_holder_buffer", "kernel_args_para_update")
    },
    ("launch_kernel_with_config", "cfg"): ([{"id": 1, "value": 2}],),
    ("launch_kernel_with_config", "reserve"): (1,),
}
