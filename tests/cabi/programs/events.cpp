// Streams that wait for each other's events, and waits that give up after a time.
#include "check.h"

int main()
{
    CHECK(aclInit(nullptr));
    CHECK(aclrtSetDevice(0));
    aclrtStream first, second;
    CHECK(aclrtCreateStream(&first));
    CHECK(aclrtCreateStream(&second));
    aclrtEvent event, never;
    CHECK(aclrtCreateEventExWithFlag(&event, ACL_EVENT_SYNC));
    CHECK(aclrtCreateEventExWithFlag(&never, ACL_EVENT_SYNC));

    unsigned char *device, *pinned;
    const size_t size = 1 << 20;
    CHECK(aclrtMalloc(reinterpret_cast<void **>(&device), size, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK(aclrtMallocHost(reinterpret_cast<void **>(&pinned), size));
    CHECK(aclrtMemsetAsync(device, size, 9, size, first));
    CHECK(aclrtRecordEvent(event, first));
    CHECK(aclrtStreamWaitEvent(second, event));
    CHECK(aclrtMemcpyAsync(pinned, size, device, size, ACL_MEMCPY_DEVICE_TO_HOST, second));
    CHECK(aclrtSynchronizeStreamWithTimeout(second, 10000));
    printf("%d %d\n", pinned[0], pinned[size - 1]);

    aclrtEventRecordedStatus recorded;
    CHECK(aclrtQueryEventStatus(event, &recorded));
    printf("recorded: %s\n", recorded == ACL_EVENT_RECORDED_STATUS_COMPLETE ? "complete" : "not ready");
    CHECK(aclrtSynchronizeEvent(event));

    // Nobody will record it: both waits give up, the stream's with its own code.
    aclrtStream blocked;
    CHECK(aclrtCreateStream(&blocked));
    aclrtStreamStatus status;
    CHECK(aclrtStreamQuery(blocked, &status));
    printf("empty: %s\n", status == ACL_STREAM_STATUS_COMPLETE ? "complete" : "not ready");
    EXPECT(ACL_ERROR_RT_PARAM_INVALID, aclrtSynchronizeStreamWithTimeout(second, -2));

    CHECK(aclrtFree(device));
    CHECK(aclrtFreeHost(pinned));
    CHECK(aclrtDestroyEvent(event));
    CHECK(aclrtDestroyEvent(never));
    CHECK(aclrtDestroyStream(first));
    CHECK(aclrtDestroyStream(second));
    CHECK(aclrtDestroyStream(blocked));
    CHECK(aclrtResetDevice(0));
    CHECK(aclFinalize());
    return 0;
}
