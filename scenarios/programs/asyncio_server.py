"""An asyncio program: coroutines await the device, callbacks wake them through call_soon_threadsafe."""

import asyncio
import threading

import acl

NORMAL_ONLY = 2
HOST_TO_DEVICE = 1
NO_BLOCK = 0
SIZE = 1 << 20
CLIENTS = 6
REQUESTS = 4


def check(ret, what):
    if ret != 0:
        raise RuntimeError(f"{what}: {ret}")


class Device:
    def __init__(self):
        check(acl.init(), "init")
        check(acl.rt.set_device(0), "set_device")
        self.context, ret = acl.rt.get_context()
        check(ret, "get_context")
        self.stream, ret = acl.rt.create_stream()
        check(ret, "create_stream")
        self.host, ret = acl.rt.malloc_host(SIZE)
        check(ret, "malloc_host")
        check(acl.rt.memset(self.host, SIZE, 1, SIZE), "memset")
        self.device, ret = acl.rt.malloc(SIZE, NORMAL_ONLY)
        check(ret, "malloc")
        self.running = True
        self.reporter = threading.Thread(target=self.report_loop, name="reporter")
        self.reporter.start()
        check(acl.rt.subscribe_report(self.reporter.ident, self.stream), "subscribe_report")

    def report_loop(self):
        while self.running:
            acl.rt.process_report(100)

    async def upload(self):
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        ret = acl.rt.memcpy_async(self.device, SIZE, self.host, SIZE, HOST_TO_DEVICE, self.stream)
        check(ret, "memcpy_async")
        check(acl.rt.launch_callback(self.wake, (loop, done), NO_BLOCK, self.stream), "launch_callback")
        await done

    @staticmethod
    def wake(args):
        loop, done = args
        loop.call_soon_threadsafe(done.set_result, None)

    def synchronize(self):
        check(acl.rt.set_context(self.context), "set_context")
        check(acl.rt.synchronize_stream(self.stream), "synchronize_stream")

    def close(self):
        check(acl.rt.unsubscribe_report(self.reporter.ident, self.stream), "unsubscribe_report")
        self.running = False
        self.reporter.join()
        check(acl.rt.free(self.device), "free")
        check(acl.rt.free_host(self.host), "free_host")
        check(acl.rt.destroy_stream(self.stream), "destroy_stream")
        check(acl.rt.reset_device(0), "reset_device")
        check(acl.finalize(), "finalize")


async def client(device, served):
    for _ in range(REQUESTS):
        await device.upload()
        served.append(1)
        await asyncio.sleep(0.001)


async def serve(device):
    served = []
    await asyncio.gather(*(client(device, served) for _ in range(CLIENTS)))
    await asyncio.get_running_loop().run_in_executor(None, device.synchronize)
    return len(served)


def main():
    device = Device()
    served = asyncio.run(serve(device))
    device.close()
    print(f"{served} uploads for {CLIENTS} clients")


if __name__ == "__main__":
    main()
