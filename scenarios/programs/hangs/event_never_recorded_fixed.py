"""As event_never_recorded.py, but the record is queued before anybody waits for it."""

import acl

ACL_EVENT_SYNC = 1
NORMAL_ONLY = 2
SIZE = 1024


def check(ret):
    assert ret == 0, ret


def main():
    check(acl.init())
    check(acl.rt.set_device(0))
    producer, ret = acl.rt.create_stream()
    check(ret)
    consumer, ret = acl.rt.create_stream()
    check(ret)
    produced, ret = acl.rt.create_event_with_flag(ACL_EVENT_SYNC)
    check(ret)
    buffer, ret = acl.rt.malloc(SIZE, NORMAL_ONLY)
    check(ret)

    check(acl.rt.memset_async(buffer, SIZE, 1, SIZE, producer))
    check(acl.rt.record_event(produced, producer))

    check(acl.rt.stream_wait_event(consumer, produced))
    check(acl.rt.memset_async(buffer, SIZE, 2, SIZE, consumer))
    check(acl.rt.synchronize_stream(consumer))
    print("produced, then consumed")


if __name__ == "__main__":
    main()
