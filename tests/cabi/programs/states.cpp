// Functions of the program's that are told when streams and devices come and go.
#include "check.h"

#include <string>

static std::string heard;

static void stream_state(aclrtStream, aclrtStreamState state, void *args)
{
    heard += static_cast<const char *>(args);
    heard += state == ACL_RT_STREAM_STATE_CREATE_POST ? '+' : '-';
}

static void device_state(int32_t device, aclrtDeviceState, void *args)
{
    heard += static_cast<const char *>(args) + std::to_string(device);
}

int main()
{
    char streams[] = "s", devices[] = "d";
    CHECK(aclInit(nullptr));
    CHECK(aclrtRegDeviceStateCallback("own", device_state, devices));
    CHECK(aclrtSetDevice(0));
    printf("devices: %s\n", heard.empty() ? "silent" : "heard of");
    heard.clear();
    CHECK(aclrtRegStreamStateCallback("own", stream_state, streams));
    aclrtStream stream;
    CHECK(aclrtCreateStream(&stream));
    CHECK(aclrtDestroyStream(stream));
    printf("streams: %s\n", heard.c_str());
    CHECK(aclrtRegStreamStateCallback("own", nullptr, nullptr));
    CHECK(aclrtRegDeviceStateCallback("own", nullptr, nullptr));
    CHECK(aclrtResetDevice(0));
    CHECK(aclFinalize());
    return 0;
}
