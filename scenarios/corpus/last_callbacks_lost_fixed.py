"""x"""
import threading

import acl

NO_BLOCK = 0

ran = []
stop = threading.Event()


def check(ret):
    assert ret == 0, ret


def report_loop():
    while not stop.is_set():
        acl.rt.process_report(100)


def main():
    check(acl.init())
    check(acl.rt.set_device(0))
    stream, ret = acl.rt.create_stream()
    check(ret)
    reporter = threading.Thread(target=report_loop, name="reporter")
    reporter.start()
    check(acl.rt.subscribe_report(reporter.ident, stream))
    for number in range(2):
        check(acl.rt.launch_callback(ran.append, number, NO_BLOCK, stream))
    check(acl.rt.synchronize_stream(stream))
    stop.set()
    reporter.join()
    assert ran == [0, 1], ran


if __name__ == "__main__":
    main()
