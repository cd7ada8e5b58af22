/* What libascendcl.so (front.c) and the library that holds Python (engine.c) know of each other. */
#ifndef ACLSIM_FRONT_H
#define ACLSIM_FRONT_H

#include <stddef.h>
#include <stdint.h>

struct aclsim_seat;

/* What the front offers: functions of the surface, by number, and what only C can do. */
struct aclsim_front {
    /* Changes whenever arguments are passed differently: both sides must have been made together. */
    const char *stamp;
    /* The functions that are passed on, by the numbers of `call`. */
    const char *const *names;
    int32_t count;
    /* Calls a function of the program's, of the type with that number in `types`. */
    int64_t (*invoke)(int32_t type, uintptr_t function, const int64_t *cells);
    const char *const *types;
    int32_t type_count;
    /* How many threads that had called have ended, and takes their ids: at most `room`; returns how many. */
    int32_t *departures;
    int32_t (*departed)(uint64_t *ids, int32_t room);
    /* The gate: one thread at a time is in Python. Those of the program pass it with each call; Python's own do it
       themselves. */
    void (*gate_enter)(void);
    void (*gate_leave)(void);
    /* Where a thread waits outside of the gate until another one, inside, rings; `ns` below 0 is for ever. */
    struct aclsim_seat *(*seat_new)(void);
    void (*seat_ring)(struct aclsim_seat *seat);
    int32_t (*seat_rest)(struct aclsim_seat *seat, int64_t ns);
    /* Writes the path of the file that holds an address, and returns where that file lies; 0 when nobody knows. */
    uintptr_t (*file)(uintptr_t address, char *path, size_t room);
    /* Writes the name of a C++ function as it was declared, or *name* itself. */
    void (*plain)(const char *name, char *text, size_t room);
};

/* What the engine offers. Each argument is one cell; results other than the code go through pointers. */
typedef int64_t (*aclsim_call_fn)(int32_t number, int64_t *cells, uintptr_t site);
/* Starts Python, unless it runs already, and the session; 0, or a line on stderr and something else. */
typedef int (*aclsim_boot_fn)(const char *interpreter, const struct aclsim_front *front);
typedef void (*aclsim_leave_fn)(void);

#endif
