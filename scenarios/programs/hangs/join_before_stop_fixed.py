"""As join_before_stop.py, but the flag falls before the join."""

import acl

BLOCK = 1

running = True


def check(ret):
    assert ret == 0, ret


def report_loop(timeout):
    while running:
        acl.rt.process_report(timeout)


def postprocess(results):
    results.append("done")


def main():
    global running
    check(acl.init())
    check(acl.rt.set_device(0))
    stream, ret = acl.rt.create_stream()
    check(ret)
    reporter, ret = acl.util.start_thread(report_loop, 100)
    check(ret)
    check(acl.rt.subscribe_report(reporter, stream))

    results = []
    check(acl.rt.launch_callback(postprocess, results, BLOCK, stream))
    check(acl.rt.synchronize_stream(stream))
    check(acl.rt.unsubscribe_report(reporter, stream))
    running = False
    check(acl.util.stop_thread(reporter))
    print(results)


if __name__ == "__main__":
    main()
