"""acl.util: between numpy arrays, bytes objects and addresses; and how a thread's exception is shown.

Facts of the binding: pyacl.md, "numpy / bytes conversion". An address the binding hands out holds no reference:
an array or bytes object that the program drops is freed behind its back. Here the last few stay alive and are
remembered, so that using such an address is a finding and not a crash. numpy is imported when first needed.
"""

from __future__ import annotations

import ctypes
import traceback
from math import prod
from types import TracebackType
from typing import TYPE_CHECKING, Final, cast

from acl_api.warned import warn_program
from simulator.core.accesses import note_host_use
from simulator.core.memory import Place
from simulator.engine.hosts.places import is_ours

if TYPE_CHECKING:
    from numpy import dtype, generic
    from numpy.typing import NDArray

    from simulator.core.runtime import Runtime

    Array = NDArray[generic]  # of any element type

# numpy's type numbers (NPY_TYPES) by their one-letter codes; objects and texts of no length are left out.
_NPY_TYPES: Final = {**dict(enumerate("?bBhHiIlLqQfdgFDG")), 21: "M8", 22: "m8", 23: "e"}
_MOST_EMPTY: Final = 1 << 30


def numpy_to_ptr(rt: Runtime, array: object) -> tuple[int]:
    """Return the address of an array's data. Raises ValueError for anything but an array."""
    warn_deprecated("numpy_to_ptr", "bytes_to_ptr")
    checked = array_of(array)
    warn_of_gaps(checked)
    return (_lend(rt, checked),)


def numpy_contiguous_to_ptr(rt: Runtime, array: object) -> tuple[int, Array]:
    """Return the address of an array's data, or of a contiguous copy's, and the array it belongs to."""
    warn_deprecated("numpy_contiguous_to_ptr", "bytes_to_ptr")
    whole = contiguous(array)
    return _lend(rt, whole), whole


def ptr_to_numpy(rt: Runtime, ptr: int, shape: object, npy_type: int) -> tuple[Array]:
    """Return a writable array over memory, without a copy; it owns nothing, but here keeps our pages alive.

    Raises ValueError for a shape that is no tuple, a type numpy has not, and memory that is not there, which
    would crash the process where the vendor's binding runs; TypeError for a shape that holds other than int.
    """
    import numpy as np

    warn_deprecated("ptr_to_numpy", "ptr_to_bytes")
    sizes, dtype = dtype_of(shape, npy_type)
    if ptr == 0:  # numpy then takes memory of its own
        return (cast("Array", np.ndarray(sizes, dtype)),)
    size = prod(sizes) * dtype.itemsize
    if min(sizes, default=0) < 0 or not readable(rt, "ptr_to_numpy", ptr, size):
        raise ValueError("convert c pointer to numpy failed")
    note_host_use(rt, "ptr_to_numpy", ptr, size)
    region = rt.memory.find(ptr)
    if region is None:
        outside = memoryview((ctypes.c_char * size).from_address(ptr))
        return (cast("Array", np.ndarray(sizes, dtype, outside)),)
    # Over the mapping itself: the view then keeps the pages, also when the program frees them first.
    return (cast("Array", np.ndarray(sizes, dtype, region.mapping, region.at(ptr))),)


def bytes_to_ptr(rt: Runtime, data: object) -> tuple[int]:
    """Return the address inside a bytes object. Raises ValueError for anything else."""
    address = bytes_address(data)
    rt.memory.lending.lend(address, data, len(cast("bytes", data)))
    return (address,)


def bytes_address(data: object) -> int:
    """Return the address inside a bytes object, which holds no reference. Raises ValueError for anything else."""
    if not isinstance(data, bytes):
        raise ValueError("needs an byte as argument")  # noqa: TRY004 - the binding's own choice
    return cast("int", ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p).value)


def ptr_to_bytes(rt: Runtime, ptr: int, size: int) -> tuple[bytes]:
    """Return a copy of *size* bytes. Raises ValueError where they are not there: on hardware, a crash."""
    data: bytes | None = None
    if ptr == 0 and size <= _MOST_EMPTY:  # CPython then leaves the bytes as they are; here they are zeros
        data = bytes(size)
    else:
        note_host_use(rt, "ptr_to_bytes", ptr, size)
        if ptr and readable(rt, "ptr_to_bytes", ptr, size):
            data = rt.memory.read(ptr, size)
    if data is None:
        raise ValueError("convert c pointer to bytes failed")
    return (data,)


def display(error: BaseException) -> None:
    """Print the traceback of a thread's function on stderr, without the frames that are ours."""
    trace = error.__traceback__
    while trace is not None and is_ours(trace.tb_frame):
        trace = trace.tb_next
    _print(error, trace)


def _print(error: BaseException, trace: TracebackType | None) -> None:
    traceback.print_exception(type(error), error, trace)


def array_of(value: object) -> Array:
    """Return *value*, an array; ValueError with the binding's text for anything else."""
    import numpy as np

    if not isinstance(value, np.ndarray):
        raise ValueError("needs an ndarray as argument")  # noqa: TRY004 - the binding's own choice
    return value


def contiguous(value: object) -> Array:
    """Return an array, or a copy of it without gaps."""
    import numpy as np

    return np.require(array_of(value), requirements="C")


def dtype_of(shape: object, npy_type: int) -> tuple[tuple[int, ...], dtype[generic]]:
    """Return the sizes and the element type that the binding makes of *shape* and numpy's type number.

    Raises ValueError for a shape that is no tuple and a type numpy has not, TypeError for sizes that are no ints.
    """
    import numpy as np

    if not isinstance(shape, tuple):
        raise ValueError("shape is empty")  # noqa: TRY004 - the binding's own choice
    if not all(isinstance(length, int) for length in shape):
        raise TypeError("the second argument is not list of int")
    if npy_type not in _NPY_TYPES:
        raise ValueError("Invalid data-type for array")
    return shape, np.dtype(_NPY_TYPES[npy_type])


def _lend(rt: Runtime, array: Array) -> int:
    address = int(array.ctypes.data)
    rt.memory.lending.lend(address, array, array.nbytes)
    return address


def readable(rt: Runtime, op: str, ptr: int, size: int) -> bool:
    """Tell whether the host may look at that memory in *op*, and report what hardware would punish."""
    memory = rt.memory
    if not (memory.fits(ptr, size) and memory.mapped(ptr, size)):
        rt.note("bad-address", f"{op} reaches memory that is not mapped, was freed, or ends too early", "h4")
        return False
    if memory.place_of(ptr) is Place.DEVICE and not rt.profile.runtime.host_shares_device_memory:
        text = f"{op} reads device memory, which the host of this product cannot reach: copy it first"
        rt.note("host-reads-device", text, "h4")
    return True


def warn_deprecated(name: str, instead: str) -> None:
    """Warn that a function of acl.util has a newer form."""
    warn_program(f"acl.util.{name} will be deprecated. Please use acl.util.{instead} instead.")


def warn_of_gaps(array: Array) -> None:
    """Warn about an array that does not lie in one piece; its address is given out all the same."""
    if not array.flags.c_contiguous:
        warn_program("The input ndarray is discontiguous. Please use acl.util.bytes_to_ptr instead.")
