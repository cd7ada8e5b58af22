"""A right program that leaves little to luck: what breaks a guarantee shows in its history."""

import threading
import time
from importlib import import_module
from typing import Any

acl: Any = import_module("acl")  # what `aclsim exec` provides

BLOCK, NO_BLOCK = 1, 0
MS = 0.001
done = threading.Event()


def report(device: int) -> None:
    acl.rt.set_device(device)
    while not done.is_set():
        acl.rt.process_report(20)
    acl.rt.reset_device(device)


def slow(_data: object) -> None:
    time.sleep(20 * MS)


def quick(_data: object) -> None:
    pass


def main() -> None:
    acl.init()
    acl.rt.set_device(0)
    streams = [acl.rt.create_stream()[0] for _ in range(3)]
    event, _ = acl.rt.create_event_ex_with_flag(1)
    threads = [threading.Thread(target=report, args=(0,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for stream, thread in zip(streams, [threads[0], threads[0], threads[1]], strict=True):
        assert acl.rt.subscribe_report(thread.ident, stream) == 0
    for _ in range(3):
        for stream in streams:
            acl.rt.launch_callback(slow, None, BLOCK, stream)
            acl.rt.launch_callback(quick, None, NO_BLOCK, stream)
            acl.rt.launch_callback(slow, None, BLOCK, stream)
        acl.rt.launch_callback(slow, None, BLOCK, streams[0])
        acl.rt.record_event(event, streams[0])
        acl.rt.stream_wait_event(streams[2], event)
        acl.rt.launch_callback(quick, None, BLOCK, streams[2])
        acl.rt.stream_query(streams[2])
        acl.rt.synchronize_event(event)
        for stream in streams:
            assert acl.rt.synchronize_stream(stream) == 0
    time.sleep(100 * MS)
    for stream, thread in zip(streams, [threads[0], threads[0], threads[1]], strict=True):
        assert acl.rt.unsubscribe_report(thread.ident, stream) == 0
    done.set()
    for thread in threads:
        thread.join()
    acl.rt.destroy_event(event)
    for stream in streams:
        acl.rt.destroy_stream(stream)
    acl.rt.reset_device(0)
    acl.finalize()


main()
