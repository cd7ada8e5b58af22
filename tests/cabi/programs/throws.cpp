// An exception that leaves a callback, with somebody above who would catch it.
#include "check.h"

#include <pthread.h>
#include <stdexcept>

static void thrower(void *) { throw std::runtime_error("thrown in a callback"); }

int main()
{
    aclrtStream stream;
    CHECK(aclInit(nullptr));
    CHECK(aclrtSetDevice(0));
    CHECK(aclrtCreateStream(&stream));
    CHECK(aclrtSubscribeReport(static_cast<uint64_t>(pthread_self()), stream));
    CHECK(aclrtLaunchCallback(thrower, nullptr, ACL_CALLBACK_BLOCK, stream));
    try {
        (void)aclrtProcessReport(1000);
    } catch (const std::exception &) {
        printf("caught\n");
    }
    return 0;
}
