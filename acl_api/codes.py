"""The aclError numbers: constants for those the model returns, and name, meaning and remedy of all.

Numbers and names are the vendor's (public headers); meanings and hints are in our own words. The texts live
in two data files beside this module and are read when first asked for, so that importing the API stays cheap.
"""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

from simulator.base.errors import Fault

ACL_SUCCESS: Final = 0

# Argument and state errors of the ACL layer (rule 0.2).
ACL_ERROR_INVALID_PARAM: Final = 100000
ACL_ERROR_UNINITIALIZE: Final = 100001
ACL_ERROR_REPEAT_INITIALIZE: Final = 100002
ACL_ERROR_INVALID_FILE: Final = 100003
ACL_ERROR_PARSE_FILE: Final = 100006
ACL_ERROR_INVALID_DUMP_CONFIG: Final = 100009
ACL_ERROR_INVALID_PROFILING_CONFIG: Final = 100010
ACL_ERROR_INVALID_MODEL_ID: Final = 100011
ACL_ERROR_READ_MODEL_FAILURE: Final = 100014
ACL_ERROR_OP_INPUT_NOT_MATCH: Final = 100021
ACL_ERROR_OP_OUTPUT_NOT_MATCH: Final = 100022
ACL_ERROR_OP_NOT_FOUND: Final = 100024
ACL_ERROR_UNSUPPORTED_DATA_TYPE: Final = 100026
ACL_ERROR_REPEAT_FINALIZE: Final = 100037
ACL_ERROR_PROF_ALREADY_RUN: Final = 100042
ACL_ERROR_PROF_NOT_RUN: Final = 100043
ACL_ERROR_DUMP_NOT_RUN: Final = 100045
ACL_ERROR_PROF_REPEAT_SUBSCRIBE: Final = 148046
ACL_ERROR_PROF_API_CONFLICT: Final = 148047
ACL_ERROR_INVALID_BUNDLE_MODEL_ID: Final = 148053
ACL_ERROR_API_NOT_SUPPORT: Final = 200001
ACL_ERROR_FEATURE_UNSUPPORTED: Final = 200006
ACL_ERROR_PROF_MODULES_UNSUPPORTED: Final = 200007
ACL_ERROR_INTERNAL_ERROR: Final = 500000
ACL_ERROR_FAILURE: Final = 500001

# The same of the runtime layer.
ACL_ERROR_RT_PARAM_INVALID: Final = 107000
ACL_ERROR_RT_INVALID_DEVICEID: Final = 107001
ACL_ERROR_RT_CONTEXT_NULL: Final = 107002
ACL_ERROR_RT_STREAM_CONTEXT: Final = 107003
ACL_ERROR_RT_STREAM_MODEL: Final = 107005
ACL_ERROR_RT_EVENT_TIMESTAMP_INVALID: Final = 107006
ACL_ERROR_RT_STREAM_SUBSCRIBE: Final = 107011
ACL_ERROR_RT_THREAD_SUBSCRIBE: Final = 107012
ACL_ERROR_RT_GROUP_NOT_CREATE: Final = 107014
ACL_ERROR_RT_STREAM_NO_CB_REG: Final = 107015
ACL_ERROR_RT_INVALID_MEMORY_TYPE: Final = 107016
ACL_ERROR_RT_INVALID_HANDLE: Final = 107017
ACL_ERROR_RT_WAIT_TIMEOUT: Final = 107019
ACL_ERROR_RT_TASK_TIMEOUT: Final = 107020
ACL_ERROR_RT_SYSPARAMOPT_NOT_SET: Final = 107021
ACL_ERROR_RT_DEVICE_TASK_ABORT: Final = 107022
ACL_ERROR_RT_STREAM_ABORT: Final = 107023
ACL_ERROR_RT_CAPTURE_DEPENDENCY: Final = 107024
ACL_ERROR_RT_STREAM_UNJOINED: Final = 107025
ACL_ERROR_RT_STREAM_CAPTURED: Final = 107027
ACL_ERROR_RT_EVENT_CAPTURED: Final = 107028
ACL_ERROR_RT_STREAM_NOT_CAPTURED: Final = 107029
ACL_ERROR_RT_CAPTURE_MODE_NOT_SUPPORT: Final = 107030
ACL_ERROR_RT_STREAM_CAPTURE_IMPLICIT: Final = 107031
ACL_ERROR_RT_STREAM_CAPTURE_UNMATCHED: Final = 107036
ACL_ERROR_RT_STREAM_CAPTURE_WRONG_THREAD: Final = 107038
ACL_ERROR_RT_CAPTURE_MODE_BLOCK_ASYNC: Final = 107041

