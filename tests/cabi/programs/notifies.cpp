// Streams that wait for notifies: one that comes, and one that does not come in time.
#include "check.h"

int main()
{
    CHECK(aclInit(nullptr));
    CHECK(aclrtSetDevice(0));
    aclrtStream first, second;
    CHECK(aclrtCreateStream(&first));
    CHECK(aclrtCreateStream(&second));
    aclrtNotify notify, never;
    CHECK(aclrtCreateNotify(&notify, ACL_NOTIFY_DEFAULT));
    CHECK(aclrtCreateNotify(&never, ACL_NOTIFY_DEFAULT));
    uint32_t id = 0, other = 0;
    CHECK(aclrtGetNotifyId(notify, &id));
    CHECK(aclrtGetNotifyId(never, &other));
    printf("ids: %s\n", id != other ? "different" : "same");

    CHECK(aclrtWaitAndResetNotify(notify, second, 0));
    CHECK(aclrtRecordNotify(notify, first));
    CHECK(aclrtSynchronizeStreamWithTimeout(second, 1000));
    printf("recorded and waited for\n");

    CHECK(aclrtWaitAndResetNotify(never, second, 0));
    EXPECT(ACL_ERROR_RT_STREAM_SYNC_TIMEOUT, aclrtSynchronizeStreamWithTimeout(second, 100));
    printf("given up after a time\n");
    CHECK(aclrtRecordNotify(never, first));
    CHECK(aclrtSynchronizeStream(second));

    aclrtNotify both[] = {notify, never};
    CHECK(aclrtNotifyBatchReset(both, 2));
    CHECK(aclrtDestroyNotify(notify));
    CHECK(aclrtDestroyNotify(never));
    CHECK(aclrtDestroyStream(first));
    CHECK(aclrtDestroyStream(second));
    CHECK(aclrtResetDevice(0));
    CHECK(aclFinalize());
    return 0;
}
