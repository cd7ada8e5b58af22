"""A sync, which lets go of the GIL, waits for the callback before its stream is destroyed."""

import queue
import threading

import acl

BLOCK = 1
FOREVER = -1

answers = queue.SimpleQueue()
done = threading.Event()


def check(ret):
    assert ret == 0, ret


def report_loop():
    while True:
        acl.rt.process_report(FOREVER)


def store(answer):
    done.set()
    answers.put(answer)  # what is left to do after the signal


def main():
    check(acl.init())
    check(acl.rt.set_device(0))
    stream, ret = acl.rt.create_stream()
    check(ret)
    reporter = threading.Thread(target=report_loop, name="reporter", daemon=True)
    reporter.start()
    check(acl.rt.subscribe_report(reporter.ident, stream))
    check(acl.rt.launch_callback(store, "cat", BLOCK, stream))
    done.wait()
    check(acl.rt.synchronize_stream(stream))  # the mend
    check(acl.rt.destroy_stream(stream))


if __name__ == "__main__":
    main()
