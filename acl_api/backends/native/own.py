"""acl.util beside the real library: what the binding does by itself, without libascendcl.

Facts: pyacl.md, "Threads" and "numpy / bytes conversion". Addresses are the program's business here, as they are on
hardware: nothing is checked that the binding does not check, and a wrong one ends the process.
"""

from __future__ import annotations

import ctypes
import errno
import threading
from collections.abc import Callable, Mapping
from math import prod
from typing import TYPE_CHECKING, Any, Final, cast

from acl_api.conversions import (
    array_of,
    bytes_address,
    contiguous,
    display,
    dtype_of,
    warn_deprecated,
    warn_of_gaps,
)

if TYPE_CHECKING:
    from acl_api.conversions import Array


class _Started:
    """A thread that nobody has joined yet, and what its function raised."""

    __slots__ = ("raised", "thread")

    def __init__(self) -> None:
        self.thread: threading.Thread | None = None
        self.raised: BaseException | None = None


class OwnFunctions:
    """The functions of acl.util, by their rows' names, for one process."""

    def __init__(self) -> None:
        self._started: dict[int, _Started] = {}
        self.calls: Final[Mapping[str, Callable[..., object]]] = {
            "acl.util.start_thread": self.start_thread,
            "acl.util.stop_thread": self.stop_thread,
            "acl.util.numpy_to_ptr": numpy_to_ptr,
            "acl.util.numpy_contiguous_to_ptr": numpy_contiguous_to_ptr,
            "acl.util.ptr_to_numpy": ptr_to_numpy,
            "acl.util.bytes_to_ptr": bytes_address,
            "acl.util.ptr_to_bytes": ptr_to_bytes,
        }

    def __repr__(self) -> str:
        return f"<the binding's own functions, {len(self._started)} threads>"

    def start_thread(self, function: Callable[..., object], argument: object) -> tuple[int, int]:
        """Start a thread that calls `function(argument)`, or `function()` for None: (its id, 0)."""
        started = _Started()

        def body() -> None:
            try:
                function(*(() if argument is None else (argument,)))
            except BaseException as raised:  # noqa: BLE001 - SystemExit too: the binding treats it as any other
                started.raised = raised
                display(raised)

        # A daemon: the binding's bare pthread ends with the process.
        thread = started.thread = threading.Thread(target=body, daemon=True)
        thread.start()
        ident = cast("int", thread.ident)
        self._started[ident] = started
        return ident, 0

    def stop_thread(self, ident: int) -> int:
        """Join a thread that `start_thread` made: 0, or an errno. Raises RuntimeError when its function raised."""
        started = self._started.get(ident)
        if started is None or started.thread is None:
            return errno.ESRCH
        if started.thread is threading.current_thread():
            return errno.EDEADLK
        started.thread.join()
        self._started.pop(ident, None)
        if started.raised is not None:
            raise RuntimeError(f"exception={type(started.raised).__name__},msg=thread call failed;")
        return 0


def numpy_to_ptr(array: object) -> int:
    """Return the address of an array's data. Raises ValueError for anything but an array."""
    warn_deprecated("numpy_to_ptr", "bytes_to_ptr")
    checked = array_of(array)
    warn_of_gaps(checked)
    return int(checked.ctypes.data)


def numpy_contiguous_to_ptr(array: object) -> tuple[int, Array]:
    """Return the address of an array's data, or of a contiguous copy's, and the array it belongs to."""
    warn_deprecated("numpy_contiguous_to_ptr", "bytes_to_ptr")
    whole = contiguous(array)
    return int(whole.ctypes.data), whole


def ptr_to_numpy(ptr: int, shape: object, npy_type: int) -> Array:
    """Return a writable array over memory, without a copy; it owns nothing. Raises as the binding does."""
    import numpy as np

    warn_deprecated("ptr_to_numpy", "ptr_to_bytes")
    sizes, dtype = dtype_of(shape, npy_type)
    if ptr == 0:
        return cast("Array", np.ndarray(sizes, dtype))
    size = prod(sizes) * dtype.itemsize
    return cast("Array", np.ndarray(sizes, dtype, memoryview((ctypes.c_char * size).from_address(ptr))))


def ptr_to_bytes(ptr: int, size: int) -> Any:  # noqa: ANN401 - bytes, as the row's other outputs
    """Return a copy of *size* bytes."""
    return ctypes.string_at(ptr, size) if ptr else bytes(size)
