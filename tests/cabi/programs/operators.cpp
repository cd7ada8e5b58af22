/* Single operators: lists of descriptions and buffers, lists of texts and lists of lists as attributes. */
#include "check.h"

#include <acl/acl_op.h>

#include <cstdint>

int main()
{
    CHECK(aclInit(nullptr));
    CHECK(aclrtSetDevice(0));
    aclrtStream stream = nullptr;
    CHECK(aclrtCreateStream(&stream));

    const int64_t shape[] = {2, 2};
    const float numbers[] = {1, 2, 3, 4};
    float results[4] = {};
    void *from = nullptr, *to = nullptr;
    CHECK(aclrtMalloc(&from, sizeof numbers, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK(aclrtMalloc(&to, sizeof results, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK(aclrtMemcpy(from, sizeof numbers, numbers, sizeof numbers, ACL_MEMCPY_HOST_TO_DEVICE));
    aclTensorDesc *input[] = {aclCreateTensorDesc(ACL_FLOAT, 2, shape, ACL_FORMAT_ND)};
    aclTensorDesc *output[] = {aclCreateTensorDesc(ACL_FLOAT, 2, shape, ACL_FORMAT_ND)};
    aclDataBuffer *held[] = {aclCreateDataBuffer(from, sizeof numbers)};
    aclDataBuffer *made[] = {aclCreateDataBuffer(to, sizeof results)};

    aclopAttr *attr = aclopCreateAttr();
    const char *const words[] = {"one", "two"};
    const int64_t first[] = {1, 2, 3}, second[] = {4};
    const int64_t *const lists[] = {first, second};
    const int lengths[] = {3, 1};
    const aclError texts = aclopSetAttrListString(attr, "words", 2, const_cast<const char **>(words));
    const aclError nested = aclopSetAttrListListInt(attr, "lists", 2, lengths, lists);
    const aclError one = aclopSetAttrInt(attr, "factor", 3);

    printf("attributes: %d %d %d\n", texts, nested, one);

    CHECK(aclopExecuteV2("Scaled", 1, input, held, 1, output, made, attr, stream));
    CHECK(aclrtSynchronizeStream(stream));
    CHECK(aclrtMemcpy(results, sizeof results, to, sizeof results, ACL_MEMCPY_DEVICE_TO_HOST));
    printf("scaled: %g %g %g %g\n", results[0], results[1], results[2], results[3]);

    printf("unknown: %d\n", aclopExecuteV2("NoSuchOperator", 1, input, held, 1, output, made, attr, stream));
    const int64_t open_shape[] = {-1, 2};
    aclTensorDesc *open_input[] = {aclCreateTensorDesc(ACL_FLOAT, 2, open_shape, ACL_FORMAT_ND)};
    printf("an open dimension: %d\n",
           aclopExecuteV2("Scaled", 1, open_input, held, 1, output, made, attr, stream));
    CHECK(aclFinalize());
    return 0;
}
