"""`aclsim model`: describe a model file in a side file, from an ONNX network or from tensors named here."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simulator.app.exits import ExitCode
from simulator.app.options import Duration
from simulator.app.terminal import closing, err
from simulator.base.errors import UserError

if TYPE_CHECKING:
    from simulator.core.models import ModelSpec
    from simulator.core.tensors import Gears

_EPILOG = """\
\b
Examples:
  aclsim model net.om --from net.onnx --latency 2.8ms
  aclsim model net.om --from net.onnx --input-shape image:1,3,224,224
  aclsim model net.om --from net.onnx --dynamic-batch-size 1,2,4,8
  aclsim model post.om --python post:run --input box=float32[1,100,4] --output best=int32[1]

It writes net.om.toml beside net.om; a program that loads net.om then runs the network. When there is no
net.om, a few bytes are put in its place, so that programs that read the file find one."""
_ASSUMED_NS = 1_000_000


@click.command(epilog=_EPILOG)
@click.argument("model", metavar="NAME.om")
@click.option("--from", "onnx", metavar="NET.onnx", help="The network: its tensors, and its work.")
@click.option("--python", metavar="MODULE:FUNCTION", help="The work as a function on numpy arrays.")
@click.option("--latency", type=Duration(), help="What one run takes on the device [1ms, and said].")
@click.option("--cores", type=click.IntRange(min=1), default=1, help="How many AI cores a run takes [1].")
@click.option(
    "--input", "inputs", multiple=True, metavar="NAME=DTYPE[SIZES]", help="An input, without --from."
)
@click.option("--output", "outputs", multiple=True, metavar="NAME=DTYPE[SIZES]", help="An output, likewise.")
@click.option("--input-shape", metavar="NAME:SIZES;…", help="Fix open dimensions of inputs.")
@click.option("--dynamic-batch-size", "batch", metavar="1,2,4", help="Batch sizes the model is built for.")
@click.option("--dynamic-image-size", "hw", metavar="H,W;…", help="Image sizes it is built for.")
@click.option("--dynamic-dims", "dims", metavar="A,B;…", help="Sizes of all open dimensions, set by set.")
@click.option("--force", is_flag=True, help="Write over a side file that is there.")
def command(  # noqa: PLR0913 - one parameter per option
    model: str,
    *,
    onnx: str | None,
    python: str | None,
    latency: int | None,
    cores: int,
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
    input_shape: str | None,
    batch: str | None,
    hw: str | None,
    dims: str | None,
    force: bool,
) -> ExitCode:
    """Write NAME.om.toml, which tells aclsim what the model NAME.om is."""
    from acl_api.models.sidefile import side_file_of
    from acl_api.models.write import parse_tensor
    from simulator.core.models import ModelSpec

    if onnx is None and not outputs:
        raise click.UsageError("give --from NET.onnx, or name the tensors with --input and --output")
    if onnx is not None and (inputs or outputs):
        raise click.UsageError(
            "--input and --output are for models without --from: the network names its own"
        )
    target = side_file_of(model)
    if not model.endswith(".om"):
        raise UserError(f"{model}: the name of a model file ends in .om, such as {Path(model).stem}.om")
    if not target.parent.is_dir():
        raise UserError(f"{target}: the folder {target.parent} does not exist; make it first")
    if target.exists() and not force:
        raise UserError(f"{target}: this side file exists; write over it with --force, or edit it")
    spec = ModelSpec(
        Path(model).name.removesuffix(".om"),
        _ASSUMED_NS if latency is None else latency,
        cores=cores,
        inputs=tuple(parse_tensor(text) for text in inputs),
        outputs=tuple(parse_tensor(text) for text in outputs),
    )
    spec = _described(spec, onnx, input_shape, _gears(batch, hw, dims))
    _write(Path(model), target, spec, onnx, python)
    if onnx is not None and not python and os.path.relpath(onnx, target.parent).startswith(os.pardir):
        err(f"{onnx} is outside the folder of {target}: programs started elsewhere need --allow-code")
    if latency is None:
        err("the latency is assumed to be 1ms; give --latency, or edit the file")
    closing("written", f"{target}: {_count(spec.inputs, 'input')}, {_count(spec.outputs, 'output')}")
    return ExitCode.PASSED


def _count(things: tuple[object, ...], name: str) -> str:
    return f"{len(things)} {name}{'' if len(things) == 1 else 's'}"


def _gears(batch: str | None, hw: str | None, dims: str | None) -> Gears | None:
    from acl_api.models.write import parse_gears
    from simulator.core.tensors import GearKind

    given = [(kind, text) for kind, text in zip(GearKind, (batch, hw, dims), strict=True) if text is not None]
    if len(given) > 1:
        raise click.UsageError(
            "--dynamic-batch-size, --dynamic-image-size and --dynamic-dims exclude each other"
        )
    return parse_gears(*given[0]) if given else None


def _described(spec: ModelSpec, onnx: str | None, input_shape: str | None, gears: Gears | None) -> ModelSpec:
    """Return *spec* with the network's tensors and the gears."""
    from dataclasses import replace

    from acl_api.models.onnx import load_network
    from acl_api.models.write import describe_network, parse_shapes

    if onnx is None:
        return replace(spec, gears=gears)
    fixed = {} if input_shape is None else parse_shapes(input_shape)
    return describe_network(spec, load_network(Path(onnx)), fixed, gears)


def _write(model: Path, target: Path, spec: ModelSpec, onnx: str | None, python: str | None) -> None:
    """Write the side file, and in place of a missing `.om` file a few bytes; the work goes by a relative path."""
    from hashlib import sha256

    from acl_api.models.sidefile import read_side_text
    from acl_api.models.write import placeholder, render
    from simulator.app.files import write_whole

    # With --python the network only gives the shapes: a model has one work.
    network = None if onnx is None or python else os.path.relpath(onnx, target.parent)
    try:
        content = model.read_bytes() if model.exists() else None
    except OSError as error:
        raise UserError(f"{model}: the file cannot be read: {error.strerror}") from None
    if content is None:
        standing_in = placeholder(model.name, render(spec, onnx=network, python=python))
    digest = sha256(standing_in if content is None else content).hexdigest()
    text = render(spec, onnx=network, python=python, sha256=digest)
    read_side_text(target, text)  # what is written can be read, or nothing is written
    if content is None:
        write_whole(str(model), str(model), standing_in.decode())
    write_whole(str(target), str(target), text)