# Models, as the graph engine reports them.
ACL_ERROR_GE_EXEC_MODEL_PATH_INVALID: Final = 145002
ACL_ERROR_GE_EXEC_MODEL_ID_INVALID: Final = 145003
ACL_ERROR_GE_EXEC_MODEL_DATA_SIZE_INVALID: Final = 145006
ACL_ERROR_GE_DYNAMIC_INPUT_LENGTH_INVALID: Final = 145012
ACL_ERROR_GE_DYNAMIC_BATCH_SIZE_INVALID: Final = 145013
ACL_ERROR_GE_AIPP_NOT_EXIST: Final = 145015
ACL_ERROR_GE_FORMAT_INVALID: Final = 145020
ACL_ERROR_GE_SHAPE_INVALID: Final = 145021
ACL_ERROR_GE_DATATYPE_INVALID: Final = 145022
ACL_ERROR_GE_EXEC_MODEL_QUEUE_ID_INVALID: Final = 145008
ACL_ERROR_GE_FAILURE: Final = 500002

# What the product or the machine has not, or has no more of.
ACL_ERROR_RT_FEATURE_NOT_SUPPORT: Final = 207000
ACL_ERROR_RT_MEMORY_ALLOCATION: Final = 207001
ACL_ERROR_RT_AICORE_OVER_FLOW: Final = 207003
ACL_ERROR_RT_NO_EVENT_RESOURCE: Final = 207007
ACL_ERROR_RT_NO_STREAM_RESOURCE: Final = 207008
ACL_ERROR_RT_NO_NOTIFY_RESOURCE: Final = 207009
ACL_ERROR_RT_AIVEC_OVER_FLOW: Final = 207016
ACL_ERROR_RT_OVER_FLOW: Final = 207017
ACL_ERROR_RT_DEVICE_OOM: Final = 207018

# Failures while something ran or was waited for.
ACL_ERROR_RT_INTERNAL_ERROR: Final = 507000
ACL_ERROR_RT_STREAM_TASK_FULL: Final = 507002
ACL_ERROR_RT_END_OF_SEQUENCE: Final = 507005
ACL_ERROR_RT_CONTEXT_RELEASE_ERROR: Final = 507007
ACL_ERROR_RT_LOST_HEARTBEAT: Final = 507010
ACL_ERROR_RT_MODEL_EXECUTE: Final = 507011
ACL_ERROR_RT_REPORT_TIMEOUT: Final = 507012
ACL_ERROR_RT_AICORE_TIMEOUT: Final = 507014
ACL_ERROR_RT_AICORE_EXCEPTION: Final = 507015
ACL_ERROR_RT_AICPU_TIMEOUT: Final = 507017
ACL_ERROR_RT_AICPU_EXCEPTION: Final = 507018
ACL_ERROR_RT_MODEL_ABORT_NORMAL: Final = 507023
ACL_ERROR_RT_LABEL_CONTEXT: Final = 507031
ACL_ERROR_RT_DEV_SETUP_ERROR: Final = 507033
ACL_ERROR_RT_VECTOR_CORE_EXCEPTION: Final = 507035
ACL_ERROR_RT_STREAM_SYNC_TIMEOUT: Final = 507046
ACL_ERROR_RT_EVENT_SYNC_TIMEOUT: Final = 507047
ACL_ERROR_RT_DRV_INTERNAL_ERROR: Final = 507899
ACL_ERROR_RT_SOCKET_CLOSE: Final = 507901
ACL_ERROR_RT_STREAM_CAPTURE_INVALIDATED: Final = 507903
ACL_ERROR_HOST_MEMORY_ALREADY_REGISTERED: Final = 507910
ACL_ERROR_HOST_MEMORY_NOT_REGISTERED: Final = 507911

