"""Python functions that stand for single operators: `register_operator("Add", add)`.

`add(inputs, outputs, attrs)` gets read-only numpy views of the inputs, arrays to fill, and the attributes by name.
It runs when the operator's task ends on its stream, as the work of a model does; what it raises fails the task.
The functions are those of the process, whatever session it opens.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from acl_api.models.python import compute_of, run_file
from acl_api.settings import read_settings
from simulator.base.errors import UserError
from simulator.base.units import parse_duration
from simulator.core.models import ModelSpec

if TYPE_CHECKING:
    from simulator.core.tensors import TensorSpec

# Takes inputs, outputs and attributes; what it returns is not looked at.
Function = Callable[..., object]
Arrays = list[Any]

DEFAULT_LATENCY: Final = "20us"


@dataclass(frozen=True, slots=True)
class Operator:
    """What is known of one type of operator: its work, what one run takes, and on how many AI cores."""

    op_type: str
    function: Function
    latency_ns: int
    cores: int

    def spec(
        self,
        attrs: Mapping[str, object],
        inputs: tuple[TensorSpec, ...],
        outputs: tuple[TensorSpec, ...],
    ) -> ModelSpec:
        """Return what one run is to the model: shapes and work, with the attributes as they are now."""
        work = partial(_call, self.function, dict(attrs))
        return ModelSpec(
            self.op_type,
            self.latency_ns,
            cores=self.cores,
            inputs=inputs,
            outputs=outputs,
            compute=compute_of(self.op_type, work),
            checked=True,
        )


_registered: Final[dict[str, Operator]] = {}


def register_operator(
    op_type: str,
    function: Function | None = None,
    *,
    latency: str | int = DEFAULT_LATENCY,
    cores: int = 1,
) -> None:
    """Let a Python function do the work of an operator type, for `acl.op` and `acl.blas`.

    Without a *function* one of ours is taken: "Cast" and "GEMM" have one. *latency* is what one run takes on the
    device, such as "20us", or in ns, unless recorded costs know better. Registering a type again replaces it. Raises
    UserError for what cannot be used.
    """
    work = function or _OURS.get(op_type)
    if not op_type:
        raise UserError(f"the operator type is {op_type!r}: it is a name such as 'Add'")
    if work is None:
        raise UserError(
            f"register_operator({op_type!r}) needs a function; aclsim brings some for {' and '.join(sorted(_OURS))}"
        )
    if not callable(work):
        raise UserError(f"register_operator({op_type!r}): {work!r} cannot be called")
    if cores < 1:
        raise UserError(f"register_operator({op_type!r}): cores is {cores}, an operator takes one at least")
    _registered[op_type] = Operator(op_type, work, parse_duration(latency), cores)


def unregister_operator(op_type: str) -> None:
    """Forget the function of an operator type; nothing when there is none."""
    _registered.pop(op_type, None)


def operator_of(op_type: str) -> Operator | None:
    """Return what is registered for an operator type; what ACLSIM_OPERATORS names is imported for the first."""
    named = read_settings().operators
    if named and named not in sys.modules:
        try:
            run_file(Path(named)) if named.endswith(".py") else import_module(named)
        except (ImportError, OSError, SyntaxError) as error:
            raise UserError(f"ACLSIM_OPERATORS is {named!r}: {error}") from error
    return _registered.get(op_type)


def _call(function: Function, attrs: dict[str, object], inputs: Arrays, outputs: Arrays) -> object:
    return function(inputs, outputs, attrs)


def _cast(inputs: Arrays, outputs: Arrays, attrs: Mapping[str, object]) -> None:
    """Convert numbers as C does; the attribute `dst_type` says nothing that the output does not."""
    del attrs
    outputs[0][...] = inputs[0].astype(outputs[0].dtype)


def _gemm(inputs: Arrays, outputs: Arrays, attrs: Mapping[str, object]) -> None:
    """Compute alpha * A @ B + beta * C, A and B transposed if the attributes say so, in the type of the sum."""
    a, b, c, alpha, beta = inputs
    left = a.T if attrs.get("transpose_a") else a
    right = b.T if attrs.get("transpose_b") else b
    wide = "int64" if c.dtype.kind == "i" else "float64"
    product = left.astype(wide) @ right.astype(wide)
    outputs[0][...] = (alpha.astype(wide) * product + beta.astype(wide) * c.astype(wide)).astype(c.dtype)


_OURS: Final[dict[str, Function]] = {"Cast": _cast, "GEMM": _gemm}
