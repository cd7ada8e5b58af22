"""A callback creates a stream while the main thread waits for the whole device."""

import threading

import acl

BLOCK = 1
NORMAL_ONLY = 2
HOST_TO_DEVICE = 1
SIZE = 8 << 20

running = True


def check(ret):
    assert ret == 0, ret


def report_loop(context):
    check(acl.rt.set_context(context))
    while running:
        acl.rt.process_report(100)


def open_another(streams):
    stream, ret = acl.rt.create_stream()  # the device sync holds the list of streams
    check(ret)
    streams.append(stream)


def main():
    global running
    check(acl.init())
    check(acl.rt.set_device(0))
    context, ret = acl.rt.get_context()
    check(ret)
    stream, ret = acl.rt.create_stream()
    check(ret)
    reporter = threading.Thread(target=report_loop, args=(context,), name="reporter", daemon=True)
    reporter.start()
    check(acl.rt.subscribe_report(reporter.ident, stream))

    host, ret = acl.rt.malloc_host(SIZE)
    check(ret)
    device, ret = acl.rt.malloc(SIZE, NORMAL_ONLY)
    check(ret)
    streams = [stream]
    check(acl.rt.memcpy_async(device, SIZE, host, SIZE, HOST_TO_DEVICE, stream))
    check(acl.rt.launch_callback(open_another, streams, BLOCK, stream))
    check(acl.rt.synchronize_device())
    running = False
    reporter.join()
    print(f"{len(streams)} streams")


if __name__ == "__main__":
    main()
