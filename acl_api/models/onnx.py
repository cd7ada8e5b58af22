"""The work of a model as an ONNX network, run by onnxruntime (the extra `onnx`).

One thread, sequential, deterministic: the outputs are bit for bit those of onnxruntime's own run of the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from acl_api.models.arrays import array_of, tensor_of
from simulator.base.errors import UserError
from simulator.core.tensors import Compute, Tensor, TensorSpec, Wanted

_ONLY_ERRORS: Final = 3
# onnxruntime's names of element types that are not numpy's.
_TYPES: Final = {"float": "float32", "double": "float64"}


@dataclass(frozen=True, slots=True)
class Network:
    """An ONNX file: what goes in, what comes out, and its work."""

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    compute: Compute


def load_network(path: Path) -> Network:
    """Open an ONNX file; raises UserError when onnxruntime is missing or refuses the file."""
    session = _open(path)
    inputs = tuple(_spec(path, tensor) for tensor in session.get_inputs())
    outputs = tuple(_spec(path, tensor) for tensor in session.get_outputs())
    names = [tensor.name for tensor in inputs]

    def compute(given: Sequence[Tensor], _wanted: Sequence[Wanted]) -> list[Tensor]:
        feed = {name: array_of(tensor) for name, tensor in zip(names, given, strict=True)}
        return [tensor_of(array) for array in session.run(None, feed)]

    return Network(inputs, outputs, compute)


def _runtime(path: Path) -> Any:  # noqa: ANN401 - onnxruntime is untyped
    try:
        import onnxruntime  # type: ignore[import-untyped]
    except ImportError:
        raise UserError(
            f"{path}: running an ONNX network needs onnxruntime, which is not installed: pip install 'aclsim[onnx]'"
        ) from None
    return onnxruntime


def _open(path: Path) -> Any:  # noqa: ANN401 - onnxruntime is untyped
    runtime = _runtime(path)
    if not path.is_file():
        raise UserError(f"{path}: there is no such ONNX file; check the path")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = runtime.ExecutionMode.ORT_SEQUENTIAL
    options.use_deterministic_compute = True
    options.log_severity_level = _ONLY_ERRORS
    try:
        return runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        reason = str(error).strip().splitlines()[0]
        raise UserError(f"{path}: onnxruntime cannot load this network: {reason}") from error


def _spec(path: Path, tensor: Any) -> TensorSpec:  # noqa: ANN401 - onnxruntime is untyped
    kind = tensor.type.removeprefix("tensor(").removesuffix(")")
    if kind in {tensor.type, "string"}:
        raise UserError(
            f"{path}: {tensor.name} is a {tensor.type}; inputs and outputs must be tensors of numbers"
        )
    shape = tuple(size if isinstance(size, int) and size >= 0 else -1 for size in tensor.shape)
    return TensorSpec(shape, _TYPES.get(kind, kind), tensor.name)
