"""Two images are classified; what the callbacks have collected is printed when both have run."""

import threading

import acl

NO_BLOCK = 0
IMAGES = 2

results = []
collected = threading.Semaphore(0)
running = True


def check(ret):
    assert ret == 0, ret


def report_loop():
    while running:
        acl.rt.process_report(100)


def collect(image):
    results.append(image)
    collected.release()


def main():
    global running
    check(acl.init())
    check(acl.rt.set_device(0))
    stream, ret = acl.rt.create_stream()
    check(ret)
    reporter = threading.Thread(target=report_loop, name="reporter")
    reporter.start()
    check(acl.rt.subscribe_report(reporter.ident, stream))
    for image in range(IMAGES):
        check(acl.rt.launch_callback(collect, image, NO_BLOCK, stream))
    check(acl.rt.synchronize_stream(stream))
    for _ in range(IMAGES):
        collected.acquire()  # the mend
    print(f"{len(results)} of {IMAGES} results")
    assert len(results) == IMAGES
    check(acl.rt.unsubscribe_report(reporter.ident, stream))
    running = False
    reporter.join()
    check(acl.rt.destroy_stream(stream))
    check(acl.rt.reset_device(0))
    check(acl.finalize())


if __name__ == "__main__":
    main()
