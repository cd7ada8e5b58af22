/* Two processes: the child of a fork behind the first call cannot go on, that of one before it can. */
#include "check.h"

#include <sys/wait.h>
#include <unistd.h>

static int child(int inherited)
{
    aclrtStream stream = NULL;
    aclError code = aclInit(NULL);
    if (inherited)
        return code == 500000 && aclrtCreateStream(&stream) == 500000 && aclrtGetSocName() == NULL ? 0 : 1;
    return code == ACL_SUCCESS && aclrtSetDevice(0) == ACL_SUCCESS && aclFinalize() == ACL_SUCCESS ? 0 : 1;
}

static const char *forked(int inherited)
{
    int status = 0;
    pid_t process = fork();
    if (process == 0)
        exit(child(inherited));
    waitpid(process, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? "as expected" : "wrong";
}

int main(void)
{
    printf("forked before: %s\n", forked(0));
    fflush(stdout);
    CHECK(aclInit(NULL));
    CHECK(aclrtSetDevice(0));
    printf("forked behind: %s\n", forked(1));
    CHECK(aclrtResetDevice(0));
    CHECK(aclFinalize());
    printf("the parent goes on\n");
    return 0;
}
