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
}
