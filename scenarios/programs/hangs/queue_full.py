"""All the launches first, the report thread afterwards: the stream's queue is full before anybody polls."""

import threading

import acl

BLOCK = 1
LAUNCHES = 1000

running = True


def check(ret):
    assert ret == 0, ret


def report_loop():
    while running:
        acl.rt.process_report(100)


def wait_and_report(go):
    go.wait()
    report_loop()


def count(seen):
    seen.append(1)


def main():
    global running
    check(acl.init())
    check(acl.rt.set_device(0))
    stream, ret = acl.rt.create_stream()
    check(ret)
    go = threading.Event()
    reporter = threading.Thread(target=wait_and_report, args=(go,), name="reporter", daemon=True)
    reporter.start()
    check(acl.rt.subscribe_report(reporter.ident, stream))

    seen = []
    for _ in range(LAUNCHES):
        check(acl.rt.launch_callback(count, seen, BLOCK, stream))
    go.set()
    check(acl.rt.synchronize_stream(stream))
    running = False
    reporter.join()
    print(f"{len(seen)} callbacks")


if __name__ == "__main__":
    main()
