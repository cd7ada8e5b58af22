"""Writing side files: from an ONNX network, or from tensors that the user names."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from acl_api.models.arrays import tensor_of
from acl_api.models.onnx import Network
from simulator.base.errors import UserError
from simulator.base.units import format_duration
from simulator.core.models import ModelSpec
from simulator.core.tensors import (
    DTYPES,
    GearKind,
    Gears,
    Shape,
    Tensor,
    TensorSpec,
    Wanted,
    bytes_of,
    is_open,
)

_TENSOR: Final = re.compile(r"(?P<name>[^=:]+)=(?P<dtype>\w+)\[(?P<shape>[-\d,\s]*)\]")
_FIXED: Final = re.compile(r"(?P<name>.+):(?P<shape>[-\d,\s]+)")


def parse_tensor(text: str) -> TensorSpec:
    """Read `name=dtype[1,3,-1]`; raises UserError."""
    match = _TENSOR.fullmatch(text.strip())
    if match is None or match["dtype"] not in DTYPES:
        raise UserError(f"{text!r} is no tensor: write name=dtype[sizes], such as image=float32[1,3,224,224]")
    return TensorSpec(_sizes(match["shape"], text), match["dtype"], match["name"].strip())


def parse_shapes(text: str) -> dict[str, Shape]:
    """Read `name:1,3,224,224;other:1,5`, the vendor's way to fix input shapes; raises UserError."""
    shapes = {}
    for part in text.split(";"):
        match = _FIXED.fullmatch(part.strip())
        if match is None:
            raise UserError(f"--input-shape {text!r}: write name:sizes, such as image:1,3,224,224;mask:1,128")
        shapes[match["name"].strip()] = _sizes(match["shape"], text)
    return shapes


def parse_gears(kind: GearKind, text: str) -> Gears:
    """Read `1,2,4` for batches, `224,224;448,448` for images and dimensions; raises UserError."""
    parts = text.split("," if kind is GearKind.BATCH else ";")
    gears = tuple(_sizes(part, text) for part in parts)
    if not all(gears) or any(size < 1 for gear in gears for size in gear):
        raise UserError(
            f"{text!r} are no sizes: write {'1,2,4' if kind is GearKind.BATCH else '224,224;448,448'}"
        )
    return Gears(kind, gears)


def _sizes(text: str, whole: str) -> Shape:
    try:
        return tuple(int(size) for size in text.split(",") if size.strip())
    except ValueError:
        raise UserError(
            f"{whole!r}: {text!r} are no sizes; write whole numbers with commas between"
        ) from None


def describe_network(
    spec: ModelSpec, network: Network, fixed: Mapping[str, Shape], gears: Gears | None
) -> ModelSpec:
    """Return *spec* with the tensors of a network, its inputs fixed as asked.

    Output shapes that the file leaves open are found by running the network on zeros, once per gear. Raises
    UserError when that fails.
    """
    names = [tensor.name for tensor in network.inputs]
    for name in fixed:
        if name not in names:
            raise UserError(f"--input-shape names {name!r}; the network's inputs are {', '.join(names)}")
    inputs = tuple(replace(tensor, shape=fixed.get(tensor.name, tensor.shape)) for tensor in network.inputs)
    whole = replace(spec, inputs=inputs, outputs=network.outputs, gears=gears)
    if gears is not None:
        shapes = [_shapes_of(network, whole.input_shapes(gear)) for gear in gears.values]
        outputs = tuple(
            replace(tensor, gear_shapes=tuple(row[at] for row in shapes)) if is_open(tensor.shape) else tensor
            for at, tensor in enumerate(network.outputs)
        )
        return replace(whole, outputs=outputs)
    if any(is_open(tensor.shape) for tensor in inputs) or not any(is_open(t.shape) for t in network.outputs):
        return whole
    found = _shapes_of(network, whole.input_shapes(None))
    return replace(
        whole, outputs=tuple(replace(t, shape=shape) for t, shape in zip(network.outputs, found, strict=True))
    )


def _shapes_of(network: Network, shapes: Sequence[Shape]) -> list[Shape]:
    import numpy as np

    zeros = [
        Tensor(memoryview(bytes(bytes_of(shape, tensor.dtype))), shape, tensor.dtype)
        if tensor.dtype == "bfloat16"
        else tensor_of(np.zeros(shape, tensor.dtype))
        for tensor, shape in zip(network.inputs, shapes, strict=True)
    ]
    try:
        outputs = network.compute(zeros, [Wanted(t.shape, t.dtype) for t in network.outputs])
    except Exception as error:
        reason = str(error).strip().splitlines()[0]
        sizes = "; ".join(f"{t.name}:{list(shape)}" for t, shape in zip(network.inputs, shapes, strict=True))
        raise UserError(f"the network does not run on zeros of {sizes}: {reason}") from error
    return [tensor.shape for tensor in outputs]


def render(
    spec: ModelSpec, *, onnx: str | None = None, python: str | None = None, sha256: str | None = None
) -> str:
    """Return the text of the side file that describes *spec*; `read_side_file` reads it back."""
    lines = [
        f"# What aclsim knows of {spec.name}.om; docs/models.md explains the keys.",
        f"latency = {_text(format_duration(spec.latency_ns))}",
        f"cores = {spec.cores}",
    ]
    failing = (("fails_with", spec.fails_with), ("fails_on", spec.fails_on))
    lines += [f"{key} = {number}" for key, number in failing if number is not None]
    for key, value in (("onnx", onnx), ("python", python), ("sha256", sha256)):
        if value is not None:
            lines.append(f"{key} = {_text(value)}")
    if spec.gears is not None:
        batch = spec.gears.kind is GearKind.BATCH
        values = [gear[0] if batch else list(gear) for gear in spec.gears.values]
        lines.append(f"dynamic_{spec.gears.kind.value} = {values}")
    for key, tensors in (("inputs", spec.inputs), ("outputs", spec.outputs)):
        for tensor in tensors:
            lines += ["", f"[[{key}]]", *([f"name = {_text(tensor.name)}"] if tensor.name else [])]
            lines += [f"shape = {list(tensor.shape)}"]
            lines += [f"dtype = {_text(tensor.dtype)}", f"format = {_text(tensor.format)}"]
            if tensor.gear_shapes:
                lines.append(f"shapes = {[list(shape) for shape in tensor.gear_shapes]}")
    return "\n".join(lines) + "\n"


def placeholder(name: str, text: str) -> bytes:
    """Return what stands in for a `.om` file that does not exist: bytes of its own for each model."""
    from hashlib import sha256

    digest = sha256(text.encode()).hexdigest()
    return f"This is no offline model: it stands in for {name} under aclsim.\n{digest}\n".encode()


def _text(value: str) -> str:
    """Return a TOML basic string, whose escapes are those of JSON."""
    return json.dumps(value, ensure_ascii=False)
