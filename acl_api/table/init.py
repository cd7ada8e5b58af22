"""Rows: init, finalize and what asks about the product (rules g1-g4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acl_api import codes
from acl_api.diagnosis import take_message
from acl_api.log import Log
from acl_api.table.row import Param, Ref, Row
from simulator.core.operations import devices

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime

_BINDING = "pyACL py_init_acl.cpp"


def _init(rt: Runtime, _me: Caller, path: str | None) -> object:
    if not path or rt.init_count:
        return devices.init(rt, None)
    from acl_api.config import BadConfig, read_config, read_content  # only programs with such a file need it

    try:
        content = read_content(path)
        if not devices.may_init_with(rt, content):
            return devices.init(rt, content)
        config = read_config(path, content, len(rt.devices))
    except BadConfig as bad:
        return bad.code
    result = devices.init(rt, content)
    if config.default_device is not None:
        rt.default_device = rt.devices[config.default_device]
    if config.profiler is not None and result is None:
        from acl_api.profiling.profiler import profiler_of

        profiler_of(rt).configured(config.profiler)
    return result


def _app_log(rt: Runtime, _me: Caller, level: int, message: str) -> tuple[None]:
    log = rt.log if isinstance(rt.log, Log) else Log()
    log.write(level, message)
    return (None,)


ROWS = (
    Row(
        "acl.init",
        "aclInit",
        _init,
        params=(Param("config_path", "s", Ref.PATH, optional=True),),
        errors=(
            *(codes.ACL_ERROR_REPEAT_INITIALIZE, codes.ACL_ERROR_INVALID_PARAM),
            *(codes.ACL_ERROR_INVALID_FILE, codes.ACL_ERROR_PARSE_FILE, codes.ACL_ERROR_INVALID_DUMP_CONFIG),
            *(codes.ACL_ERROR_FAILURE, codes.ACL_ERROR_RT_INVALID_DEVICEID),
        ),
        says="Initialise; of a configuration file default device and profiler have an effect, the rest is checked.",
        source=f"rules g1, g2, g8; {_BINDING}; aclrt_impl/acl.cpp, common/json_parser.cpp",
    ),
    Row(
        "acl.finalize",
        "aclFinalize",
        lambda rt, _me: devices.finalize(rt),
        errors=(codes.ACL_ERROR_REPEAT_FINALIZE,),
        says="Finalise, whatever the reference count; what is pending is lost, and said.",
        source=f"rules g2, g3; {_BINDING}",
    ),
    Row(
        "acl.finalize_reference",
        "aclFinalizeReference",
        lambda rt, _me: devices.finalize_reference(rt),
        outs=("ref_count",),
        failed=(0,),
        errors=(codes.ACL_ERROR_REPEAT_FINALIZE,),
        says="Take back one initialisation; the last one finalises.",
        source=f"rules g2, g3; {_BINDING}",
    ),
    Row(
        "acl.get_version",
        "aclrtGetVersion",
        lambda _rt, _me: (1, 17, 0),
        outs=("major", "minor", "patch"),
        failed=(0, 0, 0),
        says="The version of the ACL interface that is modelled.",
        source=f"semantics read from ACL 1.17.0; {_BINDING}",
    ),
    Row(
        "acl.get_soc_name",
        "aclrtGetSocName",
        lambda rt, _me: (rt.profile.soc_name,),
        outs=("name",),
        failed=(None,),
        bare=True,
        says="The vendor's name of the product, from the SoC profile.",
        source=_BINDING,
    ),
    Row(
        "acl.get_recent_err_msg",
        "aclGetRecentErrMsg",
        lambda _rt, me: (take_message(me),),
        outs=("msg",),
        failed=(None,),
        bare=True,
        traced=False,
        says="What is known of this thread's last failed call; None when nothing is, and after reading it.",
        source=f"rule i7; {_BINDING}; the text is ours",
    ),
    Row(
        "acl.app_log",
        "aclAppLog",
        _app_log,
        params=(Param("level", "i"), Param("message", "s")),
        outs=("None",),
        failed=(None,),
        bare=True,
        says="Print a line of the program's own when ASCEND_GLOBAL_LOG_LEVEL shows its level.",
        source=f"{_BINDING}; ecosystem.md 4.5",
    ),
)
