/* Functions that the simulator lacks do nothing, and say so. */
#include "check.h"

#include <acl/acl_op_compiler.h>

int main(void)
{
    aclmdlRI graph = NULL;
    for (int i = 0; i < 3; i++)
        EXPECT(ACL_ERROR_API_NOT_SUPPORT, aclmdlRICaptureEnd(NULL, &graph));
    printf("%s %s\n", aclCreateGraphDumpOpt() == NULL ? "none" : "some", graph == NULL ? "untouched" : "written");
    EXPECT(ACL_ERROR_API_NOT_SUPPORT, aclopLoad(NULL, 0));
    return 0;
}
