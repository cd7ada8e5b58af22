/* A library whose functions return 0 when they get what test_every_function.py gives. */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define SAME(given, text) (strcmp(given, text) == 0)

int aclSetTensorShape(long desc, int count, const int64_t *dims)
{
    return !(desc == 9 && count == 3 && dims[0] == 4 && dims[2] == -6);
}

int aclSetTensorShapeRange(long desc, size_t count, int64_t ranges[][2])
{
    return !(desc == 9 && count == 2 && ranges[0][1] == 2 && ranges[1][0] == 3);
}

int aclopSetAttrListBool(long attr, const char *name, int count, const uint8_t *values)
{
    return !(attr == 9 && SAME(name, "flags") && count == 2 && values[0] == 5 && values[1] == 0);
}

int aclopSetAttrListString(long attr, const char *name, int count, const char **values)
{
    return !(SAME(name, "n") && count == 3 && SAME(values[0], "first") && SAME(values[2], ""));
}

int aclopSetAttrListListInt(long attr, const char *name, int lists, const int *counts, int64_t **values)
{
    return !(lists == 3 && counts[0] == 2 && counts[1] == 0 && counts[2] == 1 && values[0][1] == -2 && values[2][0] == 3);
}

int aclopExecuteV2(const char *type, int inputs, long *input_descs, long *given, int outputs, long *output_descs,
                   long *taken, long attr, long stream)
{
    int in = inputs == 2 && input_descs[1] == 12 && given[0] == 13 && given[1] == 14;
    int out = outputs == 1 && output_descs[0] == 15 && taken[0] == 16;
    return !(SAME(type, "Conv2D") && in && out && attr == 17 && stream == 18);
}

int aclopCreateHandle(const char *type, int inputs, long *input_descs, int outputs, long *output_descs, long attr,
                      long *handle)
{
    *handle = 77;
    return !(SAME(type, "Add") && inputs == 2 && input_descs[1] == 12 && outputs == 1 && output_descs[0] == 15 &&
             attr == 17);
}

int aclopExecWithHandle(long handle, int inputs, long *given, int outputs, long *taken, long stream)
{
    return !(handle == 9 && inputs == 2 && given[1] == 12 && outputs == 1 && taken[0] == 13 && stream == 14);
}

int aclmdlSetExecConfigOpt(long handle, int attr, const int32_t *value, size_t size)
{
    return !(handle == 9 && attr == 1 && size == 4 && *value == -1);
}

int aclmdlSetConfigOpt(long handle, int attr, const void *value, size_t size)
{
    if (attr == 0)
        return !(size == 4 && *(const int32_t *)value == 3);
    if (attr == 2)
        return !(size == 8 && SAME(*(const char *const *)value, "model.om"));
    return !(size == 8 && *(const uint64_t *)value == 1ull << 40);
}

struct malloc_config {
    struct {
        int attr;
        uint16_t module;
        uint16_t rest[3];
    } *attrs;
    size_t count;
};

int aclrtMallocWithCfg(void **made, size_t size, int policy, struct malloc_config *config)
{
    *made = (void *)88;
    return !(size == 64 && policy == 2 && config->count == 2 && config->attrs[1].attr == 1 &&
             config->attrs[1].module == 7);
}

int aclrtMallocHostWithCfg(void **made, uint64_t size, void *config)
{
    *made = (void *)88;
    return !(size == 64 && config == NULL);
}

struct launch_config {
    struct {
        int id;
        uint32_t value[4];
    } *attrs;
    size_t count;
};

int aclrtLaunchKernelWithConfig(long function, uint32_t blocks, long stream, struct launch_config *config, long args,
                                void *reserved)
{
    return !(blocks == 4 && config->count == 2 && config->attrs[1].id == 3 && config->attrs[1].value[0] == 6 &&
             args == 5 && reserved == NULL);
}

int aclrtSetStreamAttribute(long stream, int attr, const uint32_t *value)
{
    return !(attr == 7 && value[0] == 1 && value[3] == 4);
}

void aclAppLog(int level, const char *function, const char *file, uint32_t line, const char *format, ...)
{
    printf(format, "wrong");
    fflush(stdout);
}

int aclrtDeviceGetUuid(int device, unsigned char *uuid)
{
    for (int at = 0; at < 16; at++)
        uuid[at] = 240 + at;
    return 0;
}

int aclrtGetGroupInfoDetail(long info, int group, int attr, void *values, size_t room, size_t *size)
{
    ((int32_t *)values)[1] = attr;
    *size = 8;
    return group;
}

int aclGetCannAttributeList(const int **list, size_t *count)
{
    static const int all[] = {3, 5};
    *list = all;
    *count = 2;
    return 0;
}
