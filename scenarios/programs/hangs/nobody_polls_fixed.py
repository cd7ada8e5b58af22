"""As nobody_polls.py, but the report thread goes on polling until it is told to stop."""

import threading

import acl

BLOCK = 1

stop = threading.Event()


def check(ret):
    assert ret == 0, ret


def report_loop():
    while not stop.is_set():
        acl.rt.process_report(1000)


def postprocess(results):
    results.append(len(results))


def main():
    check(acl.init())
    check(acl.rt.set_device(0))
    stream, ret = acl.rt.create_stream()
    check(ret)
    reporter = threading.Thread(target=report_loop, name="reporter")
    reporter.start()
    check(acl.rt.subscribe_report(reporter.ident, stream))

    results = []
    for _ in range(2):
        check(acl.rt.launch_callback(postprocess, results, BLOCK, stream))
        check(acl.rt.synchronize_stream(stream))
    check(acl.rt.unsubscribe_report(reporter.ident, stream))
    stop.set()
    reporter.join()
    print(f"{len(results)} results")


if __name__ == "__main__":
    main()
