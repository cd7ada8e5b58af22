"""A lock is kept over the sync, and the callback takes it, too; it is usually through by then."""

import threading
import time

import acl

BLOCK = 1
FOREVER = -1

lock = threading.Lock()
rows = []


def check(ret):
    assert ret == 0, ret


def report_loop():
    while True:
        acl.rt.process_report(FOREVER)


def store(row):
    with lock:
        rows.append(row)


def main():
    check(acl.init())
    check(acl.rt.set_device(0))
    stream, ret = acl.rt.create_stream()
    check(ret)
    reporter = threading.Thread(target=report_loop, name="reporter", daemon=True)
    reporter.start()
    check(acl.rt.subscribe_report(reporter.ident, stream))
    check(acl.rt.launch_callback(store, "row", BLOCK, stream))
    time.sleep(0.01)  # other work
    with lock:
        check(acl.rt.synchronize_stream(stream))
        assert rows == ["row"]


if __name__ == "__main__":
    main()
