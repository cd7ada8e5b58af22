"""A threading.Thread as the report thread: blocks come back from the device, a callback adds each one up."""

import ctypes
import threading

import acl

ACL_MEM_MALLOC_NORMAL_ONLY = 2
ACL_MEMCPY_HOST_TO_DEVICE = 1
ACL_MEMCPY_DEVICE_TO_HOST = 2
BLOCK = 1
SIZE = 4096
BLOCKS = 16

running = True


def check(ret, what):
    if ret != 0:
        raise SystemExit(f"{what}: error {ret}")


def report_loop(context):
    check(acl.rt.set_context(context), "set_context")
    while running:
        acl.rt.process_report(100)


def add_up(user_data):
    pointer, number, sums = user_data
    sums[number] = sum(ctypes.string_at(pointer, SIZE))


def main():
    global running
    check(acl.init(), "init")
    check(acl.rt.set_device(0), "set_device")
    context, ret = acl.rt.get_context()
    check(ret, "get_context")
    stream, ret = acl.rt.create_stream()
    check(ret, "create_stream")
    device, ret = acl.rt.malloc(SIZE, ACL_MEM_MALLOC_NORMAL_ONLY)
    check(ret, "malloc")
    host = []
    for number in range(BLOCKS):
        pointer, ret = acl.rt.malloc_host(SIZE)
        check(ret, "malloc_host")
        ctypes.memset(pointer, number, SIZE)
        host.append(pointer)

    reporter = threading.Thread(target=report_loop, args=(context,), name="reporter")
    reporter.start()
    check(acl.rt.subscribe_report(reporter.ident, stream), "subscribe_report")

    sums = {}
    for number, pointer in enumerate(host):
        ret = acl.rt.memcpy_async(device, SIZE, pointer, SIZE, ACL_MEMCPY_HOST_TO_DEVICE, stream)
        check(ret, "memcpy_async to the device")
        check(acl.rt.memset_async(pointer, SIZE, 0, SIZE, stream), "memset_async")
        ret = acl.rt.memcpy_async(pointer, SIZE, device, SIZE, ACL_MEMCPY_DEVICE_TO_HOST, stream)
        check(ret, "memcpy_async to the host")
        check(acl.rt.launch_callback(add_up, (pointer, number, sums), BLOCK, stream), "launch_callback")
    check(acl.rt.synchronize_stream(stream), "synchronize_stream")

    check(acl.rt.unsubscribe_report(reporter.ident, stream), "unsubscribe_report")
    running = False
    reporter.join()
    for pointer in host:
        check(acl.rt.free_host(pointer), "free_host")
    check(acl.rt.free(device), "free")
    check(acl.rt.destroy_stream(stream), "destroy_stream")
    check(acl.rt.reset_device(0), "reset_device")
    check(acl.finalize(), "finalize")

    assert sums == {number: number * SIZE for number in range(BLOCKS)}, sums
    print(f"sums of {len(sums)} blocks are right")


if __name__ == "__main__":
    main()
