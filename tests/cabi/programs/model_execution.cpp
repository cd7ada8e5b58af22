// A model from a file: what its description tells, and running it both ways.
#include "check.h"

#include <cstring>
#include <vector>

int main(int, char **arguments)
{
    CHECK(aclInit(nullptr));
    CHECK(aclrtSetDevice(0));
    uint32_t model;
    CHECK(aclmdlLoadFromFile(arguments[1], &model));
    aclmdlDesc *desc = aclmdlCreateDesc();
    CHECK(aclmdlGetDesc(desc, model));
    printf("%zu input, %zu output\n", aclmdlGetNumInputs(desc), aclmdlGetNumOutputs(desc));
    aclmdlIODims dims;
    std::memset(&dims, 0xFF, sizeof dims);
    CHECK(aclmdlGetInputDims(desc, 0, &dims));
    printf("%s:", dims.name);
    for (size_t i = 0; i < dims.dimCount; i++)
        printf(" %lld", static_cast<long long>(dims.dims[i]));
    printf("\n%s %s, type %d, format %d\n", aclmdlGetInputNameByIndex(desc, 0), aclmdlGetOutputNameByIndex(desc, 0),
           aclmdlGetInputDataType(desc, 0), aclmdlGetInputFormat(desc, 0));
    size_t index = 99;
    CHECK(aclmdlGetInputIndexByName(desc, dims.name, &index));
    printf("index %zu\n", index);

    aclmdlDataset *sets[2] = {aclmdlCreateDataset(), aclmdlCreateDataset()};
    const size_t sizes[2] = {aclmdlGetInputSizeByIndex(desc, 0), aclmdlGetOutputSizeByIndex(desc, 0)};
    void *addresses[2];
    for (int i = 0; i < 2; i++) {
        CHECK(aclrtMalloc(&addresses[i], sizes[i], ACL_MEM_MALLOC_HUGE_FIRST));
        CHECK(aclmdlAddDatasetBuffer(sets[i], aclCreateDataBuffer(addresses[i], sizes[i])));
    }
    std::vector<float> values(sizes[0] / sizeof(float), 2.0F), results(sizes[1] / sizeof(float));
    CHECK(aclrtMemcpy(addresses[0], sizes[0], values.data(), sizes[0], ACL_MEMCPY_HOST_TO_DEVICE));
    CHECK(aclmdlExecute(model, sets[0], sets[1]));
    CHECK(aclrtMemcpy(results.data(), sizes[1], addresses[1], sizes[1], ACL_MEMCPY_DEVICE_TO_HOST));
    printf("executed: %zu results, first %.1f\n", results.size(), static_cast<double>(results[0]));

    aclrtStream stream;
    CHECK(aclrtCreateStream(&stream));
    CHECK(aclmdlExecuteAsync(model, sets[0], sets[1], stream));
    CHECK(aclrtSynchronizeStream(stream));
    printf("executed on a stream\n");
    EXPECT(ACL_ERROR_GE_EXEC_MODEL_PATH_INVALID, aclmdlLoadFromFile("/nowhere/model.om", &model));

    for (int i = 0; i < 2; i++) {
        CHECK(aclDestroyDataBuffer(aclmdlGetDatasetBuffer(sets[i], 0)));
        CHECK(aclmdlDestroyDataset(sets[i]));
        CHECK(aclrtFree(addresses[i]));
    }
    CHECK(aclmdlDestroyDesc(desc));
    CHECK(aclmdlUnload(model));
    CHECK(aclrtDestroyStream(stream));
    CHECK(aclrtResetDevice(0));
    CHECK(aclFinalize());
    return 0;
}
