// The main thread waits for a callback of a stream that the polling thread is not subscribed to.
#include "check.h"

#include <atomic>
#include <thread>

static std::atomic<bool> stop{false};

int main()
{
    CHECK(aclInit(nullptr));
    CHECK(aclrtSetDevice(0));
    aclrtContext context;
    CHECK(aclrtGetCurrentContext(&context));
    aclrtStream served, forgotten;
    CHECK(aclrtCreateStream(&served));
    CHECK(aclrtCreateStream(&forgotten));
    std::thread thread([&] {
        CHECK(aclrtSetCurrentContext(context));
        while (!stop)
            (void)aclrtProcessReport(10);
    });
    CHECK(aclrtSubscribeReport(static_cast<uint64_t>(thread.native_handle()), served));
    CHECK(aclrtSubscribeReport(static_cast<uint64_t>(pthread_self()), forgotten));
    CHECK(aclrtLaunchCallback([](void *) {}, nullptr, ACL_CALLBACK_BLOCK, forgotten));
    printf("launched\n");
    fflush(stdout);
    CHECK(aclrtSynchronizeStream(forgotten));
    return 0;
}
