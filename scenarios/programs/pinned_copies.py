"""Asynchronous copies both ways through pinned memory, seen as numpy arrays."""

import ctypes

import acl
import numpy as np

MALLOC_HUGE_FIRST = 0
HOST_TO_DEVICE = 1
DEVICE_TO_HOST = 2
DEVICE_TO_DEVICE = 3
ROWS, COLUMNS = 256, 512


def check(result, what):
    """Take the code off the end of a result and return the rest."""
    ret = result[-1] if isinstance(result, tuple) else result
    if ret != 0:
        raise RuntimeError(f"{what}: {ret}")
    return result[0] if isinstance(result, tuple) else None


def pinned(shape, dtype=np.float32):
    """An array whose memory is page-locked, and its address."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    pointer = check(acl.rt.malloc_host(size), "malloc_host")
    memory = (ctypes.c_byte * size).from_address(pointer)
    return np.frombuffer(memory, dtype).reshape(shape), pointer


def main():
    check(acl.init(), "init")
    check(acl.rt.set_device(0), "set_device")
    upload = check(acl.rt.create_stream(), "create_stream")
    download = check(acl.rt.create_stream(), "create_stream")
    uploaded = check(acl.rt.create_event_ex_with_flag(1), "create_event_ex_with_flag")

    source, source_ptr = pinned((ROWS, COLUMNS))
    target, target_ptr = pinned((ROWS, COLUMNS))
    source[:] = np.random.default_rng(7).normal(size=source.shape)
    target[:] = 0
    size = source.nbytes
    row = source.strides[0]
    first = check(acl.rt.malloc(size, MALLOC_HUGE_FIRST), "malloc")
    second = check(acl.rt.malloc(size, MALLOC_HUGE_FIRST), "malloc")

    check(acl.rt.memcpy_async(first, size, source_ptr, size, HOST_TO_DEVICE, upload), "upload")
    for i in range(ROWS):  # turn the rows upside down on the device
        there = second + (ROWS - 1 - i) * row
        check(acl.rt.memcpy_async(there, row, first + i * row, row, DEVICE_TO_DEVICE, upload), "move")
    check(acl.rt.record_event(uploaded, upload), "record_event")
    check(acl.rt.stream_wait_event(download, uploaded), "stream_wait_event")
    check(acl.rt.memcpy_async(target_ptr, size, second, size, DEVICE_TO_HOST, download), "download")
    check(acl.rt.synchronize_stream(download), "synchronize_stream")

    same = bool(np.array_equal(target, source[::-1]))
    check(acl.rt.destroy_event(uploaded), "destroy_event")
    for stream in (upload, download):
        check(acl.rt.destroy_stream(stream), "destroy_stream")
    for pointer in (first, second):
        check(acl.rt.free(pointer), "free")
    del source, target
    for pointer in (source_ptr, target_ptr):
        check(acl.rt.free_host(pointer), "free_host")
    check(acl.rt.reset_device(0), "reset_device")
    check(acl.finalize(), "finalize")
    print(f"{size} bytes there and back, upside down: {same}")


if __name__ == "__main__":
    main()
