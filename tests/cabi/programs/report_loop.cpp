// The loop of the vendor's guide: one thread polls for reports until it is told to stop.
#include "check.h"

#include <atomic>
#include <thread>
#include <vector>

static std::atomic<bool> stop{false};
static std::thread::id reporter;
static std::vector<int> seen;

static void note(void *data)
{
    if (std::this_thread::get_id() != reporter)
        std::exit(8);
    seen.push_back(*static_cast<int *>(data));
}

int main()
{
    CHECK(aclInit(nullptr));
    CHECK(aclrtSetDevice(0));
    aclrtContext context;
    CHECK(aclrtGetCurrentContext(&context));
    aclrtStream stream;
    CHECK(aclrtCreateStream(&stream));

    std::thread thread([&] {
        CHECK(aclrtSetCurrentContext(context));
        while (!stop)
            (void)aclrtProcessReport(1000);
    });
    reporter = thread.get_id();
    const uint64_t id = static_cast<uint64_t>(thread.native_handle());
    CHECK(aclrtSubscribeReport(id, stream));

    std::vector<int> numbers(100);
    for (int i = 0; i < 100; i++) {
        numbers[i] = i;
        CHECK(aclrtLaunchCallback(note, &numbers[i], ACL_CALLBACK_BLOCK, stream));
    }
    CHECK(aclrtSynchronizeStream(stream));
    if (seen != numbers)
        return 7;
    printf("%zu callbacks in order on the report thread\n", seen.size());

    CHECK(aclrtUnSubscribeReport(id, stream));
    stop = true;
    thread.join();
    CHECK(aclrtDestroyStream(stream));
    CHECK(aclrtResetDevice(0));
    CHECK(aclFinalize());
    printf("done\n");
    return 0;
}
