/* A blocking callback without a thread that polls: on hardware this hangs. */
#include "check.h"

#include <pthread.h>

static void never(void *data) { (void)data; }

int main(void)
{
    aclrtStream stream;
    CHECK(aclInit(NULL));
    CHECK(aclrtSetDevice(0));
    CHECK(aclrtCreateStream(&stream));
    CHECK(aclrtSubscribeReport((uint64_t)pthread_self(), stream));
    CHECK(aclrtLaunchCallback(never, NULL, ACL_CALLBACK_BLOCK, stream));
    printf("launched\n");
    fflush(stdout);
    CHECK(aclrtSynchronizeStream(stream));
    printf("never printed\n");
    return 0;
}
