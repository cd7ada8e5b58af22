"""Causes that lie in single operators: one that has no function, and a run that was refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from acl_api import codes
from simulator.core.operations.operators import OperatorHandle

if TYPE_CHECKING:
    from acl_api.causes.failure import Failure, Told

_FAMILIES: Final = ("acl.op", "acl.blas")
_BY_FUNCTION: Final = {"cast": "Cast", "create_handle_for_cast": "Cast"}


def operator_run(failure: Failure) -> Told | None:
    """Say which operator was not found, or why its run was refused."""
    row = failure.row
    if row.family not in _FAMILIES:
        return None
    if failure.code == codes.ACL_ERROR_OP_NOT_FOUND:
        op_type = _type_of(failure)
        return (
            f"MatchOpModel opName = {op_type} fail from static map or dynamic map: no Python function stands for it",
            f'Call acl_api.register_operator("{op_type}", function) before; docs/operators.md tells of it.',
        )
    if failure.check is None and failure.rt.operator_said:
        return failure.rt.operator_said, "Compare the buffers with the tensor descriptions."
    return None


def _type_of(failure: Failure) -> str:
    handle = failure.of(OperatorHandle)
    if isinstance(handle, OperatorHandle):
        return handle.op_type
    named = next((value for value in failure.values if isinstance(value, str)), None)
    return named or ("GEMM" if failure.row.family == "acl.blas" else _BY_FUNCTION.get(failure.row.short, ""))
