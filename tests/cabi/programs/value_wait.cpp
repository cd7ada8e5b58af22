// A stream that waits for a number in device memory, which another stream writes.
#include "check.h"

int main()
{
    CHECK(aclInit(nullptr));
    CHECK(aclrtSetDevice(0));
    aclrtStream waiter, writer;
    CHECK(aclrtCreateStream(&waiter));
    CHECK(aclrtCreateStream(&writer));
    uint64_t *flag;
    unsigned char *bytes;
    CHECK(aclrtMalloc(reinterpret_cast<void **>(&flag), sizeof *flag, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK(aclrtMalloc(reinterpret_cast<void **>(&bytes), 16, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK(aclrtMemset(flag, sizeof *flag, 0, sizeof *flag));

    CHECK(aclrtValueWait(flag, 7, ACL_STREAM_WAIT_VALUE_EQ, waiter));
    CHECK(aclrtMemsetAsync(bytes, 16, 3, 16, waiter));
    aclrtStreamStatus status;
    CHECK(aclrtStreamQuery(waiter, &status));
    printf("waits: %s\n", status == ACL_STREAM_STATUS_NOT_READY ? "yes" : "no");
    CHECK(aclrtValueWrite(flag, 7, 0, writer));
    CHECK(aclrtSynchronizeStream(waiter));
    CHECK(aclrtSynchronizeStream(writer));

    unsigned char byte = 0;
    uint64_t written = 0;
    CHECK(aclrtMemcpy(&byte, 1, bytes, 1, ACL_MEMCPY_DEVICE_TO_HOST));
    CHECK(aclrtMemcpy(&written, sizeof written, flag, sizeof written, ACL_MEMCPY_DEVICE_TO_HOST));
    printf("went on: %d, flag %llu\n", byte, static_cast<unsigned long long>(written));
    CHECK(aclrtFree(flag));
    CHECK(aclrtFree(bytes));
    CHECK(aclrtDestroyStream(waiter));
    CHECK(aclrtDestroyStream(writer));
    CHECK(aclrtResetDevice(0));
    CHECK(aclFinalize());
    return 0;
}
