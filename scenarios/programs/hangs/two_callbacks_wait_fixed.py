"""As two_callbacks_wait.py, but each stream has a report thread of its own."""

import threading

import acl

BLOCK = 1

left_done = threading.Event()
right_done = threading.Event()
stop = threading.Event()


def check(ret):
    assert ret == 0, ret


def report_loop():
    while not stop.is_set():
        acl.rt.process_report(100)


def left(_):
    left_done.set()
    right_done.wait()


def right(_):
    right_done.set()
    left_done.wait()


def main():
    check(acl.init())
    check(acl.rt.set_device(0))
    streams, reporters = [], []
    for callback in (left, right):
        reporter = threading.Thread(target=report_loop, name=f"reporter-{callback.__name__}", daemon=True)
        reporter.start()
        stream, ret = acl.rt.create_stream()
        check(ret)
        check(acl.rt.subscribe_report(reporter.ident, stream))
        check(acl.rt.launch_callback(callback, None, BLOCK, stream))
        streams.append(stream)
        reporters.append(reporter)
    for stream in streams:
        check(acl.rt.synchronize_stream(stream))
    stop.set()
    for reporter in reporters:
        reporter.join()
    print("both sides met")


if __name__ == "__main__":
    main()
