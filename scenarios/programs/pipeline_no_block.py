"""Four streams, one report thread, callbacks that do not hold their stream.

A sync of such a stream says nothing about its callbacks: the program counts them and waits for the last one.
"""

import threading

import acl

NO_BLOCK = 0
NORMAL_ONLY = 2
STREAMS = 4
ROUNDS = 25
SIZE = 1 << 20


def check(ret, what):
    if ret != 0:
        raise RuntimeError(f"acl.rt.{what} returned {ret}")


class Pipeline:
    def __init__(self):
        self.changed = threading.Condition()
        self.finished = {}
        self.stopping = False
        self.context, ret = acl.rt.get_context()
        check(ret, "get_context")
        self.reporter = threading.Thread(target=self.poll, name="reporter")
        self.reporter.start()
        self.lanes = [self.open_lane() for _ in range(STREAMS)]

    def poll(self):
        check(acl.rt.set_context(self.context), "set_context")
        while not self.stopping:
            ret = acl.rt.process_report(50)
            if ret not in (0, 107012, 507012):  # done, not subscribed yet, nothing to do
                check(ret, "process_report")

    def open_lane(self):
        stream, ret = acl.rt.create_stream()
        check(ret, "create_stream")
        check(acl.rt.subscribe_report(self.reporter.ident, stream), "subscribe_report")
        buffer, ret = acl.rt.malloc(SIZE, NORMAL_ONLY)
        check(ret, "malloc")
        self.finished[stream] = []
        return stream, buffer

    def on_done(self, args):
        stream, number = args
        with self.changed:
            self.finished[stream].append(number)
            self.changed.notify_all()

    def submit(self, number):
        for stream, buffer in self.lanes:
            check(acl.rt.memset_async(buffer, SIZE, number, SIZE, stream), "memset_async")
            check(acl.rt.launch_callback(self.on_done, [stream, number], NO_BLOCK, stream), "launch_callback")

    def drain(self):
        for stream, _ in self.lanes:
            check(acl.rt.synchronize_stream(stream), "synchronize_stream")
        with self.changed:
            everything = STREAMS * ROUNDS
            if not self.changed.wait_for(
                lambda: sum(len(seen) for seen in self.finished.values()) == everything, timeout=10
            ):
                raise RuntimeError(f"callbacks are missing: {self.finished}")

    def close(self):
        for stream, buffer in self.lanes:
            check(acl.rt.unsubscribe_report(self.reporter.ident, stream), "unsubscribe_report")
            check(acl.rt.destroy_stream(stream), "destroy_stream")
            check(acl.rt.free(buffer), "free")
        self.stopping = True
        self.reporter.join()


def main():
    check(acl.init(), "init")
    check(acl.rt.set_device(0), "set_device")
    pipeline = Pipeline()
    for number in range(ROUNDS):
        pipeline.submit(number)
    pipeline.drain()
    pipeline.close()
    check(acl.rt.reset_device(0), "reset_device")
    check(acl.finalize(), "finalize")
    in_order = all(seen == list(range(ROUNDS)) for seen in pipeline.finished.values())
    print(f"{STREAMS} streams, {ROUNDS} callbacks each, in order: {in_order}")


if __name__ == "__main__":
    main()
