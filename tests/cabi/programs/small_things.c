/* What a library must leave alone: the locale, signals, threads with a small stack or on their way out. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"

#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

static aclrtContext context;
static aclrtStream stream;

static void *small(void *unused)
{
    CHECK(aclrtSetCurrentContext(context));
    CHECK(aclrtSynchronizeStream(stream));
    return unused;
}

static void *cancelled(void *unused)
{
    CHECK(aclrtSetCurrentContext(context));
    CHECK(aclrtSubscribeReport((uint64_t)pthread_self(), stream));
    pthread_cancel(pthread_self());
    (void)aclrtProcessReport(10); /* waits on a point of cancellation */
    CHECK(aclrtUnSubscribeReport((uint64_t)pthread_self(), stream));
    pthread_testcancel();
    return unused;
}

int main(void)
{
    struct sigaction before, behind;
    pthread_t thread;
    pthread_attr_t attributes;
    void *result = NULL;
    sigaction(SIGINT, NULL, &before);
    CHECK(aclInit(NULL));
    sigaction(SIGINT, NULL, &behind);
    printf("locale: %s\n", setlocale(LC_CTYPE, NULL));
    printf("signals: %s\n", before.sa_handler == behind.sa_handler ? "untouched" : "taken");
    CHECK(aclrtSetDevice(0));
    CHECK(aclrtGetCurrentContext(&context));
    CHECK(aclrtCreateStream(&stream));

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 256 * 1024);
    pthread_create(&thread, &attributes, small, NULL);
    pthread_join(thread, NULL);
    printf("a small stack is enough\n");

    pthread_create(&thread, NULL, cancelled, NULL);
    pthread_join(thread, &result);
    printf("cancelled: %s\n", result == PTHREAD_CANCELED ? "when it was out" : "no");
    CHECK(aclrtSynchronizeStream(stream));
    CHECK(aclrtDestroyStream(stream));
    CHECK(aclrtResetDevice(0));
    CHECK(aclFinalize());
    return 0;
}
