"""The three families of errors, which never mix.

* A *modelled* error is a value: a `Fault` inside the model, an integer aclError at the API.
* `UserError`: a scenario, option or call of our own API is wrong. It says what, where and how to mend it.
* `InternalError`: a broken invariant of ours.
"""

from __future__ import annotations

from enum import Enum


class UserError(Exception):
    """A file, option or argument of the user's is wrong; the message says how to mend it (exit code 2)."""


class InternalError(Exception):
    """A broken invariant: our bug, never the user's (exit code 70)."""


class Fault(Enum):
    """Why the modelled runtime refused or failed something; `acl_api.codes` gives each its aclError."""

    AICORE_EXCEPTION = "an AI Core task faulted"
    AICORE_TIMEOUT = "an AI Core task ran out of time"
    BAD_FREE = "an address is not the start of memory that can be freed"
    CALLBACK_GROUPS_EXHAUSTED = "no callback group is left for another report thread"
    CONFIG_CHANGED = "init was given another configuration than the first one of the process"
    CONTEXT_GONE = "the context is destroyed or was released more often than held"
    CONTEXT_NULL = "the calling thread has no live context"
    DEVICE_LOST = "the device does not answer any more"
    DEVICE_NOT_SET_UP = "nobody has set the device"
    DEVICE_OUT_OF_MEMORY = "the device has no memory left"
    DEVICE_TASK_ABORT = "the tasks of the device are being aborted"
    DRIVER_FAILED = "the driver refused"
    EVENT_SYNC_TIMEOUT = "the event was not reached in time"
    EVENTS_EXHAUSTED = "the device has no event id left"
    GEAR_LENGTH = "the numbers or the buffer of a dynamic size have the wrong length"
    GEAR_UNKNOWN = "the model was not built for that dynamic size"
    GROUP_NOT_CREATED = "the device has no such group of cores"
    HOST_NOT_REGISTERED = "the memory was not registered"
    HOST_OUT_OF_MEMORY = "the host has no memory left"
    HOST_REGISTERED = "a part of the memory is registered already"
    INTERNAL = "the runtime failed inside"
    INVALID_ADDRESS = "an address is not mapped or not large enough"
    INVALID_ARGUMENT = "an argument failed the check of the ACL layer"
    INVALID_HANDLE = "the handle is destroyed or of another kind"
    INVALID_MODEL = "the model id is not loaded"
    LINK_CLOSED = "the link to the device was closed"
    MODEL_DATA = "the bytes are no model that is known here"
    MODEL_DATASETS = "the data sets do not fit the model"
    MODEL_EXECUTE = "the model's own work failed"
    MODEL_PATH = "no such model file, and no model of that name is declared"
    NOT_SUPPORTED = "this product or combination cannot do that"
    NOTIFIES_EXHAUSTED = "the device has no notify id left"
    PARAM_INVALID = "an argument failed the check of the runtime layer"
    REPEAT_FINALIZE = "finalise was called when nothing is initialised any more"
    REPEAT_INITIALIZE = "init was called again; the reference count went up"
    REPORT_TIMEOUT = "no callback report came in time"
    STREAM_ABORT = "the stream is being aborted"
    STREAM_CONTEXT = "the stream belongs to another context"
    STREAM_NOT_CAPTURED = "the stream is not being captured"
    STREAM_SUBSCRIBE = "the subscription state of the stream forbids the call"
    STREAM_SYNC_TIMEOUT = "the stream or device was not done in time"
    STREAMS_EXHAUSTED = "the device has no stream left"
    SYS_PARAM_NOT_SET = "the option was never set"
    TASK_TIMEOUT = "a task waited longer than its limit"
    THREAD_SUBSCRIBE = "the subscription state of the thread forbids the call"
    TIMESTAMP_INVALID = "the event holds no time stamp"
    WAIT_TIMEOUT = "the runtime itself waited in vain"

    def __repr__(self) -> str:
        return f"Fault.{self.name}"
