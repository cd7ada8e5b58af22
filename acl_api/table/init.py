"""Rows: init, finalize and what asks about the product (rules g1-g4)."""

from __future__ import annotations

from acl_api import codes
from acl_api.table.row import Param, Ref, Row, Status
from simulator.core.operations import devices

_BINDING = "pyACL py_init_acl.cpp"

ROWS = (
    Row(
        "acl.init",
        "aclInit",
        lambda rt, _me, config: devices.init(rt, config),
        params=(Param("config_path", "s", Ref.PATH, optional=True),),
        errors=(codes.ACL_ERROR_REPEAT_INITIALIZE, codes.ACL_ERROR_INVALID_PARAM),
        status=Status.PARTIAL,
        says="Initialise; the configuration file's content has no effect yet.",
        source=f"rules g1, g2; {_BINDING}",
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
)
