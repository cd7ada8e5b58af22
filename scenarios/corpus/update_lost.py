"""Callbacks of two report threads count in one variable, and take a moment between reading and writing it."""

import threading
import time

import acl

BLOCK = 1
FOREVER = -1

total = 0


def check(ret):
    assert ret == 0, ret


def report_loop():
    while True:
        acl.rt.process_report(FOREVER)


def count(_):
    global total
    before = total
    time.sleep(1e-6)  # the counting proper
    total = before + 1


def launch(name):
    stream, ret = acl.rt.create_stream()
    check(ret)
    reporter = threading.Thread(target=report_loop, name=name, daemon=True)
    reporter.start()
    check(acl.rt.subscribe_report(reporter.ident, stream))
    check(acl.rt.launch_callback(count, None, BLOCK, stream))


def main():
    check(acl.init())
    check(acl.rt.set_device(0))
    launch("left")
    time.sleep(1e-3)  # until the next image comes
    launch("right")
    check(acl.rt.synchronize_device())
    assert total == 2, total


if __name__ == "__main__":
    main()
