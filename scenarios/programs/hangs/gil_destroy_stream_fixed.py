"""As gil_destroy_stream.py, but synchronize_stream, which gives the GIL away, does the waiting."""

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
    results.append(len(results))


def main():
    global running
    check(acl.init())
    check(acl.rt.set_device(0))
    reporter = threading.Thread(target=report_loop, name="reporter", daemon=True)
    reporter.start()
    stream, ret = acl.rt.create_stream()
    check(ret)
    check(acl.rt.subscribe_report(reporter.ident, stream))

    results = []
    for _ in range(10):
        check(acl.rt.launch_callback(postprocess, results, BLOCK, stream))
    check(acl.rt.synchronize_stream(stream))
    check(acl.rt.destroy_stream(stream))
    running = False
    reporter.join()
    print("results:", len(results))


if __name__ == "__main__":
    main()
