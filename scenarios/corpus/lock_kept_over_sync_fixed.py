"""The lock is taken after the sync."""

import threading

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
    check(acl.rt.synchronize_stream(stream))  # the mend
    with lock:
        assert rows == ["row"]


if __name__ == "__main__":
    main()
