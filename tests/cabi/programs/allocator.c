/* An allocator of the program's, described, registered for a stream, and given back as it was. */
#include "check.h"

#include <acl/acl_rt_allocator.h>

static void *give(void *allocator, size_t size)
{
    (void)allocator;
    return malloc(size);
}

static void *give_there(void *allocator, size_t size, void *address)
{
    (void)address;
    return give(allocator, size);
}

static void take(void *allocator, void *block)
{
    (void)allocator;
    free(block);
}

static void *address_of(void *block) { return block; }

int main(void)
{
    int own = 0;
    aclrtStream stream;
    CHECK(aclInit(NULL));
    CHECK(aclrtSetDevice(0));
    CHECK(aclrtCreateStream(&stream));
    aclrtAllocatorDesc desc = aclrtAllocatorCreateDesc();
    CHECK(aclrtAllocatorSetObjToDesc(desc, &own));
    CHECK(aclrtAllocatorSetAllocFuncToDesc(desc, give));
    CHECK(aclrtAllocatorSetAllocAdviseFuncToDesc(desc, give_there));
    CHECK(aclrtAllocatorSetFreeFuncToDesc(desc, take));
    CHECK(aclrtAllocatorSetGetAddrFromBlockFuncToDesc(desc, address_of));
    CHECK(aclrtAllocatorRegister(stream, desc));

    aclrtAllocatorDesc found;
    aclrtAllocator object;
    aclrtAllocatorAllocFunc alloc;
    aclrtAllocatorFreeFunc release;
    aclrtAllocatorAllocAdviseFunc advise;
    aclrtAllocatorGetAddrFromBlockFunc get;
    CHECK(aclrtAllocatorGetByStream(stream, &found, &object, &alloc, &release, &advise, &get));
    printf("%s\n", object == &own && alloc == give && release == take && advise == give_there && get == address_of
                       ? "as registered"
                       : "something else");
    CHECK(aclrtAllocatorUnregister(stream));
    CHECK(aclrtAllocatorDestroyDesc(desc));
    CHECK(aclrtDestroyStream(stream));
    CHECK(aclrtResetDevice(0));
    CHECK(aclFinalize());
    return 0;
}
