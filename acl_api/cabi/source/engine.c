/*
 * The library that holds Python. libascendcl.so loads it when Python is there, so nothing here may fail to load.
 * cffi's embedding stands before this text: `cffi_start_python`, and `aclsim_call` and the like as Python functions.
 */
#include <stdio.h>
#include <string.h>

#include "front.h"

static const struct aclsim_front *front;

/* Says in one line why Python is of no use, from the exception that is set. */
static int refuse(const char *what, const char *mend)
{
    PyObject *kind, *value, *traceback;
    PyErr_Fetch(&kind, &value, &traceback);
    PyErr_NormalizeException(&kind, &value, &traceback);
    PyObject *text = value == NULL ? NULL : PyObject_Str(value);
    const char *why = text == NULL ? NULL : PyUnicode_AsUTF8(text);
    fprintf(stderr, "aclsim: libascendcl.so: %s (%s): %s\n", what, why == NULL ? "unknown" : why, mend);
    Py_XDECREF(text);
    Py_XDECREF(kind);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
    return -1;
}

/* Starts the interpreter as if *interpreter* had been called: that decides where its packages are. */
static int start_interpreter(const char *interpreter)
{
    PyPreConfig before;
    PyPreConfig_InitIsolatedConfig(&before); /* the program's locale stays what it is */
    before.utf8_mode = 1;
    PyStatus status = Py_PreInitialize(&before);
    PyConfig config;
    PyConfig_InitPythonConfig(&config);
    config.use_environment = 0;
    config.user_site_directory = 0;
    config.install_signal_handlers = 0;
    config.parse_argv = 0;
    config.write_bytecode = 0;
    config.buffered_stdio = 0; /* nobody flushes: the interpreter is never taken down */
    if (!PyStatus_Exception(status))
        status = PyConfig_SetBytesString(&config, &config.program_name, interpreter);
    if (!PyStatus_Exception(status))
        status = PyConfig_SetBytesString(&config, &config.executable, interpreter);
    if (!PyStatus_Exception(status))
        status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    if (PyStatus_Exception(status)) {
        fprintf(stderr, "aclsim: libascendcl.so: %s cannot be started (%s): set ACLSIM_PYTHON to the interpreter of "
                        "an environment that has aclsim\n",
                interpreter, status.err_msg == NULL ? "unknown" : status.err_msg);
        return -1;
    }
    PyEval_SaveThread();
    return 0;
}

static int import(const char *module, const char *what, const char *mend)
{
    PyObject *found = PyImport_ImportModule(module);
    if (found == NULL)
        return refuse(what, mend);
    Py_DECREF(found);
    return 0;
}

static int import_all(void)
{
    PyGILState_STATE gil = PyGILState_Ensure();
    int failed = import("_cffi_backend", "this Python has no cffi", "install it: pip install 'aclsim[cabi]'");
    if (!failed)
        failed = import("simulator.app.embedded", "the simulator cannot be imported",
                        "set ACLSIM_PYTHON to the interpreter of an environment that has aclsim, or run `aclsim "
                        "build-lib` again");
    PyGILState_Release(gil);
    return failed;
}

CFFI_DLLEXPORT int aclsim_boot(const char *interpreter, const struct aclsim_front *known)
{
    front = known;
    if (!Py_IsInitialized() && start_interpreter(interpreter) != 0)
        return -1;
    if (import_all() != 0 || cffi_start_python() != 0)
        return -1;
    return aclsim_open();
}

/* At the end of the process; when the program itself is Python, its interpreter may be gone by then. */
CFFI_DLLEXPORT void aclsim_end(void)
{
    if (Py_IsInitialized())
        aclsim_leave();
}

static int64_t aclsim_invoke(int32_t type, uintptr_t function, int64_t *cells)
{
    return front->invoke(type, function, cells);
}

static int32_t *aclsim_departures(void)
{
    return front->departures;
}

static void aclsim_gate_enter(void)
{
    front->gate_enter();
}

static void aclsim_gate_leave(void)
{
    front->gate_leave();
}

static struct aclsim_seat *aclsim_seat_new(void)
{
    return front->seat_new();
}

static void aclsim_seat_ring(struct aclsim_seat *seat)
{
    front->seat_ring(seat);
}

static int32_t aclsim_seat_rest(struct aclsim_seat *seat, int64_t ns)
{
    return front->seat_rest(seat, ns);
}

static int32_t aclsim_departed(uint64_t *ids, int32_t room)
{
    return front->departed(ids, room);
}

static uintptr_t aclsim_file(uintptr_t address, char *path, size_t room)
{
    return front->file(address, path, room);
}

static void aclsim_plain(const char *name, char *text, size_t room)
{
    front->plain(name, text, room);
}

static const char *aclsim_stamp(void)
{
    return front->stamp;
}

static const char *aclsim_name(int32_t number)
{
    return number < front->count ? front->names[number] : NULL;
}

static const char *aclsim_type(int32_t number)
{
    return number < front->type_count ? front->types[number] : NULL;
}
