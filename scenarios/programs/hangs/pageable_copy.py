"""An asynchronous copy from ordinary memory, behind a blocking callback.

Such a copy first waits for the whole stream, and memcpy_async keeps the GIL: the callback never gets it.
"""

import threading

import acl

BLOCK = 1
NORMAL_ONLY = 2
HOST_TO_DEVICE = 1
FRAME = 8 << 20

running = True


def check(ret):
    assert ret == 0, ret


def report_loop():
    while running:
        acl.rt.process_report(100)


def announce(names):
    names.append("announced")


def main():
    global running
    check(acl.init())
    check(acl.rt.set_device(0))
    stream, ret = acl.rt.create_stream()
    check(ret)
    reporter = threading.Thread(target=report_loop, name="reporter", daemon=True)
    reporter.start()
    check(acl.rt.subscribe_report(reporter.ident, stream))

    frame, ret = acl.rt.malloc_host(FRAME)
    check(ret)
    frame_on_device, ret = acl.rt.malloc(FRAME, NORMAL_ONLY)
    check(ret)
    check(acl.rt.memcpy_async(frame_on_device, FRAME, frame, FRAME, HOST_TO_DEVICE, stream))

    data = bytes(range(256)) * 64
    device, ret = acl.rt.malloc(len(data), NORMAL_ONLY)
    check(ret)
    names = []
    check(acl.rt.launch_callback(announce, names, BLOCK, stream))
    source = acl.util.bytes_to_ptr(data)
    check(acl.rt.memcpy_async(device, len(data), source, len(data), HOST_TO_DEVICE, stream))
    check(acl.rt.synchronize_stream(stream))
    running = False
    reporter.join()
    print("copied, and", *names)


if __name__ == "__main__":
    main()
