/* What all programs here share: a call that fails ends them with a line that names it. */
#ifndef CHECK_H
#define CHECK_H

#include <acl/acl.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(call)                                                  \
    do {                                                             \
        aclError code_ = (call);                                     \
        if (code_ != ACL_SUCCESS) {                                  \
            fprintf(stderr, "%s gave %d\n", #call, (int)code_);      \
            exit(9);                                                 \
        }                                                            \
    } while (0)

#define EXPECT(wanted, call)                                                              \
    do {                                                                                  \
        long long code_ = (long long)(call);                                              \
        if (code_ != (long long)(wanted)) {                                               \
            fprintf(stderr, "%s gave %lld, not %lld\n", #call, code_, (long long)(wanted)); \
            exit(9);                                                                      \
        }                                                                                 \
    } while (0)

#endif
