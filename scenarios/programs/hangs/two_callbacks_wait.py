"""Two callbacks on two streams meet in an Event, but one report thread runs both of them, one after the other."""

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
    reporter = threading.Thread(target=report_loop, name="reporter", daemon=True)
    reporter.start()
    streams = []
    for callback in (left, right):
        stream, ret = acl.rt.create_stream()
        check(ret)
        check(acl.rt.subscribe_report(reporter.ident, stream))
        check(acl.rt.launch_callback(callback, None, BLOCK, stream))
        streams.append(stream)
    for stream in streams:
        check(acl.rt.synchronize_stream(stream))
    stop.set()
    reporter.join()
    print("both sides met")


if __name__ == "__main__":
    main()
