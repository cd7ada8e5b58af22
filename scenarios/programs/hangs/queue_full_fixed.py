"""As queue_full.py, but the report thread polls from the start, and the launches go in rounds that the queue holds.

Polling alone would not do: a launch into a full queue waits with the GIL kept, so that no callback can run.
"""

import threading

import acl

BLOCK = 1
LAUNCHES = 1000
ROUND = 500

running = True


def check(ret):
    assert ret == 0, ret


def report_loop():
    while running:
        acl.rt.process_report(100)


def count(seen):
    seen.append(1)


def main():
    global running
    check(acl.init())
    check(acl.rt.set_device(0))
    stream, ret = acl.rt.create_stream()
    check(ret)
    reporter = threading.Thread(target=report_loop, name="reporter", daemon=True)
    reporter.start()
    check(acl.rt.subscribe_report(reporter.ident, stream))

    seen = []
    for number in range(LAUNCHES):
        check(acl.rt.launch_callback(count, seen, BLOCK, stream))
        if number % ROUND == ROUND - 1:
            check(acl.rt.synchronize_stream(stream))
    check(acl.rt.synchronize_stream(stream))
    running = False
    reporter.join()
    print(f"{len(seen)} callbacks")


if __name__ == "__main__":
    main()
