// Many threads, each with a stream of its own and callbacks on two report threads; threads come and go.
#include "check.h"

#include <atomic>
#include <thread>
#include <vector>

static std::atomic<int> callbacks{0};
static std::atomic<bool> stop{false};

static void count(void *) { callbacks++; }

int main()
{
    const int rounds = 3, workers = 12, launches = 25;
    CHECK(aclInit(nullptr));
    CHECK(aclrtSetDevice(0));
    aclrtContext context;
    CHECK(aclrtGetCurrentContext(&context));
    std::vector<std::thread> reporters;
    std::vector<uint64_t> ids;
    for (int i = 0; i < 2; i++) {
        reporters.emplace_back([&] {
            CHECK(aclrtSetCurrentContext(context));
            while (!stop)
                (void)aclrtProcessReport(100);
        });
        ids.push_back(static_cast<uint64_t>(reporters.back().native_handle()));
    }
    for (int round = 0; round < rounds; round++) {
        std::vector<std::thread> threads;
        for (int i = 0; i < workers; i++)
            threads.emplace_back([&, i] {
                aclrtStream stream;
                CHECK(aclrtSetCurrentContext(context));
                CHECK(aclrtCreateStream(&stream));
                CHECK(aclrtSubscribeReport(ids[i % 2], stream));
                for (int launch = 0; launch < launches; launch++)
                    CHECK(aclrtLaunchCallback(
                        count, nullptr, launch % 2 ? ACL_CALLBACK_NO_BLOCK : ACL_CALLBACK_BLOCK, stream));
                CHECK(aclrtSynchronizeStream(stream));
                CHECK(aclrtLaunchCallback(count, nullptr, ACL_CALLBACK_BLOCK, stream));
                CHECK(aclrtSynchronizeStream(stream));
                CHECK(aclrtUnSubscribeReport(ids[i % 2], stream));
                CHECK(aclrtDestroyStream(stream));
            });
        for (auto &thread : threads)
            thread.join();
        printf("round %d: %d callbacks\n", round, callbacks.load());
    }
    stop = true;
    for (auto &thread : reporters)
        thread.join();
    CHECK(aclrtResetDevice(0));
    CHECK(aclFinalize());
    return 0;
}