_CODE_OF_FAULT: Final = {
    Fault.AICORE_EXCEPTION: ACL_ERROR_RT_AICORE_EXCEPTION,
    Fault.AICORE_TIMEOUT: ACL_ERROR_RT_AICORE_TIMEOUT,
    Fault.BAD_FREE: ACL_ERROR_RT_PARAM_INVALID,  # rule h2, where the driver's answer is UNVERIFIED
    Fault.CALLBACK_GROUPS_EXHAUSTED: ACL_ERROR_RT_INTERNAL_ERROR,  # rule b9
    Fault.CONFIG_CHANGED: ACL_ERROR_INVALID_PARAM,  # rule g2
    Fault.CONTEXT_GONE: ACL_ERROR_RT_CONTEXT_RELEASE_ERROR,  # rules g6, g7, g10
    Fault.CONTEXT_NULL: ACL_ERROR_RT_CONTEXT_NULL,
    Fault.DEVICE_LOST: ACL_ERROR_RT_LOST_HEARTBEAT,  # rule i5
    Fault.DEVICE_NOT_SET_UP: ACL_ERROR_RT_DEV_SETUP_ERROR,
    Fault.GROUP_NOT_CREATED: ACL_ERROR_RT_GROUP_NOT_CREATE,
    # Rule h1 leaves 207001 and 207018 open; the driver's "out of memory" maps to the former.
    Fault.DEVICE_OUT_OF_MEMORY: ACL_ERROR_RT_MEMORY_ALLOCATION,
    Fault.DEVICE_TASK_ABORT: ACL_ERROR_RT_DEVICE_TASK_ABORT,  # rule g14
    Fault.DRIVER_FAILED: ACL_ERROR_RT_DRV_INTERNAL_ERROR,
    Fault.EVENT_SYNC_TIMEOUT: ACL_ERROR_RT_EVENT_SYNC_TIMEOUT,
    Fault.EVENTS_EXHAUSTED: ACL_ERROR_RT_NO_EVENT_RESOURCE,
    Fault.GEAR_LENGTH: ACL_ERROR_GE_DYNAMIC_INPUT_LENGTH_INVALID,
    Fault.GEAR_UNKNOWN: ACL_ERROR_GE_DYNAMIC_BATCH_SIZE_INVALID,
    Fault.HOST_NOT_REGISTERED: ACL_ERROR_HOST_MEMORY_NOT_REGISTERED,
    Fault.HOST_OUT_OF_MEMORY: ACL_ERROR_RT_MEMORY_ALLOCATION,
    Fault.HOST_REGISTERED: ACL_ERROR_HOST_MEMORY_ALREADY_REGISTERED,
    Fault.INTERNAL: ACL_ERROR_RT_INTERNAL_ERROR,
    # The driver's "invalid value" for an address it does not know (UNVERIFIED on hardware).
    Fault.INVALID_ADDRESS: ACL_ERROR_RT_PARAM_INVALID,
    Fault.INVALID_ARGUMENT: ACL_ERROR_INVALID_PARAM,
    Fault.INVALID_HANDLE: ACL_ERROR_RT_INVALID_HANDLE,
    Fault.INVALID_MODEL: ACL_ERROR_GE_EXEC_MODEL_ID_INVALID,
    Fault.LINK_CLOSED: ACL_ERROR_RT_SOCKET_CLOSE,  # rule i5
    Fault.MODEL_DATA: ACL_ERROR_GE_EXEC_MODEL_DATA_SIZE_INVALID,
    Fault.MODEL_DATASETS: ACL_ERROR_GE_FAILURE,
    Fault.MODEL_EXECUTE: ACL_ERROR_RT_MODEL_EXECUTE,
    Fault.MODEL_PATH: ACL_ERROR_GE_EXEC_MODEL_PATH_INVALID,
    Fault.NOT_SUPPORTED: ACL_ERROR_RT_FEATURE_NOT_SUPPORT,
    Fault.NOTIFIES_EXHAUSTED: ACL_ERROR_RT_NO_NOTIFY_RESOURCE,
    Fault.PARAM_INVALID: ACL_ERROR_RT_PARAM_INVALID,
    Fault.REPEAT_FINALIZE: ACL_ERROR_REPEAT_FINALIZE,
    Fault.REPEAT_INITIALIZE: ACL_ERROR_REPEAT_INITIALIZE,
    Fault.REPORT_TIMEOUT: ACL_ERROR_RT_REPORT_TIMEOUT,
    Fault.STREAM_ABORT: ACL_ERROR_RT_STREAM_ABORT,  # rule e16
    Fault.STREAM_CONTEXT: ACL_ERROR_RT_STREAM_CONTEXT,
    Fault.STREAM_NOT_CAPTURED: ACL_ERROR_RT_STREAM_NOT_CAPTURED,
    Fault.STREAM_SUBSCRIBE: ACL_ERROR_RT_STREAM_SUBSCRIBE,
    Fault.STREAM_SYNC_TIMEOUT: ACL_ERROR_RT_STREAM_SYNC_TIMEOUT,
    Fault.STREAMS_EXHAUSTED: ACL_ERROR_RT_NO_STREAM_RESOURCE,
    Fault.SYS_PARAM_NOT_SET: ACL_ERROR_RT_SYSPARAMOPT_NOT_SET,
    Fault.TASK_TIMEOUT: ACL_ERROR_RT_TASK_TIMEOUT,  # rule i3
    Fault.THREAD_SUBSCRIBE: ACL_ERROR_RT_THREAD_SUBSCRIBE,
    Fault.TIMESTAMP_INVALID: ACL_ERROR_RT_EVENT_TIMESTAMP_INVALID,
    Fault.WAIT_TIMEOUT: ACL_ERROR_RT_WAIT_TIMEOUT,  # rules e16, g14
}


