// A task that fails, on a stream that goes on and on one that stops; a function of the program's is told of each.
#include "check.h"

#include <atomic>

static std::atomic<int> told{0};
static std::atomic<uint32_t> last_code{0};

static void tell(aclrtExceptionInfo *info)
{
    last_code = aclrtGetErrorCodeFromExceptionInfo(info);
    if (aclrtGetDeviceIdFromExceptionInfo(info) == 0)
        told++;
}

static void fail(uint64_t mode, const char *name, void *device)
{
    aclrtStream stream;
    CHECK(aclrtCreateStream(&stream));
    CHECK(aclrtSetStreamFailureMode(stream, mode));
    CHECK(aclrtMemsetAsync(device, 64, 1, 64, stream));
    const int code = aclrtSynchronizeStream(stream);
    const int later = aclrtMemsetAsync(device, 64, 3, 64, stream);
    printf("%s: sync gave %d, a launch behind it %d, told %d times\n", name, code, later, told.load());
    (void)aclrtDestroyStreamForce(stream);
}

int main()
{
    CHECK(aclInit(nullptr));
    CHECK(aclrtSetDevice(0));
    CHECK(aclrtSetExceptionInfoCallback(tell));
    void *device;
    CHECK(aclrtMalloc(&device, 64, ACL_MEM_MALLOC_HUGE_FIRST));
    fail(ACL_CONTINUE_ON_FAILURE, "goes on", device);
    fail(ACL_STOP_ON_FAILURE, "stops", device);
    printf("code %u\n", last_code.load());
    CHECK(aclrtSetExceptionInfoCallback(nullptr));
    CHECK(aclrtFree(device));
    CHECK(aclrtResetDevice(0));
    CHECK(aclFinalize());
    return 0;
}
