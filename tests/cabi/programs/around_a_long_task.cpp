// Callbacks before and behind a task that takes an hour of the device: simulated time does not wait for it.
#include "check.h"

#include <atomic>
#include <pthread.h>
#include <thread>

static std::atomic<bool> stop{false};
static aclrtContext context;
static aclrtStream stream;
static uint32_t model;
static aclmdlDataset *input, *output;

static void *poll(void *)
{
    CHECK(aclrtSetCurrentContext(context));
    while (!stop)
        (void)aclrtProcessReport(100);
    return nullptr;
}

static void say(void *text)
{
    printf("%s\n", static_cast<const char *>(text));
}

static aclmdlDataset *dataset(size_t size)
{
    void *address;
    CHECK(aclrtMalloc(&address, size, ACL_MEM_MALLOC_NORMAL_ONLY));
    aclmdlDataset *made = aclmdlCreateDataset();
    CHECK(aclmdlAddDatasetBuffer(made, aclCreateDataBuffer(address, size)));
    return made;
}

static void drop(aclmdlDataset *made)
{
    aclDataBuffer *buffer = aclmdlGetDatasetBuffer(made, 0);
    CHECK(aclrtFree(aclGetDataBufferAddr(buffer)));
    CHECK(aclDestroyDataBuffer(buffer));
    CHECK(aclmdlDestroyDataset(made));
}

int main(int, char **arguments)
{
    CHECK(aclInit(nullptr));
    CHECK(aclrtSetDevice(0));
    CHECK(aclrtGetCurrentContext(&context));
    CHECK(aclrtCreateStream(&stream));
    CHECK(aclmdlLoadFromFile(arguments[1], &model));
    aclmdlDesc *desc = aclmdlCreateDesc();
    CHECK(aclmdlGetDesc(desc, model));
    input = dataset(aclmdlGetInputSizeByIndex(desc, 0));
    output = dataset(aclmdlGetOutputSizeByIndex(desc, 0));

    pthread_t thread;
    pthread_create(&thread, nullptr, poll, nullptr);
    CHECK(aclrtSubscribeReport(static_cast<uint64_t>(thread), stream));
    // A thread that has called and is gone does not count any more.
    std::thread([] { CHECK(aclrtSetCurrentContext(context)); }).join();
    aclrtEvent before, behind;
    CHECK(aclrtCreateEventWithFlag(&before, ACL_EVENT_TIME_LINE));
    CHECK(aclrtCreateEventWithFlag(&behind, ACL_EVENT_TIME_LINE));

    CHECK(aclrtLaunchCallback(say, const_cast<char *>("before"), ACL_CALLBACK_BLOCK, stream));
    CHECK(aclrtRecordEvent(before, stream));
    CHECK(aclmdlExecuteAsync(model, input, output, stream));
    CHECK(aclrtRecordEvent(behind, stream));
    CHECK(aclrtLaunchCallback(say, const_cast<char *>("behind"), ACL_CALLBACK_BLOCK, stream));
    CHECK(aclrtSynchronizeStream(stream));
    float ms;
    CHECK(aclrtEventElapsedTime(&ms, before, behind));
    printf("%s\n", ms >= 3600000.0F ? "an hour later" : "too early");

    CHECK(aclrtUnSubscribeReport(static_cast<uint64_t>(thread), stream));
    stop = true;
    pthread_join(thread, nullptr);
    CHECK(aclrtDestroyEvent(before));
    CHECK(aclrtDestroyEvent(behind));
    drop(input);
    drop(output);
    CHECK(aclmdlDestroyDesc(desc));
    CHECK(aclmdlUnload(model));
    CHECK(aclrtDestroyStream(stream));
    CHECK(aclrtResetDevice(0));
    CHECK(aclFinalize());
    return 0;
}
