"""A pool of workers with a stream each; requests come from a queue, a callback turns results into answers."""

import os
import queue
import threading
from concurrent.futures import ThreadPoolExecutor

import acl
import numpy as np

ACL_MEM_MALLOC_HUGE_FIRST = 0
ACL_MEMCPY_HOST_TO_DEVICE = 1
ACL_MEMCPY_DEVICE_TO_HOST = 2
NO_BLOCK = 0
WORKERS = 3
REQUESTS = 30

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "digits")

local = threading.local()


def check(ret, what):
    if ret != 0:
        raise RuntimeError(f"{what}: {ret}")


class Reporter(threading.Thread):
    def __init__(self, context):
        super().__init__(name="reporter", daemon=True)
        self.context = context
        self.stopping = False

    def run(self):
        acl.rt.set_context(self.context)
        while not self.stopping:
            acl.rt.process_report(100)


class Slot:
    """What one worker needs: a stream, the two datasets, pinned memory for the result."""

    def __init__(self, context, desc, reporter):
        check(acl.rt.set_context(context), "set_context")
        self.stream, ret = acl.rt.create_stream()
        check(ret, "create_stream")
        check(acl.rt.subscribe_report(reporter.ident, self.stream), "subscribe_report")
        self.inputs, self.input_ptr = self.dataset(acl.mdl.get_input_size_by_index(desc, 0))
        self.output_size = acl.mdl.get_output_size_by_index(desc, 0)
        self.outputs, self.output_ptr = self.dataset(self.output_size)
        self.host, ret = acl.rt.malloc_host(self.output_size)
        check(ret, "malloc_host")

    def dataset(self, size):
        pointer, ret = acl.rt.malloc(size, ACL_MEM_MALLOC_HUGE_FIRST)
        check(ret, "malloc")
        dataset = acl.mdl.create_dataset()
        check(
            acl.mdl.add_dataset_buffer(dataset, acl.create_data_buffer(pointer, size))[1],
            "add_dataset_buffer",
        )
        return dataset, pointer

    def close(self):
        for dataset, pointer in ((self.inputs, self.input_ptr), (self.outputs, self.output_ptr)):
            check(acl.destroy_data_buffer(acl.mdl.get_dataset_buffer(dataset, 0)), "destroy_data_buffer")
            check(acl.mdl.destroy_dataset(dataset), "destroy_dataset")
            check(acl.rt.free(pointer), "free")
        check(acl.rt.free_host(self.host), "free_host")

    def infer(self, model_id, image):
        data = (image / 16).astype(np.float32)
        size = data.nbytes
        ret = acl.rt.memcpy(self.input_ptr, size, data.ctypes.data, size, ACL_MEMCPY_HOST_TO_DEVICE)
        check(ret, "memcpy")
        check(acl.mdl.execute_async(model_id, self.inputs, self.outputs, self.stream), "execute_async")
        ret = acl.rt.memcpy_async(
            self.host,
            self.output_size,
            self.output_ptr,
            self.output_size,
            ACL_MEMCPY_DEVICE_TO_HOST,
            self.stream,
        )
        check(ret, "memcpy_async")
        answer = queue.Queue(maxsize=1)
        check(acl.rt.launch_callback(self.on_result, [answer], NO_BLOCK, self.stream), "launch_callback")
        return answer.get(timeout=10)

    def on_result(self, args):
        data = acl.util.ptr_to_bytes(self.host, self.output_size)
        args[0].put(int(np.frombuffer(data, np.float32).argmax()))


def main():
    with np.load(os.path.join(FOLDER, "digits.npz")) as digits:  # reads on demand, one thread at a time
        images, labels = digits["images"], digits["labels"]
    check(acl.init(), "init")
    check(acl.rt.set_device(0), "set_device")
    context, ret = acl.rt.get_context()
    check(ret, "get_context")
    model_id, ret = acl.mdl.load_from_file(os.path.join(FOLDER, "digits.om"))
    check(ret, "load_from_file")
    desc = acl.mdl.create_desc()
    check(acl.mdl.get_desc(desc, model_id), "get_desc")
    reporter = Reporter(context)
    reporter.start()
    slots = []

    def work(number):
        if not hasattr(local, "slot"):
            local.slot = Slot(context, desc, reporter)
            slots.append(local.slot)
        return number, local.slot.infer(model_id, images[number])

    with ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="infer") as pool:
        answers = dict(pool.map(work, range(REQUESTS)))

    reporter.stopping = True
    reporter.join()
    for slot in slots:
        slot.close()
    check(acl.mdl.destroy_desc(desc), "destroy_desc")
    check(acl.mdl.unload(model_id), "unload")
    check(acl.rt.reset_device(0), "reset_device")
    check(acl.finalize(), "finalize")
    right = sum(labels[number] == answer for number, answer in answers.items())
    print(f"{len(answers)} requests answered, {right} right")


if __name__ == "__main__":
    main()
