"""The callback owns what it gets: it reads the result of an inference and frees both datasets.

Only as many requests are under way as there are permits; each callback gives one back.
"""

import os
import threading

import acl
import numpy as np

ACL_MEM_MALLOC_HUGE_FIRST = 0
ACL_MEMCPY_HOST_TO_DEVICE = 1
ACL_MEMCPY_DEVICE_TO_HOST = 2
ACL_CALLBACK_NO_BLOCK = 0
REQUESTS = 40
UNDER_WAY = 8

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "digits")


def check_ret(message, ret):
    if ret != 0:
        raise RuntimeError(f"{message} failed ret={ret}")


class Service:
    def __init__(self):
        check_ret("init", acl.init())
        check_ret("set_device", acl.rt.set_device(0))
        self.context, ret = acl.rt.create_context(0)
        check_ret("create_context", ret)
        self.stream, ret = acl.rt.create_stream()
        check_ret("create_stream", ret)
        self.model_id, ret = acl.mdl.load_from_file(os.path.join(FOLDER, "digits.om"))
        check_ret("load_from_file", ret)
        self.desc = acl.mdl.create_desc()
        check_ret("get_desc", acl.mdl.get_desc(self.desc, self.model_id))
        self.permits = threading.Semaphore(UNDER_WAY)
        self.answers = []
        self.freed = 0
        self.running = True
        self.tid, ret = acl.util.start_thread(self.poll, [self.context, 50])
        check_ret("start_thread", ret)
        check_ret("subscribe_report", acl.rt.subscribe_report(self.tid, self.stream))

    def poll(self, args):
        context, timeout = args
        acl.rt.set_context(context)
        while self.running:
            acl.rt.process_report(timeout)

    def new_dataset(self, size):
        pointer, ret = acl.rt.malloc(size, ACL_MEM_MALLOC_HUGE_FIRST)
        check_ret("malloc", ret)
        dataset = acl.mdl.create_dataset()
        dataset, ret = acl.mdl.add_dataset_buffer(dataset, acl.create_data_buffer(pointer, size))
        check_ret("add_dataset_buffer", ret)
        return dataset, pointer

    def free_dataset(self, dataset):
        buffer = acl.mdl.get_dataset_buffer(dataset, 0)
        check_ret("free", acl.rt.free(acl.get_data_buffer_addr(buffer)))
        check_ret("destroy_data_buffer", acl.destroy_data_buffer(buffer))
        check_ret("destroy_dataset", acl.mdl.destroy_dataset(dataset))
        self.freed += 1

    def answer(self, args):
        number, inputs, outputs, pointer = args
        size = acl.mdl.get_output_size_by_index(self.desc, 0)
        result = np.zeros(size // 4, np.float32)
        ret = acl.rt.memcpy(result.ctypes.data, size, pointer, size, ACL_MEMCPY_DEVICE_TO_HOST)
        check_ret("memcpy", ret)
        self.answers.append((number, int(result.argmax())))
        self.free_dataset(inputs)
        self.free_dataset(outputs)
        self.permits.release()

    def ask(self, number, image):
        self.permits.acquire()
        data = np.ascontiguousarray(image, np.float32) / 16
        inputs, pointer = self.new_dataset(data.nbytes)
        ret = acl.rt.memcpy(pointer, data.nbytes, data.ctypes.data, data.nbytes, ACL_MEMCPY_HOST_TO_DEVICE)
        check_ret("memcpy", ret)
        outputs, result = self.new_dataset(acl.mdl.get_output_size_by_index(self.desc, 0))
        check_ret("execute_async", acl.mdl.execute_async(self.model_id, inputs, outputs, self.stream))
        ret = acl.rt.launch_callback(
            self.answer, [number, inputs, outputs, result], ACL_CALLBACK_NO_BLOCK, self.stream
        )
        check_ret("launch_callback", ret)

    def close(self):
        for _ in range(UNDER_WAY):  # every permit is back when every callback has run
            self.permits.acquire()
        check_ret("unsubscribe_report", acl.rt.unsubscribe_report(self.tid, self.stream))
        self.running = False
        check_ret("stop_thread", acl.util.stop_thread(self.tid))
        check_ret("unload", acl.mdl.unload(self.model_id))
        check_ret("destroy_desc", acl.mdl.destroy_desc(self.desc))
        check_ret("destroy_stream", acl.rt.destroy_stream(self.stream))
        check_ret("destroy_context", acl.rt.destroy_context(self.context))
        check_ret("reset_device", acl.rt.reset_device(0))
        check_ret("finalize", acl.finalize())


def main():
    digits = np.load(os.path.join(FOLDER, "digits.npz"))
    service = Service()
    for number in range(REQUESTS):
        service.ask(number, digits["images"][number])
    service.close()
    right = sum(digits["labels"][number] == answer for number, answer in service.answers)
    print(f"{len(service.answers)} answers, {right} right, {service.freed} datasets freed")


if __name__ == "__main__":
    main()