class CodeInfo(NamedTuple):
    """What is known of one aclError number."""

    code: int
    names: tuple[str, ...]
    """The vendor's names; only 0 has more than one."""
    meaning: str
    """What the runtime says by it, in a few words."""
    hint: str
    """What it usually means where streams and callbacks are used, and how to mend it; may be empty."""
    rules: tuple[str, ...]
    """The numbered rules that yield it, such as "a8"; empty where no rule does."""

    @property
    def name(self) -> str:
        """The vendor's (first) name, such as "ACL_ERROR_RT_STREAM_NO_CB_REG"."""
        return self.names[0]


def code_of(fault: Fault) -> int:
    """The aclError by which the API reports a modelled fault."""
    return _CODE_OF_FAULT[fault]


def meaning(code: int) -> CodeInfo | None:
    """What is known of an aclError number; None for a number the vendor does not define."""
    return _by_code().get(code)


def name_of(code: int) -> str:
    """The vendor's name of an aclError number, or "unknown code N"."""
    info = meaning(code)
    return info.name if info else f"unknown code {code}"


def all_codes() -> tuple[CodeInfo, ...]:
    """Every aclError, by rising number."""
    return tuple(_by_code().values())


def find(text: str) -> CodeInfo | None:
    """The code that a person means by a number or a name, with or without its ACL_ERROR_RT_ prefix."""
    text = text.strip().upper()
    if text.isascii() and text.isdigit():
        return meaning(int(text)) if len(text) <= len("4294967295") else None
    code = _codes_by_name().get(text)
    return None if code is None else meaning(code)


def near_names(text: str) -> tuple[str, ...]:
    """Up to three vendor's names that resemble a name which `find` does not know."""
    from difflib import get_close_matches  # only a mistake needs it

    close = get_close_matches(text.strip().upper(), _codes_by_name(), n=6)
    return tuple(dict.fromkeys(name_of(_codes_by_name()[name]) for name in close))[:3]


@cache
def _by_code() -> dict[int, CodeInfo]:
    import csv
    import tomllib
    from importlib import resources

    folder = resources.files("acl_api")
    hints = tomllib.loads((folder / "code_hints.toml").read_text("utf-8"))
    codes: dict[int, CodeInfo] = {}
    for row in csv.DictReader((folder / "codes.csv").read_text("utf-8").splitlines()):
        code, name = int(row["code"]), row["name"]
        if code in codes:
            codes[code] = codes[code]._replace(names=(*codes[code].names, name))
        else:
            more = hints.get(row["code"], {})
            codes[code] = CodeInfo(
                code, (name,), row["meaning"], more.get("hint", ""), tuple(more.get("rules", ()))
            )
    return codes


@cache
def _codes_by_name() -> dict[str, int]:
    names: dict[str, int] = {}
    for info in all_codes():
        for name in info.names:
            names[name] = info.code
            for prefix in ("ACL_ERROR_RT_", "ACL_ERROR_GE_", "ACL_ERROR_", "ACL_"):
                # Where the layers share a short name (INTERNAL_ERROR), the lowest number keeps it.
                names.setdefault(name.removeprefix(prefix), info.code)
    return names
