"""Two lanes, both subscribed; the code of the launch is looked at."""

import threading

import acl

BLOCK = 1

answered = threading.Event()
running = True


def check(ret):
    assert ret == 0, ret


def report_loop():
    while running:
        acl.rt.process_report(100)


def answer(_):
    answered.set()


def main():
    global running
    check(acl.init())
    check(acl.rt.set_device(0))
    first, ret = acl.rt.create_stream()
    check(ret)
    second, ret = acl.rt.create_stream()
    check(ret)
    reporter = threading.Thread(target=report_loop, name="reporter", daemon=True)
    reporter.start()
    check(acl.rt.subscribe_report(reporter.ident, first))
    check(acl.rt.subscribe_report(reporter.ident, second))  # the mend
    check(acl.rt.launch_callback(answer, None, BLOCK, second))
    answered.wait()
    check(acl.rt.synchronize_device())
    running = False
    reporter.join()


if __name__ == "__main__":
    main()
