"""Classify handwritten digits asynchronously: n images, a callback for every m of them.

The images that the network has never seen go to the device, one execute_async for each of them is queued, and a
callback after every m of them fetches their results while the stream is held.

    python classify_async.py --images 599 --every 10
"""

import argparse
import os
import sys

import acl
import numpy as np

ACL_SUCCESS = 0
ACL_MEM_MALLOC_HUGE_FIRST = 0
ACL_MEMCPY_HOST_TO_DEVICE = 1
ACL_MEMCPY_DEVICE_TO_HOST = 2
ACL_CALLBACK_BLOCK = 1
REPORT_TIMEOUT_MS = 100
HELD_OUT = 1198  # the network was trained on the images before this one

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "digits")


def check_ret(message, ret):
    if ret != ACL_SUCCESS:
        raise RuntimeError(f"{message} failed, ret={ret}")


class DigitClassifier:
    def __init__(self, device_id, model_path):
        self.device_id = device_id
        self.exit_flag = False
        self.probabilities = {}
        self.init_resource(model_path)

    def init_resource(self, model_path):
        ret = acl.init()
        check_ret("acl.init", ret)
        ret = acl.rt.set_device(self.device_id)
        check_ret("acl.rt.set_device", ret)
        self.context, ret = acl.rt.create_context(self.device_id)
        check_ret("acl.rt.create_context", ret)
        self.stream, ret = acl.rt.create_stream()
        check_ret("acl.rt.create_stream", ret)
        self.model_id, ret = acl.mdl.load_from_file(model_path)
        check_ret("acl.mdl.load_from_file", ret)
        self.model_desc = acl.mdl.create_desc()
        ret = acl.mdl.get_desc(self.model_desc, self.model_id)
        check_ret("acl.mdl.get_desc", ret)
        self.input_size = acl.mdl.get_input_size_by_index(self.model_desc, 0)
        self.output_size = acl.mdl.get_output_size_by_index(self.model_desc, 0)

    def make_dataset(self, size):
        dataset = acl.mdl.create_dataset()
        pointer, ret = acl.rt.malloc(size, ACL_MEM_MALLOC_HUGE_FIRST)
        check_ret("acl.rt.malloc", ret)
        _, ret = acl.mdl.add_dataset_buffer(dataset, acl.create_data_buffer(pointer, size))
        check_ret("acl.mdl.add_dataset_buffer", ret)
        return dataset

    def free_dataset(self, dataset):
        for i in range(acl.mdl.get_dataset_num_buffers(dataset)):
            data_buffer = acl.mdl.get_dataset_buffer(dataset, i)
            ret = acl.rt.free(acl.get_data_buffer_addr(data_buffer))
            check_ret("acl.rt.free", ret)
            ret = acl.destroy_data_buffer(data_buffer)
            check_ret("acl.destroy_data_buffer", ret)
        ret = acl.mdl.destroy_dataset(dataset)
        check_ret("acl.mdl.destroy_dataset", ret)

    def load_image(self, image):
        dataset = self.make_dataset(self.input_size)
        pointer = acl.get_data_buffer_addr(acl.mdl.get_dataset_buffer(dataset, 0))
        data = (image.astype(np.float32) / 16).tobytes()
        ret = acl.rt.memcpy(
            pointer, self.input_size, acl.util.bytes_to_ptr(data), len(data), ACL_MEMCPY_HOST_TO_DEVICE
        )
        check_ret("acl.rt.memcpy", ret)
        return dataset

    def report_loop(self, args_list):
        context, timeout = args_list
        ret = acl.rt.set_context(context)
        check_ret("acl.rt.set_context", ret)
        while not self.exit_flag:
            acl.rt.process_report(timeout)

    def fetch(self, batch):
        for index, _, output in batch:
            host, ret = acl.rt.malloc_host(self.output_size)
            check_ret("acl.rt.malloc_host", ret)
            pointer = acl.get_data_buffer_addr(acl.mdl.get_dataset_buffer(output, 0))
            ret = acl.rt.memcpy(host, self.output_size, pointer, self.output_size, ACL_MEMCPY_DEVICE_TO_HOST)
            check_ret("acl.rt.memcpy", ret)
            data = acl.util.ptr_to_bytes(host, self.output_size)
            self.probabilities[index] = np.frombuffer(data, dtype=np.float32)
            acl.rt.free_host(host)

    def forward(self, datasets, every):
        batch = []
        for index, (image, output) in enumerate(datasets):
            ret = acl.mdl.execute_async(self.model_id, image, output, self.stream)
            check_ret("acl.mdl.execute_async", ret)
            batch.append((index, image, output))
            if len(batch) == every or index == len(datasets) - 1:
                ret = acl.rt.launch_callback(self.fetch, batch, ACL_CALLBACK_BLOCK, self.stream)
                check_ret("acl.rt.launch_callback", ret)
                batch = []

    def run(self, images, every):
        datasets = [(self.load_image(image), self.make_dataset(self.output_size)) for image in images]
        thread_id, ret = acl.util.start_thread(self.report_loop, [self.context, REPORT_TIMEOUT_MS])
        check_ret("acl.util.start_thread", ret)
        ret = acl.rt.subscribe_report(thread_id, self.stream)
        check_ret("acl.rt.subscribe_report", ret)

        self.forward(datasets, every)
        ret = acl.rt.synchronize_stream(self.stream)
        check_ret("acl.rt.synchronize_stream", ret)

        ret = acl.rt.unsubscribe_report(thread_id, self.stream)
        check_ret("acl.rt.unsubscribe_report", ret)
        self.exit_flag = True
        ret = acl.util.stop_thread(thread_id)
        check_ret("acl.util.stop_thread", ret)
        for image, output in datasets:
            self.free_dataset(image)
            self.free_dataset(output)
        return np.stack([self.probabilities[index] for index in range(len(images))])

    def release_resource(self):
        ret = acl.mdl.unload(self.model_id)
        check_ret("acl.mdl.unload", ret)
        ret = acl.mdl.destroy_desc(self.model_desc)
        check_ret("acl.mdl.destroy_desc", ret)
        ret = acl.rt.destroy_stream(self.stream)
        check_ret("acl.rt.destroy_stream", ret)
        ret = acl.rt.destroy_context(self.context)
        check_ret("acl.rt.destroy_context", ret)
        ret = acl.rt.reset_device(self.device_id)
        check_ret("acl.rt.reset_device", ret)
        ret = acl.finalize()
        check_ret("acl.finalize", ret)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=599, help="how many of the 599 unseen images")
    parser.add_argument("--every", type=int, default=10, help="images for each callback")
    parser.add_argument("--save", help="write the probabilities to this .npy file")
    args = parser.parse_args()

    digits = np.load(os.path.join(FOLDER, "digits.npz"))
    images = digits["images"][HELD_OUT:][: args.images]
    labels = digits["labels"][HELD_OUT:][: args.images]

    classifier = DigitClassifier(0, os.path.join(FOLDER, "digits.om"))
    probabilities = classifier.run(images, args.every)
    classifier.release_resource()
    if args.save:
        np.save(args.save, probabilities)
    right = int((probabilities.argmax(axis=1) == labels).sum())
    print(f"{right} of {len(images)} images right")
    print(f"accuracy {right / len(images):.4f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
