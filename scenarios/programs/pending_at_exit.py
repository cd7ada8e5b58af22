"""The program ends with callbacks that nobody ran: the report thread stops first, the stream drains all the same."""

import threading

import acl

NO_BLOCK = 0

stop = threading.Event()
seen = []


def poll():
    while not stop.is_set():
        acl.rt.process_report(20)


def note(user_data):
    number, noted = user_data
    seen.append(number)
    noted.set()


def main():
    assert acl.init() == 0
    assert acl.rt.set_device(0) == 0
    stream, ret = acl.rt.create_stream()
    assert ret == 0
    reporter = threading.Thread(target=poll, daemon=True)
    reporter.start()
    assert acl.rt.subscribe_report(reporter.ident, stream) == 0

    for number in range(2):
        noted = threading.Event()
        assert acl.rt.launch_callback(note, [number, noted], NO_BLOCK, stream) == 0
        noted.wait()
    stop.set()
    reporter.join()

    for number in range(2, 5):
        assert acl.rt.launch_callback(note, [number, threading.Event()], NO_BLOCK, stream) == 0
    assert acl.rt.synchronize_stream(stream) == 0  # the reports are posted; nobody takes them
    assert acl.rt.reset_device(0) == 0
    assert acl.finalize() == 0
    print(f"{len(seen)} of 5 callbacks ran")


if __name__ == "__main__":
    main()
