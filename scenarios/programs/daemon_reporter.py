"""A daemon report thread that finds out its own id: pages are prefetched while the main thread goes on."""

import atexit
import ctypes
import threading

import acl

MALLOC_NORMAL_ONLY = 2
HOST_TO_DEVICE = 1
DEVICE_TO_HOST = 2
NO_BLOCK = 0
PAGE = 64 * 1024
PAGES = 12


class Reporter:
    """One daemon thread for each device; it lives until the interpreter goes."""

    def __init__(self, device_id):
        self.device_id = device_id
        self.ident = None
        self.ready = threading.Event()
        self.stop = threading.Event()
        self.streams = set()
        self.thread = threading.Thread(target=self._loop, daemon=True)
        self.thread.start()
        self.ready.wait()
        atexit.register(self.close)

    def _loop(self):
        acl.rt.set_device(self.device_id)
        self.ident = threading.current_thread().ident
        self.ready.set()
        while not self.stop.is_set():
            ret = acl.rt.process_report(100)
            if ret not in (0, 107012, 507012):
                raise RuntimeError(f"process_report: {ret}")

    def subscribe(self, stream):
        if stream not in self.streams:
            ret = acl.rt.subscribe_report(self.ident, stream)
            if ret != 0:
                raise RuntimeError(f"subscribe_report: {ret}")
            self.streams.add(stream)

    def close(self):
        for stream in list(self.streams):
            acl.rt.unsubscribe_report(self.ident, stream)
        self.streams.clear()
        self.stop.set()


class Page:
    def __init__(self, number):
        self.number = number
        self.arrived = threading.Event()
        self.host, _ = acl.rt.malloc_host(PAGE)
        self.device, _ = acl.rt.malloc(PAGE, MALLOC_NORMAL_ONLY)
        ctypes.memset(self.host, number + 1, PAGE)

    def prefetch(self, stream):
        ret = acl.rt.memcpy_async(self.device, PAGE, self.host, PAGE, HOST_TO_DEVICE, stream)
        ret = ret or acl.rt.launch_callback(Page._on_arrival, [self], NO_BLOCK, stream)
        if ret != 0:
            raise RuntimeError(f"prefetch of page {self.number}: {ret}")

    @staticmethod
    def _on_arrival(args):
        args[0].arrived.set()


def main():
    acl.init()
    acl.rt.set_device(0)
    stream, _ = acl.rt.create_stream()
    reporter = Reporter(0)
    reporter.subscribe(stream)

    pages = [Page(number) for number in range(PAGES)]
    for page in pages:
        page.prefetch(stream)
    first, _ = acl.rt.malloc_host(1)
    good = 0
    for page in pages:
        if not page.arrived.wait(timeout=5):
            raise RuntimeError(f"page {page.number} did not arrive")
        acl.rt.memcpy(first, 1, page.device, 1, DEVICE_TO_HOST)
        good += ctypes.string_at(first, 1)[0] == page.number + 1
    print(f"prefetched {good} of {PAGES} pages")


if __name__ == "__main__":
    main()
