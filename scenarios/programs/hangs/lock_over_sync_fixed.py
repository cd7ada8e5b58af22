"""As lock_over_sync.py, but the lock is given back before the wait."""

import threading

import acl

BLOCK = 1

results_lock = threading.Lock()
results = []
running = True


def check(ret):
    assert ret == 0, ret


def report_loop():
    while running:
        acl.rt.process_report(100)


def store(number):
    with results_lock:
        results.append(number)


def run_batch(stream, first):
    with results_lock:
        results.clear()
    for number in range(first, first + 4):
        check(acl.rt.launch_callback(store, number, BLOCK, stream))
    check(acl.rt.synchronize_stream(stream))
    with results_lock:
        return list(results)


def main():
    global running
    check(acl.init())
    check(acl.rt.set_device(0))
    stream, ret = acl.rt.create_stream()
    check(ret)
    reporter = threading.Thread(target=report_loop, name="reporter", daemon=True)
    reporter.start()
    check(acl.rt.subscribe_report(reporter.ident, stream))
    print("batch:", run_batch(stream, 0))
    running = False
    reporter.join()


if __name__ == "__main__":
    main()
