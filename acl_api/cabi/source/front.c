/*
 * libascendcl.so in front of Python: starts it at the first call, and passes calls on.
 *
 * Nothing here links against Python. Whatever goes wrong before the first line of it, in a child of a fork, or in a
 * function that is not modelled, is told once, in one line, and ends in a code. The functions of the surface are
 * generated behind this file.
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "front.h"

enum state { NEW, STARTING, READY, FAILED, FORKED };

static atomic_int state = NEW;
static pthread_mutex_t starting = PTHREAD_MUTEX_INITIALIZER;
static const char *first_call;
static pid_t started_in;
static aclsim_call_fn engine_call;
static aclsim_leave_fn engine_leave;

static const int64_t FAILURE = 500000; /* ACL_ERROR_INTERNAL_ERROR */

static void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void tell(const char *format, ...)
{
    char text[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fprintf(stderr, "aclsim: %s\n", text);
}

/* -- threads ---------------------------------------------------------------------------------------------------- */

static pthread_key_t ends;
static _Thread_local int known;
static pthread_mutex_t departing = PTHREAD_MUTEX_INITIALIZER;
static uint64_t *departed_ids;
static int32_t departed_count, departed_room;
static int32_t departures;

/* The thread that runs this has made calls and is about to end: Python is told when it looks next. */
static void thread_ends(void *unused)
{
    (void)unused;
    known = 0;
    pthread_mutex_lock(&departing);
    if (departed_count == departed_room) {
        int32_t room = departed_room ? 2 * departed_room : 16;
        uint64_t *more = realloc(departed_ids, (size_t)room * sizeof *more);
        if (more != NULL) {
            departed_ids = more;
            departed_room = room;
        }
    }
    if (departed_count < departed_room)
        departed_ids[departed_count++] = (uint64_t)pthread_self();
    departures = departed_count;
    pthread_mutex_unlock(&departing);
}

static int32_t take_departed(uint64_t *ids, int32_t room)
{
    pthread_mutex_lock(&departing);
    int32_t taken = departed_count < room ? departed_count : room;
    if (taken > 0) {
        memcpy(ids, departed_ids, (size_t)taken * sizeof *ids);
        departed_count -= taken;
        memmove(departed_ids, departed_ids + taken, (size_t)departed_count * sizeof *ids);
    }
    departures = departed_count;
    pthread_mutex_unlock(&departing);
    return taken;
}

/* -- the gate ---------------------------------------------------------------------------------------------------- */

/* Python lets one thread run at a time anyway. Here they wait before they ask for it, so that nobody is woken only to
   wait again; and whoever is rung wakes up when the one who rang has left. */
struct aclsim_seat {
    sem_t bell;
    int rung;
    struct aclsim_seat *next; /* of those to be woken */
};

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local int inside;
static struct aclsim_seat *to_wake;

static void gate_enter(void)
{
    pthread_mutex_lock(&gate);
    inside = 1;
}

static void gate_leave(void)
{
    struct aclsim_seat *seat = to_wake;
    to_wake = NULL;
    inside = 0;
    pthread_mutex_unlock(&gate);
    while (seat != NULL) {
        struct aclsim_seat *next = seat->next;
        sem_post(&seat->bell);
        seat = next;
    }
}

static struct aclsim_seat *seat_new(void)
{
    struct aclsim_seat *seat = calloc(1, sizeof *seat);
    if (seat != NULL)
        sem_init(&seat->bell, 0, 0);
    return seat;
}

static void seat_ring(struct aclsim_seat *seat)
{
    if (seat->rung)
        return;
    seat->rung = 1;
    seat->next = to_wake;
    to_wake = seat;
}

/* Waits for the bell; whoever has rung it in the meantime will post, so that post is taken, too. */
static int32_t seat_rest(struct aclsim_seat *seat, int64_t ns)
{
    gate_leave();
    if (ns < 0) {
        while (sem_wait(&seat->bell) != 0)
            continue;
    } else {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += (time_t)(ns / 1000000000);
        until.tv_nsec += (long)(ns % 1000000000);
        if (until.tv_nsec >= 1000000000) {
            until.tv_sec++;
            until.tv_nsec -= 1000000000;
        }
        int failed;
        while ((failed = sem_clockwait(&seat->bell, CLOCK_MONOTONIC, &until)) != 0 && errno == EINTR)
            continue;
        gate_enter();
        if (failed && seat->rung) {
            gate_leave();
            while (sem_wait(&seat->bell) != 0)
                continue;
            gate_enter();
        }
        int32_t rung = seat->rung;
        seat->rung = 0;
        return rung;
    }
    gate_enter();
    seat->rung = 0;
    return 1;
}

/* -- forks and the end ------------------------------------------------------------------------------------------ */

static void in_child(void)
{
    int was = atomic_load(&state);
    if (was == STARTING || was == READY)
        atomic_store(&state, FORKED);
}

static void at_exit(void)
{
    struct timespec soon;
    if (atomic_load(&state) != READY || getpid() != started_in || inside)
        return;
    clock_gettime(CLOCK_REALTIME, &soon);
    soon.tv_sec += 2;
    if (pthread_mutex_timedlock(&gate, &soon) != 0)
        return;
    inside = 1;
    engine_leave();
    gate_leave();
}

/* -- functions of the program's --------------------------------------------------------------------------------- */

struct passage {
    const char *type;
    int returned;
};

/* Runs when a function of the program's is left, also by an exception: Python's frames must not be skipped. */
static void leave_passage(struct passage *passage)
{
    if (passage->returned)
        return;
    tell("a function of type %s was left by a C++ exception or pthread_exit: the runtime's frames between it and "
         "whoever would catch that cannot be unwound, so the process is aborted; catch exceptions inside the function",
         passage->type);
    fflush(NULL);
    abort();
}

static int64_t invoke(int32_t type, uintptr_t function, const int64_t *cells);

static uintptr_t file_of(uintptr_t address, char *path, size_t room)
{
    Dl_info info;
    if (!dladdr((void *)address, &info) || info.dli_fname == NULL)
        return 0;
    snprintf(path, room, "%s", info.dli_fname);
    return (uintptr_t)info.dli_fbase;
}

/* The C++ runtime knows how, when the program has one. */
static void plain_name(const char *name, char *text, size_t room)
{
    typedef char *(*demangle_fn)(const char *, char *, size_t *, int *);
    demangle_fn demangle = (demangle_fn)dlsym(RTLD_DEFAULT, "__cxa_demangle");
    int status = -1;
    char *plain = demangle == NULL ? NULL : demangle(name, NULL, NULL, &status);
    snprintf(text, room, "%s", status == 0 ? plain : name);
    free(plain);
}

/* -- starting --------------------------------------------------------------------------------------------------- */

static const char *const names[];
static const char *const types[];
static const struct aclsim_front front;

static void *symbol(void *where, const char *name)
{
    void *found = dlsym(where, name);
    if (found == NULL)
        tell("libascendcl.so: %s is missing: run `aclsim build-lib` again", name);
    return found;
}

/* Asks the interpreter that ACLSIM_PYTHON names where its library is. */
static int ask_interpreter(const char *interpreter, char *library, size_t room)
{
    char command[4096];
    static const char question[] =
        "import os, sysconfig as s; g = s.get_config_var; print(os.path.join(g(\"LIBDIR\") or \"\", "
        "(g(\"INSTSONAME\") or \"\") if g(\"Py_ENABLE_SHARED\") else \"none\"))";
    if (strchr(interpreter, '\'') != NULL || access(interpreter, X_OK) != 0 ||
        snprintf(command, sizeof command, "'%s' -c '%s'", interpreter, question) >= (int)sizeof command) {
        tell("libascendcl.so: ACLSIM_PYTHON is %s: no program that can be run", interpreter);
        return -1;
    }
    FILE *answer = popen(command, "r");
    char *line = answer == NULL ? NULL : fgets(library, (int)room, answer);
    if (answer != NULL)
        pclose(answer);
    if (line == NULL) {
        tell("libascendcl.so: ACLSIM_PYTHON is %s: it did not say where its libpython is", interpreter);
        return -1;
    }
    library[strcspn(library, "\n")] = '\0';
    return 0;
}

/* Loads libpython unless a Python is there already: the program itself may be one. */
static int load_python(const char *interpreter)
{
    if (dlsym(RTLD_DEFAULT, "Py_IsInitialized") != NULL)
        return 0;
    char library[4096] = ACLSIM_LIBPYTHON;
    if (interpreter != NULL && ask_interpreter(interpreter, library, sizeof library) != 0)
        return -1;
    if (dlopen(library, RTLD_NOW | RTLD_GLOBAL) == NULL) {
        tell("libascendcl.so: Python cannot be loaded (%s): set ACLSIM_PYTHON to the interpreter of an environment "
             "that has aclsim, or run `aclsim build-lib` again",
             dlerror());
        return -1;
    }
    return 0;
}

static int check_version(void)
{
    const char *(*version)(void) = (const char *(*)(void))dlsym(RTLD_DEFAULT, "Py_GetVersion");
    const char *text = version == NULL ? "unknown" : version();
    size_t length = strlen(ACLSIM_PYTHON_VERSION);
    if (strncmp(text, ACLSIM_PYTHON_VERSION, length) == 0 && text[length] == '.')
        return 0;
    tell("libascendcl.so: made for Python %s and found %.12s: run `aclsim build-lib` with the Python that is to be "
         "used",
         ACLSIM_PYTHON_VERSION, text);
    return -1;
}

static int start(void)
{
    Dl_info self;
    char path[4096];
    const char *interpreter = getenv("ACLSIM_PYTHON");
    if (interpreter != NULL && *interpreter == '\0')
        interpreter = NULL;
    if (load_python(interpreter) != 0 || check_version() != 0)
        return -1;
    if (!dladdr((void *)&start, &self) || self.dli_fname == NULL)
        return -1;
    const char *slash = strrchr(self.dli_fname, '/');
    int folder = slash == NULL ? 0 : (int)(slash - self.dli_fname + 1);
    snprintf(path, sizeof path, "%.*s" ACLSIM_ENGINE, folder, self.dli_fname);
    void *engine = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (engine == NULL) {
        tell("libascendcl.so: %s: it must lie beside libascendcl.so, as `aclsim build-lib` puts it", dlerror());
        return -1;
    }
    aclsim_boot_fn boot = (aclsim_boot_fn)symbol(engine, "aclsim_boot");
    engine_call = (aclsim_call_fn)symbol(engine, "aclsim_call");
    engine_leave = (aclsim_leave_fn)symbol(engine, "aclsim_end");
    if (boot == NULL || engine_call == NULL || engine_leave == NULL)
        return -1;
    if (pthread_key_create(&ends, thread_ends) != 0)
        return -1;
    return boot(interpreter == NULL ? ACLSIM_INTERPRETER : interpreter, &front);
}

/* The way into a call while not everything is ready; tells whether it can go on. */
static int begin(const char *name)
{
    static atomic_flag told = ATOMIC_FLAG_INIT;
    if (atomic_load(&state) == FORKED) {
        if (!atomic_flag_test_and_set(&told))
            tell("%s: this process was forked after %s: the runtime does not survive a fork, and on hardware this "
                 "call would hang or fail. Fork before the first call, or start the process afresh (fork and exec); "
                 "it returns %d",
                 name, first_call, (int)FAILURE);
        return 0;
    }
    pthread_mutex_lock(&starting);
    if (atomic_load(&state) == NEW) {
        first_call = name;
        started_in = getpid();
        pthread_atfork(NULL, NULL, in_child);
        atomic_store(&state, STARTING);
        int ready = start() == 0;
        if (ready)
            atexit(at_exit);
        atomic_store(&state, ready ? READY : FAILED);
    }
    pthread_mutex_unlock(&starting);
    return atomic_load(&state) == READY;
}

static int64_t call(int32_t number, int64_t *cells, void *site, int64_t failure)
{
    if (__builtin_expect(atomic_load_explicit(&state, memory_order_acquire) != READY, 0) && !begin(names[number]))
        return failure;
    if (__builtin_expect(!known, 0)) {
        known = 1;
        pthread_setspecific(ends, &known);
    }
    if (inside) /* called back by Python in the middle of a call: it knows what to do */
        return engine_call(number, cells, (uintptr_t)site);
    /* A cancelled thread would be unwound through Python's frames: it is cancelled when it is out again. */
    int cancellable;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancellable);
    gate_enter();
    int64_t result = engine_call(number, cells, (uintptr_t)site);
    gate_leave();
    pthread_setcancelstate(cancellable, NULL);
    return result;
}

/* A function that is not modelled: says so once. */
static void absent(const char *name, atomic_flag *told, const char *result)
{
    if (!atomic_flag_test_and_set(told))
        tell("%s is not modelled: it does nothing and returns %s", name, result);
}

static inline int64_t bits(double number)
{
    int64_t cell;
    memcpy(&cell, &number, sizeof cell);
    return cell;
}

static inline double number(int64_t cell)
{
    double value;
    memcpy(&value, &cell, sizeof value);
    return value;
}
