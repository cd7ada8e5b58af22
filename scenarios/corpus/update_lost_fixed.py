"""Callbacks of two report threads count in one variable, and a lock makes that one step."""

import queue
import threading

import acl

BLOCK = 1
FOREVER = -1

answers = queue.SimpleQueue()
total = 0
lock = threading.Lock()


def check(ret):
    assert ret == 0, ret


def report_loop():
    while True:
        acl.rt.process_report(FOREVER)


def count(image):
    global total
    with lock:  # the mend
        before = total
        answers.put(image)
        total = before + 1


def main():
    check(acl.init())
    check(acl.rt.set_device(0))
    for name in ("left", "right"):
        stream, ret = acl.rt.create_stream()
        check(ret)
        reporter = threading.Thread(target=report_loop, name=name, daemon=True)
        reporter.start()
        check(acl.rt.subscribe_report(reporter.ident, stream))
        check(acl.rt.launch_callback(count, name, BLOCK, stream))
    check(acl.rt.synchronize_device())
    assert total == 2, total


if __name__ == "__main__":
    main()
