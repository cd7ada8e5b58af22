"""Time inferences with a pair of events, and make one stream wait for another."""

import os

import acl

ACL_EVENT_SYNC = 1
ACL_EVENT_TIME_LINE = 8
ACL_MEM_MALLOC_NORMAL_ONLY = 2
RUNS = 10

MODEL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "digits", "digits.om")


def check(ret, what):
    if ret != 0:
        raise RuntimeError(f"{what} failed with {ret}")


def dataset_of(size):
    pointer, ret = acl.rt.malloc(size, ACL_MEM_MALLOC_NORMAL_ONLY)
    check(ret, "malloc")
    check(acl.rt.memset(pointer, size, 0, size), "memset")
    dataset, ret = acl.mdl.add_dataset_buffer(acl.mdl.create_dataset(), acl.create_data_buffer(pointer, size))
    check(ret, "add_dataset_buffer")
    return dataset


def release(dataset):
    data_buffer = acl.mdl.get_dataset_buffer(dataset, 0)
    check(acl.rt.free(acl.get_data_buffer_addr(data_buffer)), "free")
    check(acl.destroy_data_buffer(data_buffer), "destroy_data_buffer")
    check(acl.mdl.destroy_dataset(dataset), "destroy_dataset")


def time_runs(model, inputs, outputs, stream):
    """Milliseconds on the device from the start of the first run to the end of the last."""
    start, ret = acl.rt.create_event_with_flag(ACL_EVENT_TIME_LINE)
    check(ret, "create_event_with_flag")
    end, ret = acl.rt.create_event_with_flag(ACL_EVENT_TIME_LINE)
    check(ret, "create_event_with_flag")
    check(acl.rt.record_event(start, stream), "record_event")
    for _ in range(RUNS):
        check(acl.mdl.execute_async(model, inputs, outputs, stream), "execute_async")
    check(acl.rt.record_event(end, stream), "record_event")
    check(acl.rt.synchronize_event(end), "synchronize_event")
    elapsed, ret = acl.rt.event_elapsed_time(start, end)
    check(ret, "event_elapsed_time")
    for event in (start, end):
        check(acl.rt.destroy_event(event), "destroy_event")
    return elapsed


def gap_between_streams(model, inputs, outputs, first, second):
    """Milliseconds from the end of a run on one stream to what waits for it on the other; never below zero."""
    ready, ret = acl.rt.create_event_ex_with_flag(ACL_EVENT_SYNC | ACL_EVENT_TIME_LINE)
    check(ret, "create_event_ex_with_flag")
    begun, ret = acl.rt.create_event_ex_with_flag(ACL_EVENT_TIME_LINE)
    check(ret, "create_event_ex_with_flag")
    check(acl.mdl.execute_async(model, inputs, outputs, first), "execute_async")
    check(acl.rt.record_event(ready, first), "record_event")
    check(acl.rt.stream_wait_event(second, ready), "stream_wait_event")
    check(acl.rt.record_event(begun, second), "record_event")
    check(acl.rt.synchronize_stream(second), "synchronize_stream")
    gap, ret = acl.rt.event_elapsed_time(ready, begun)
    check(ret, "event_elapsed_time")
    for event in (ready, begun):
        check(acl.rt.destroy_event(event), "destroy_event")
    return gap


def main():
    check(acl.init(), "init")
    check(acl.rt.set_device(0), "set_device")
    first, ret = acl.rt.create_stream()
    check(ret, "create_stream")
    second, ret = acl.rt.create_stream()
    check(ret, "create_stream")
    model, ret = acl.mdl.load_from_file(MODEL)
    check(ret, "load_from_file")
    desc = acl.mdl.create_desc()
    check(acl.mdl.get_desc(desc, model), "get_desc")
    inputs = dataset_of(acl.mdl.get_input_size_by_index(desc, 0))
    outputs = dataset_of(acl.mdl.get_output_size_by_index(desc, 0))

    elapsed = time_runs(model, inputs, outputs, first)
    gap = gap_between_streams(model, inputs, outputs, first, second)

    check(acl.rt.synchronize_device(), "synchronize_device")
    for dataset in (inputs, outputs):
        release(dataset)
    check(acl.mdl.destroy_desc(desc), "destroy_desc")
    check(acl.mdl.unload(model), "unload")
    check(acl.rt.reset_device(0), "reset_device")
    check(acl.finalize(), "finalize")
    print(f"{RUNS} runs took {elapsed:.3f} ms, the second stream began {gap:.3f} ms after the first was done")
    print(f"took time: {elapsed > 0}, in order: {gap >= 0}")


if __name__ == "__main__":
    main()
