"""A numpy view of pinned memory is read before the sync; the copy has often come by then."""

import acl
import numpy as np

DEVICE_TO_HOST = 2
NORMAL_ONLY = 2
SIZE = 64


def check(ret):
    assert ret == 0, ret


def main():
    check(acl.init())
    check(acl.rt.set_device(0))
    stream, ret = acl.rt.create_stream()
    check(ret)
    pinned, ret = acl.rt.malloc_host(SIZE)
    check(ret)
    device, ret = acl.rt.malloc(SIZE, NORMAL_ONLY)
    check(ret)
    check(acl.rt.memset(device, SIZE, 0, SIZE))
    check(acl.rt.memcpy_async(pinned, SIZE, device, SIZE, DEVICE_TO_HOST, stream))
    data = acl.util.ptr_to_bytes(pinned, SIZE)
    check(acl.rt.synchronize_stream(stream))
    print(np.frombuffer(data, np.float32).sum())


if __name__ == "__main__":
    main()
