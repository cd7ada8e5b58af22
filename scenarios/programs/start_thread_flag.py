"""acl.util.start_thread with a shared flag: the loop checks every code of process_report."""

import acl

REPORT_TIMEOUT = 507012  # nothing came in time
NOT_SUBSCRIBED = 107012  # the loop runs before subscribe_report does
BLOCK = 1
NO_BLOCK = 0
TASKS = 20

state = {"run": True, "codes": set()}
order = []


def callback_thread(args_list):
    shared, timeout = args_list
    while shared["run"]:
        ret = acl.rt.process_report(timeout)
        shared["codes"].add(ret)
        if ret not in (0, REPORT_TIMEOUT, NOT_SUBSCRIBED):
            print("process_report:", ret)
            return


def callback(user_data_list):
    order.append(user_data_list)


ret = acl.init()
assert ret == 0, ret
ret = acl.rt.set_device(0)
assert ret == 0, ret
stream, ret = acl.rt.create_stream()
assert ret == 0, ret

thread_id, ret = acl.util.start_thread(callback_thread, [state, 1000])
assert ret == 0, ret
ret = acl.rt.subscribe_report(thread_id, stream)
assert ret == 0, ret

for i in range(TASKS):
    ret = acl.rt.launch_callback(callback, ["task", i], BLOCK if i % 2 else NO_BLOCK, stream)
    assert ret == 0, ret
ret = acl.rt.synchronize_stream(stream)
assert ret == 0, ret

ret = acl.rt.unsubscribe_report(thread_id, stream)
assert ret == 0, ret
state["run"] = False
ret = acl.util.stop_thread(thread_id)
assert ret == 0, ret

ret = acl.rt.destroy_stream(stream)
assert ret == 0, ret
ret = acl.rt.reset_device(0)
assert ret == 0, ret
ret = acl.finalize()
assert ret == 0, ret

assert 0 in state["codes"], state["codes"]
print("callbacks in order:", order == [["task", i] for i in range(TASKS)])
