"""One worker thread and one report thread for each device; the results meet in a queue."""

import queue
import threading

import acl

NORMAL_ONLY = 2
DEVICE_TO_HOST = 2
BLOCK = 1
ROUNDS = 8
SIZE = 1024
MAX_DEVICES = 4


def check(ret, what):
    if ret != 0:
        raise RuntimeError(f"{what} returned {ret}")


class DeviceWorker(threading.Thread):
    def __init__(self, device_id, results):
        super().__init__(name=f"worker-{device_id}")
        self.device_id = device_id
        self.results = results
        self.finished = threading.Event()

    def report_loop(self):
        check(acl.rt.set_device(self.device_id), "set_device")
        while not self.finished.is_set():
            acl.rt.process_report(100)
        check(acl.rt.reset_device(self.device_id), "reset_device")

    def deliver(self, user_data):
        number, host = user_data
        data = acl.util.ptr_to_bytes(host, SIZE)
        self.results.put((self.device_id, number, set(data)))

    def run(self):
        check(acl.rt.set_device(self.device_id), "set_device")
        stream, ret = acl.rt.create_stream()
        check(ret, "create_stream")
        reporter = threading.Thread(target=self.report_loop, name=f"reporter-{self.device_id}")
        reporter.start()
        check(acl.rt.subscribe_report(reporter.ident, stream), "subscribe_report")
        device, ret = acl.rt.malloc(SIZE, NORMAL_ONLY)
        check(ret, "malloc")
        host, ret = acl.rt.malloc_host(SIZE)
        check(ret, "malloc_host")
        for number in range(ROUNDS):
            value = 16 * self.device_id + number
            check(acl.rt.memset_async(device, SIZE, value, SIZE, stream), "memset_async")
            check(acl.rt.memcpy_async(host, SIZE, device, SIZE, DEVICE_TO_HOST, stream), "memcpy_async")
            check(acl.rt.launch_callback(self.deliver, [number, host], BLOCK, stream), "launch_callback")
        check(acl.rt.synchronize_stream(stream), "synchronize_stream")
        check(acl.rt.unsubscribe_report(reporter.ident, stream), "unsubscribe_report")
        self.finished.set()
        reporter.join()
        check(acl.rt.free(device), "free")
        check(acl.rt.free_host(host), "free_host")
        check(acl.rt.destroy_stream(stream), "destroy_stream")
        check(acl.rt.reset_device(self.device_id), "reset_device")


def main():
    check(acl.init(), "init")
    count, ret = acl.rt.get_device_count()
    check(ret, "get_device_count")
    results = queue.Queue()
    workers = [DeviceWorker(device_id, results) for device_id in range(min(count, MAX_DEVICES))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    check(acl.finalize(), "finalize")

    right = 0
    while not results.empty():
        device_id, number, values = results.get()
        right += values == {16 * device_id + number}
    print(f"{len(workers)} devices, {right} results right")


if __name__ == "__main__":
    main()
