"""As wrong_thread_polls.py, but the stream is subscribed to the report thread."""

import threading

import acl

BLOCK = 1

running = True


def check(ret):
    assert ret == 0, ret


def report_loop():
    while running:
        acl.rt.process_report(100)


def postprocess(results):
    results.append("done")


def main():
    global running
    check(acl.init())
    check(acl.rt.set_device(0))
    stream, ret = acl.rt.create_stream()
    check(ret)
    reporter = threading.Thread(target=report_loop, name="reporter")
    reporter.start()
    check(acl.rt.subscribe_report(reporter.ident, stream))

    results = []
    check(acl.rt.launch_callback(postprocess, results, BLOCK, stream))
    check(acl.rt.synchronize_stream(stream))
    running = False
    reporter.join()
    print(results)


if __name__ == "__main__":
    main()
