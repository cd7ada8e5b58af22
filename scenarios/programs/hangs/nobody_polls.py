"""The report thread takes one report and ends; the second blocking callback waits for it for ever."""

import threading

import acl

BLOCK = 1


def check(ret):
    assert ret == 0, ret


def report_once():
    ret = 107012
    while ret == 107012:  # until the stream is subscribed
        ret = acl.rt.process_report(1000)


def postprocess(results):
    results.append(len(results))


def main():
    check(acl.init())
    check(acl.rt.set_device(0))
    stream, ret = acl.rt.create_stream()
    check(ret)
    reporter = threading.Thread(target=report_once, name="reporter")
    reporter.start()
    check(acl.rt.subscribe_report(reporter.ident, stream))

    results = []
    for _ in range(2):
        check(acl.rt.launch_callback(postprocess, results, BLOCK, stream))
        check(acl.rt.synchronize_stream(stream))
    print(f"{len(results)} results")


if __name__ == "__main__":
    main()
