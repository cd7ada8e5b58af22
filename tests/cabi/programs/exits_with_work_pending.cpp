// The program ends while a thread is blocked inside and a callback has not run.
#include "check.h"

#include <thread>

int main()
{
    CHECK(aclInit(nullptr));
    CHECK(aclrtSetDevice(0));
    aclrtContext context;
    CHECK(aclrtGetCurrentContext(&context));
    aclrtStream stream;
    CHECK(aclrtCreateStream(&stream));
    std::thread waiter([&] {
        CHECK(aclrtSetCurrentContext(context));
        (void)aclrtProcessReport(-1);
    });
    waiter.detach();
    CHECK(aclrtSubscribeReport(static_cast<uint64_t>(pthread_self()), stream));
    CHECK(aclrtLaunchCallback([](void *) { printf("never\n"); }, nullptr, ACL_CALLBACK_BLOCK, stream));
    printf("leaving\n");
    return 5;
}
