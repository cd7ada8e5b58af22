"""The report thread is told to end when the last callback has run."""

import threading

import acl

NO_BLOCK, BLOCK = 0, 1

ran = []
all_ran = threading.Event()
stop = threading.Event()


def check(ret):
    assert ret == 0, ret


def report_loop():
    while not stop.is_set():
        acl.rt.process_report(100)


def store(name):
    ran.append(name)
    if name == "last":
        all_ran.set()


def main():
    check(acl.init())
    check(acl.rt.set_device(0))
    stream, ret = acl.rt.create_stream()
    check(ret)
    reporter = threading.Thread(target=report_loop, name="reporter")
    reporter.start()
    check(acl.rt.subscribe_report(reporter.ident, stream))
    check(acl.rt.launch_callback(store, "first", BLOCK, stream))
    check(acl.rt.launch_callback(store, "last", NO_BLOCK, stream))
    check(acl.rt.synchronize_stream(stream))
    all_ran.wait()  # the mend
    stop.set()
    reporter.join()
    assert ran == ["first", "last"], ran


if __name__ == "__main__":
    main()
