/* Copies each way on one stream, of pinned and of pageable memory; what comes back is what was sent. */
#include "check.h"

#include <string.h>

enum { SIZE = 1 << 16 };

static void copy(void *to, const void *from, aclrtMemcpyKind kind, aclrtStream stream)
{
    CHECK(aclrtMemcpyAsync(to, SIZE, from, SIZE, kind, stream));
}

int main(void)
{
    aclrtStream stream;
    void *first, *second;
    unsigned char *out, *back, *pageable = malloc(SIZE);
    CHECK(aclInit(NULL));
    CHECK(aclrtSetDevice(0));
    CHECK(aclrtCreateStream(&stream));
    CHECK(aclrtMalloc(&first, SIZE, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK(aclrtMalloc(&second, SIZE, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK(aclrtMallocHost((void **)&out, SIZE));
    CHECK(aclrtMallocHost((void **)&back, SIZE));
    for (int i = 0; i < SIZE; i++)
        out[i] = (unsigned char)(i * 7);

    copy(first, out, ACL_MEMCPY_HOST_TO_DEVICE, stream);
    copy(second, first, ACL_MEMCPY_DEVICE_TO_DEVICE, stream);
    copy(back, second, ACL_MEMCPY_DEVICE_TO_HOST, stream);
    CHECK(aclrtSynchronizeStream(stream));
    printf("pinned: %s\n", memcmp(out, back, SIZE) == 0 ? "same" : "different");

    memset(pageable, 0, SIZE);
    copy(pageable, second, ACL_MEMCPY_DEVICE_TO_HOST, stream);
    CHECK(aclrtSynchronizeStream(stream));
    printf("pageable: %s\n", memcmp(out, pageable, SIZE) == 0 ? "same" : "different");

    memset(back, 0, SIZE);
    CHECK(aclrtMemcpy(back, SIZE, first, SIZE, ACL_MEMCPY_DEVICE_TO_HOST));
    printf("synchronous: %s\n", memcmp(out, back, SIZE) == 0 ? "same" : "different");
    EXPECT(ACL_ERROR_RT_PARAM_INVALID,
           aclrtMemcpyAsync(first, SIZE / 2, out, SIZE, ACL_MEMCPY_HOST_TO_DEVICE, stream));

    free(pageable);
    CHECK(aclrtFree(first));
    CHECK(aclrtFree(second));
    CHECK(aclrtFreeHost(out));
    CHECK(aclrtFreeHost(back));
    CHECK(aclrtDestroyStream(stream));
    CHECK(aclrtResetDevice(0));
    CHECK(aclFinalize());
    return 0;
}
