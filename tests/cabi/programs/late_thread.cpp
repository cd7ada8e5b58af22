// A wait with a timeout, and a thread that makes its first call only later: it must not come too late.
#include "check.h"

#include <chrono>
#include <thread>

int main()
{
    CHECK(aclInit(nullptr));
    CHECK(aclrtSetDevice(0));
    aclrtContext context;
    CHECK(aclrtGetCurrentContext(&context));
    aclrtStream stream;
    CHECK(aclrtCreateStream(&stream));
    std::thread thread([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        CHECK(aclrtSetCurrentContext(context));
        (void)aclrtProcessReport(60000);
    });
    CHECK(aclrtSubscribeReport(static_cast<uint64_t>(thread.native_handle()), stream));
    CHECK(aclrtLaunchCallback([](void *) { printf("called\n"); }, nullptr, ACL_CALLBACK_BLOCK, stream));
    CHECK(aclrtSynchronizeStreamWithTimeout(stream, 60000));
    printf("in time\n");
    thread.join();
    CHECK(aclrtDestroyStream(stream));
    CHECK(aclrtResetDevice(0));
    CHECK(aclFinalize());
    return 0;
}
