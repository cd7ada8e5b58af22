/* Host functions run on a thread of the runtime's own, in the order of their stream, which waits for each. */
#include "check.h"

#include <pthread.h>
#include <string.h>

static pthread_t first, seen;
static int order[8], count;

static void note(void *data)
{
    seen = pthread_self();
    order[count++] = *(int *)data;
}

int main(void)
{
    int numbers[] = {3, 1, 2};
    unsigned char bytes[16];
    void *device, *pinned;
    aclrtStream stream;
    first = pthread_self();
    CHECK(aclInit(NULL));
    CHECK(aclrtSetDevice(0));
    CHECK(aclrtCreateStream(&stream));
    CHECK(aclrtMalloc(&device, sizeof bytes, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK(aclrtMallocHost(&pinned, sizeof bytes));

    for (int i = 0; i < 3; i++)
        CHECK(aclrtLaunchHostFunc(stream, note, &numbers[i]));
    CHECK(aclrtMemsetAsync(device, sizeof bytes, 7, sizeof bytes, stream));
    CHECK(aclrtMemcpyAsync(pinned, sizeof bytes, device, sizeof bytes, ACL_MEMCPY_DEVICE_TO_HOST, stream));
    CHECK(aclrtSynchronizeStream(stream));
    memset(bytes, 7, sizeof bytes);
    printf("%d host functions: %d %d %d\n", count, order[0], order[1], order[2]);
    printf("%s thread\n", pthread_equal(first, seen) ? "the program's" : "the runtime's own");
    printf("%s\n", memcmp(pinned, bytes, sizeof bytes) == 0 ? "the copy came behind" : "wrong bytes");

    EXPECT(ACL_ERROR_RT_PARAM_INVALID, aclrtLaunchHostFunc(stream, NULL, NULL));
    CHECK(aclrtFree(device));
    CHECK(aclrtFreeHost(pinned));
    CHECK(aclrtDestroyStream(stream));
    CHECK(aclrtResetDevice(0));
    CHECK(aclFinalize());
    return 0;
}
