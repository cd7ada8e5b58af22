"""The report thread subscribes itself, and the program gives it a moment to do so."""

import threading
import time

import acl

BLOCK = 1
FOREVER = -1


def check(ret):
    assert ret == 0, ret


def report_loop(stream):
    check(acl.rt.set_device(0))
    check(acl.rt.subscribe_report(threading.get_ident(), stream))
    while True:
        acl.rt.process_report(FOREVER)


def main():
    check(acl.init())
    check(acl.rt.set_device(0))
    stream, ret = acl.rt.create_stream()
    check(ret)
    reporter = threading.Thread(target=report_loop, args=(stream,), name="reporter", daemon=True)
    reporter.start()
    time.sleep(0.1)  # it will have subscribed by then
    check(acl.rt.launch_callback(print, "done", BLOCK, stream))
    check(acl.rt.synchronize_stream(stream))


if __name__ == "__main__":
    main()
