/* What goes wrong is told by codes: those that are remembered, those that are not, and in words. */
#include "check.h"

#include <string.h>

int main(void)
{
    aclrtStream stream;
    void *device;
    int32_t least, greatest;
    CHECK(aclInit(NULL));
    EXPECT(ACL_ERROR_REPEAT_INITIALIZE, aclInit(NULL));
    EXPECT(ACL_ERROR_RT_INVALID_DEVICEID, aclrtSetDevice(1000));
    printf("remembered: %d\n", (int)aclrtPeekAtLastError(ACL_RT_THREAD_LEVEL));
    printf("and forgotten: %d", (int)aclrtGetLastError(ACL_RT_THREAD_LEVEL));
    printf(" %d\n", (int)aclrtGetLastError(ACL_RT_THREAD_LEVEL));

    CHECK(aclrtSetDevice(0));
    EXPECT(ACL_ERROR_INVALID_PARAM, aclrtCreateStream(NULL));
    const char *message = aclGetRecentErrMsg();
    printf("in words: %s\n", message != NULL && strstr(message, "stream is NULL") != NULL ? "stream is NULL" : "?");
    printf("told once: %s\n", aclGetRecentErrMsg() == NULL ? "yes" : "no");

    EXPECT(ACL_ERROR_INVALID_PARAM, aclrtMalloc(&device, 0, ACL_MEM_MALLOC_HUGE_FIRST));
    EXPECT(ACL_ERROR_INVALID_PARAM, aclrtMalloc(NULL, 16, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK(aclrtDeviceGetStreamPriorityRange(NULL, NULL));
    CHECK(aclrtDeviceGetStreamPriorityRange(&least, &greatest));
    printf("priorities: %d to %d\n", (int)least, (int)greatest);
    uint32_t flags;
    int32_t active;
    EXPECT(ACL_ERROR_INVALID_PARAM, aclrtGetPrimaryCtxState(0, &flags, &active));
    CHECK(aclrtGetPrimaryCtxState(0, NULL, &active));
    printf("active: %d\n", (int)active);

    CHECK(aclrtCreateStream(&stream));
    CHECK(aclrtDestroyStream(stream));
    EXPECT(ACL_ERROR_RT_INVALID_HANDLE, aclrtSynchronizeStream(stream));
    EXPECT(ACL_ERROR_RT_INVALID_HANDLE, aclrtSynchronizeStream((aclrtStream)&stream));
    CHECK(aclrtResetDevice(0));
    CHECK(aclFinalize());
    return 0;
}
