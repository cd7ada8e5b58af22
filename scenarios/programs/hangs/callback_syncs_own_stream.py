"""A blocking callback starts a copy on its own stream and waits for it there."""

import acl

BLOCK = 1
NORMAL_ONLY = 2
DEVICE_TO_HOST = 2
SIZE = 4096

running = True


def check(ret):
    assert ret == 0, ret


def report_loop(context):
    check(acl.rt.set_context(context))
    while running:
        acl.rt.process_report(500)


def fetch(user_data):
    host, device, stream = user_data
    check(acl.rt.memcpy_async(host, SIZE, device, SIZE, DEVICE_TO_HOST, stream))
    check(acl.rt.synchronize_stream(stream))  # the stream goes on when this callback has returned


def main():
    global running
    check(acl.init())
    check(acl.rt.set_device(0))
    context, ret = acl.rt.get_context()
    check(ret)
    stream, ret = acl.rt.create_stream()
    check(ret)
    host, ret = acl.rt.malloc_host(SIZE)
    check(ret)
    device, ret = acl.rt.malloc(SIZE, NORMAL_ONLY)
    check(ret)
    reporter, ret = acl.util.start_thread(report_loop, context)
    check(ret)
    check(acl.rt.subscribe_report(reporter, stream))

    check(acl.rt.memset_async(device, SIZE, 7, SIZE, stream))
    check(acl.rt.launch_callback(fetch, [host, device, stream], BLOCK, stream))
    check(acl.rt.synchronize_stream(stream))

    check(acl.rt.unsubscribe_report(reporter, stream))
    running = False
    check(acl.util.stop_thread(reporter))
    print("first byte:", acl.util.ptr_to_bytes(host, 1)[0])


if __name__ == "__main__":
    main()
