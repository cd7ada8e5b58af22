"""Written as in C: two report threads, two streams each, a structure of globals, results through pointers."""

import ctypes

import acl

ACL_SUCCESS = 0
ACL_CALLBACK_BLOCK = 1
THREADS = 2
STREAMS = 4
LAUNCHES = 8


class UserData(ctypes.Structure):
    _fields_ = [
        ("stream", ctypes.c_uint32),
        ("index", ctypes.c_uint32),
        ("counter", ctypes.POINTER(ctypes.c_uint32)),
    ]


g_run = [True] * THREADS
g_counters = (ctypes.c_uint32 * STREAMS)()
g_last = (ctypes.c_int32 * STREAMS)(*[-1] * STREAMS)
g_wrong = ctypes.c_uint32(0)


def aclchk(ret):
    if ret != ACL_SUCCESS:
        raise SystemExit(f"error code is {ret}")


def process(index):
    while g_run[index]:
        acl.rt.process_report(10)


def callback(user_data):
    if user_data.index != g_last[user_data.stream] + 1:
        g_wrong.value += 1
    g_last[user_data.stream] = user_data.index
    user_data.counter[0] += 1


def main():
    aclchk(acl.init())
    aclchk(acl.rt.set_device(0))
    streams = []
    for _ in range(STREAMS):
        stream, ret = acl.rt.create_stream()
        aclchk(ret)
        streams.append(stream)
    threads = []
    for i in range(THREADS):
        tid, ret = acl.util.start_thread(process, i)
        aclchk(ret)
        threads.append(tid)
    for i in range(STREAMS):
        aclchk(acl.rt.subscribe_report(threads[i % THREADS], streams[i]))

    for index in range(LAUNCHES):
        for i in range(STREAMS):
            counter = ctypes.cast(ctypes.addressof(g_counters) + 4 * i, ctypes.POINTER(ctypes.c_uint32))
            data = UserData(i, index, counter)
            aclchk(acl.rt.launch_callback(callback, data, ACL_CALLBACK_BLOCK, streams[i]))
    aclchk(acl.rt.synchronize_device())

    for i in range(STREAMS):
        aclchk(acl.rt.unsubscribe_report(threads[i % THREADS], streams[i]))
    for i in range(THREADS):
        g_run[i] = False
    for tid in threads:
        aclchk(acl.util.stop_thread(tid))
    for stream in streams:
        aclchk(acl.rt.destroy_stream(stream))
    aclchk(acl.rt.reset_device(0))
    aclchk(acl.finalize())
    print("counters:", list(g_counters), "out of order:", g_wrong.value)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
