"""Finding models: by the path that a program loads, or by the content of what it has in memory."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from acl_api.models.sidefile import SideFile, how_to_declare, read_side_file, side_file_of
from acl_api.settings import read_settings
from simulator.base.errors import UserError
from simulator.core.tensors import Compute, TensorSpec

if TYPE_CHECKING:
    from simulator.core.models import ModelSpec
    from simulator.core.runtime import Runtime

# Side files for models in memory are looked for below some folders, but not through a whole disk.
_MOST_FOLDERS: Final = 2000
_SKIPPED: Final = frozenset({"node_modules", "__pycache__", "site-packages"})


def by_path(rt: Runtime, path: str) -> ModelSpec | None:
    """Return the model declared under the file's name, or described by the side file beside it; else None.

    Raises UserError for a side file that is wrong.
    """
    declared = rt.specs.get(Path(path).name.removesuffix(".om"))
    if declared is not None:
        return declared
    side_file = _side_file(path)
    return None if side_file is None else _whole(rt, side_file)


def _side_file(path: str) -> Path | None:
    if not Path(path).name:  # "" and "." name nothing that a side file could lie beside
        return None
    side_file = side_file_of(path)
    try:
        return side_file if side_file.is_file() else None
    except OSError:  # a name that no file can have
        return None


def bundle_by_path(rt: Runtime, path: str) -> list[ModelSpec] | None:
    """Return the models of the bundle that the side file of this path declares; None when it declares none."""
    side_file = _side_file(path)
    return None if side_file is None else _models_of(rt, read_side_file(side_file))


def bundle_by_content(rt: Runtime, data: bytes) -> list[ModelSpec] | None:
    """The same for the content of the bundle's file."""
    found = _side_file_of_content(data)
    return None if found is None else _models_of(rt, read_side_file(found))


def _models_of(rt: Runtime, bundle: SideFile) -> list[ModelSpec] | None:
    """Return the models that a bundle names; raises UserError for one that nothing is known of."""
    specs = []
    for path in bundle.bundle:
        spec = by_path(rt, str(path))
        if spec is None:
            raise UserError(
                f"{bundle.path}: 'bundle' names {path.name}, of which nothing is known; {how_to_declare(path)}"
            )
        specs.append(spec)
    return specs or None


def by_content(rt: Runtime, data: bytes) -> ModelSpec | None:
    """Return the model whose `.om` file has this content; None when no side file tells.

    Side files are looked for in the folders of ACLSIM_MODELS, in the working directory and in the program's
    folder, and below them.
    """
    found = _side_file_of_content(data)
    return None if found is None else _whole(rt, found)


def _side_file_of_content(data: bytes) -> Path | None:
    digest = sha256(data).hexdigest()
    for path in _side_files():
        model = path.with_name(path.name.removesuffix(".toml"))
        if _same_content(model, data) or _records(path, digest):
            return path
    return None


def _same_content(model: Path, data: bytes) -> bool:
    try:
        return model.stat().st_size == len(data) and model.read_bytes() == data
    except OSError:
        return False


def _records(side_file: Path, digest: str) -> bool:
    try:
        if digest not in side_file.read_text("utf-8").lower():
            return False
    except (OSError, UnicodeDecodeError):
        return False
    return read_side_file(side_file).sha256 == digest


def _side_files() -> Iterator[Path]:
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    named = [Path(folder) for folder in read_settings().model_folders]
    seen: set[Path] = set()
    for root in (*named, Path.cwd(), *([Path(main).parent] if main else [])):
        for folder, below, files in os.walk(root):
            here = Path(folder).resolve()
            if here in seen or len(seen) >= _MOST_FOLDERS:
                below.clear()
                continue
            seen.add(here)
            below[:] = sorted(name for name in below if not name.startswith(".") and name not in _SKIPPED)
            yield from (here / name for name in sorted(files) if name.endswith(".om.toml"))


def _whole(rt: Runtime, path: Path) -> ModelSpec | None:
    """Read a side file and load the work that it names; None for a bundle, which is no model."""
    side_file = read_side_file(path)
    if side_file.bundle:
        return None
    with _our_own_time(rt):
        return replace(side_file.spec, compute=load_work(side_file))


def load_work(side_file: SideFile) -> Compute | None:
    """Return the work that a side file names; None without one. Raises UserError."""
    from acl_api.models.python import ALLOW_CODE, allowed, load_function

    if side_file.python is not None:
        return load_function(side_file.python, side_file.path)
    if side_file.onnx is None:
        return None
    from acl_api.models.onnx import load_network

    path = side_file.path.parent / side_file.onnx
    beside = path.resolve().is_relative_to(side_file.path.parent.resolve())
    if not beside and not allowed(path):
        raise UserError(
            f"{side_file.path}: 'onnx' leads out of the side file's folder and of the working directory; allow it "
            f"with --allow-code or {ALLOW_CODE}=1"
        )
    network = load_network(path)
    _compare(side_file, "inputs", side_file.spec.inputs, network.inputs)
    _compare(side_file, "outputs", side_file.spec.outputs, network.outputs)
    return network.compute


def _compare(
    side_file: SideFile, key: str, told: tuple[TensorSpec, ...], found: tuple[TensorSpec, ...]
) -> None:
    """Refuse a side file whose tensors are not those of its network."""
    if len(told) != len(found):
        raise UserError(
            f"{side_file.path}: '{key}' has {len(told)} tensors, {side_file.onnx} has {len(found)}; "
            "'aclsim model … --force' writes the file anew"
        )
    for at, (mine, theirs) in enumerate(zip(told, found, strict=True)):
        sizes = zip(mine.shape, theirs.shape, strict=False)
        fits = len(mine.shape) == len(theirs.shape) and all(
            -1 in pair or pair[0] == pair[1] for pair in sizes
        )
        if mine.dtype != theirs.dtype or not fits:
            raise UserError(
                f"{side_file.path}: '{key}[{at}]' is {mine.dtype}{list(mine.shape)}, {side_file.onnx} has "
                f"{theirs.dtype}{list(theirs.shape)}"
            )


@contextmanager
def _our_own_time(rt: Runtime) -> Iterator[None]:
    """Keep a watchdog of the host from counting the loading of a network as the program's own silence."""
    host = rt.host
    before = getattr(host, "driving", None)
    if before is not None:
        host.driving = True  # type: ignore[attr-defined]  # the free host has no watchdog and no such flag
    try:
        yield
    finally:
        if before is not None:
            host.driving = before  # type: ignore[attr-defined]
