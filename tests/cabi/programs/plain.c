/* The least program there is. */
#include <acl/acl.h>
#include <stdio.h>

int main(void)
{
    uint32_t count = 0;
    aclError code = aclInit(NULL);
    printf("%d\n", (int)code);
    if (code != ACL_SUCCESS)
        return 1;
    if (aclrtGetDeviceCount(&count) != ACL_SUCCESS)
        return 2;
    printf("%s, %u devices\n", aclrtGetSocName(), count);
    return 0;
}
