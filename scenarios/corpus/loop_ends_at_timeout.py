"""The report loop ends at the first 507012, which only says that nothing came in time."""

import threading

import acl

BLOCK = 1
NOTHING_IN_TIME = 507012
NORMAL_ONLY = 2

subscribed = threading.Event()
running = True


def check(ret):
    assert ret == 0, ret


def report_loop():
    subscribed.wait()
    while running and acl.rt.process_report(100) == 0:
        pass


def main():
    global running
    check(acl.init())
    check(acl.rt.set_device(0))
    stream, ret = acl.rt.create_stream()
    check(ret)
    buffer, ret = acl.rt.malloc(64, NORMAL_ONLY)
    check(ret)
    reporter = threading.Thread(target=report_loop, name="reporter", daemon=True)
    check(acl.rt.memset_async(buffer, 64, 0, 64, stream))
    reporter.start()
    check(acl.rt.subscribe_report(reporter.ident, stream))
    subscribed.set()
    check(acl.rt.launch_callback(print, "done", BLOCK, stream))
    check(acl.rt.synchronize_stream(stream))
    running = False
    reporter.join()


if __name__ == "__main__":
    main()
