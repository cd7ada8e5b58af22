"""No callbacks, no report thread: ask the stream until it is done, first with naps, then without."""

import time

import acl

STREAM_COMPLETE = 0
EVENT_COMPLETE = 1
NORMAL_ONLY = 2
HOST_TO_DEVICE = 1
SIZE = 64 << 20


def check(ret, what):
    if ret != 0:
        raise RuntimeError(f"{what} -> {ret}")


def main():
    check(acl.init(), "init")
    check(acl.rt.set_device(0), "set_device")
    stream, ret = acl.rt.create_stream()
    check(ret, "create_stream")
    host, ret = acl.rt.malloc_host(SIZE)
    check(ret, "malloc_host")
    device, ret = acl.rt.malloc(SIZE, NORMAL_ONLY)
    check(ret, "malloc")
    event, ret = acl.rt.create_event()
    check(ret, "create_event")

    check(acl.rt.memcpy_async(device, SIZE, host, SIZE, HOST_TO_DEVICE, stream), "memcpy_async")
    naps = 0
    started = time.perf_counter()
    status = -1
    while status != STREAM_COMPLETE:
        time.sleep(0.0005)
        naps += 1
        status, ret = acl.rt.stream_query(stream)
        check(ret, "stream_query")
    took = time.perf_counter() - started

    check(acl.rt.memcpy_async(device, SIZE, host, SIZE, HOST_TO_DEVICE, stream), "memcpy_async")
    check(acl.rt.record_event(event, stream), "record_event")
    rounds = 0
    status = -1
    while status != EVENT_COMPLETE:
        rounds += 1
        status, ret = acl.rt.query_event_status(event)
        check(ret, "query_event_status")

    check(acl.rt.destroy_event(event), "destroy_event")
    check(acl.rt.destroy_stream(stream), "destroy_stream")
    check(acl.rt.free(device), "free")
    check(acl.rt.free_host(host), "free_host")
    check(acl.rt.reset_device(0), "reset_device")
    check(acl.finalize(), "finalize")
    print(f"{naps} naps, {rounds} questions")
    print(f"both copies are done, and the naps took their time: {took >= naps * 0.0005}")


if __name__ == "__main__":
    main()
