/* Functions that the simulator lacks do nothing, and say so. */
#include "check.h"

#include <acl/acl_op_compiler.h>
#include <acl/ops/acl_cblas.h>

int main(void)
{
    aclmdlRI graph = NULL;
    for (int i = 0; i < 3; i++)
        EXPECT(ACL_ERROR_API_NOT_SUPPORT, aclmdlRICaptureEnd(NULL, &graph));
    printf("%s %s\n", aclCreateGraphDumpOpt() == NULL ? "none" : "some", graph == NULL ? "untouched" : "written");
    EXPECT(ACL_ERROR_API_NOT_SUPPORT,
           aclblasHgemm(ACL_TRANS_N, ACL_TRANS_N, ACL_TRANS_N, 1, 1, 1, NULL, NULL, 0, NULL, 0, NULL, NULL, 0,
                        ACL_COMPUTE_HIGH_PRECISION, NULL));
    return 0;
}
