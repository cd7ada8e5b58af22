"""Side files: `NAME.om.toml` beside `NAME.om` says what the model is, because `.om` files are not read.

latency = "2.8ms"                # required: what one run takes on the device
cores = 20                       # AI cores it takes, default 1
onnx = "net.onnx"                # its work: a network for onnxruntime …
python = "package.module:run"    # … or a function run(inputs, outputs) on numpy arrays
dynamic_batch = [1, 2, 4]        # or dynamic_hw = [[224, 224]], or dynamic_dims = [[1, 64], [1, 128]]
op_summary_model_id = 1          # its "Model ID" in a profile given to --costs
work_size = "64MiB"              # what query_size answers, with weight_size
fails_with = 507015              # its runs fail with this code, or only run number fails_on
sha256 = "…"                     # of NAME.om, for load_from_mem
original_ops = { Add_fused = ["Add", "Relu"] } # what get_op_attr answers
bundle = ["a.om", "b.om"]        # instead of all this: a file with several models, each with its side file

[[inputs]]                       # and [[outputs]]
name = "image"
shape = [1, 3, 224, 224]         # -1: an open dimension
dtype = "float32"
format = "NCHW"
shapes = [[1, 10], [2, 10]]      # outputs only: their shapes by gear, where these do not follow
range = [[1, 8], [10, 10]]       # inputs only: from where to where each dimension may go
aipp = { type = "dynamic", max_src_image_size = 1000 } # inputs only: image preprocessing, or "static" and its values
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar, cast

from simulator.base.errors import UserError
from simulator.base.units import UnitError, parse_duration, parse_size
from simulator.core.aipp import SETTINGS, Aipp
from simulator.core.models import ModelSpec
from simulator.core.tensors import DTYPES, FORMATS, GearKind, Gears, Shape, TensorSpec, is_open

SUFFIX: Final = ".toml"
LARGEST_FILE: Final = 1 << 20
_MOST_DIMENSIONS: Final = 128  # ACL_MAX_DIM_CNT
_KEYS: Final = (
    "latency", "cores", "onnx", "python", "dynamic_batch", "dynamic_hw", "dynamic_dims", "op_summary_model_id",
    "work_size", "weight_size", "fails_with", "fails_on", "sha256", "original_ops", "bundle", "inputs", "outputs",
)  # fmt: skip
_TENSOR_KEYS: Final = ("name", "shape", "dtype", "format", "shapes", "range", "aipp")
_HASH_LENGTH: Final = 64
_PAIR: Final = 2

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SideFile:
    """A side file that was read: the model without its work, the work's name, and the hash of the `.om`.

    Of a bundle there is no more than the hash, and the paths of its models.
    """

    path: Path
    spec: ModelSpec
    onnx: str | None
    python: str | None
    sha256: str | None
    bundle: tuple[Path, ...] = ()

    def __repr__(self) -> str:
        return f"<side file {self.path.name}>"


def side_file_of(model: str | Path) -> Path:
    """Return where the side file of a model lies: NAME.om.toml beside NAME.om."""
    path = Path(model)
    return path.with_name(path.name + SUFFIX)


def read_side_file(path: Path) -> SideFile:
    """Read and check a side file; raises UserError with the file, the key and how to mend it."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise UserError(f"{path}: a side file is a page of text, this one is larger than 1 MiB")
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file; {how_to_declare(path.with_suffix(''))}") from None
    except OSError as error:
        raise UserError(f"{path}: the file cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UserError(f"{path}: this is not UTF-8 text; save it as UTF-8") from None
    return read_side_text(path, text)


def read_side_text(path: Path, text: str) -> SideFile:
    """Check what stands, or is to stand, in a side file; raises UserError likewise."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{path}: this is not TOML: {error}") from None
    return _Reader(path, data).side_file()


def how_to_declare(model: str | Path) -> str:
    """Say how the user makes a model of that path known here."""
    path = Path(model)
    return (
        f"aclsim does not read .om files: describe {path.name} in {path.name}{SUFFIX} beside it, by hand (latency, "
        f"inputs, outputs; see docs/models.md) or with 'aclsim model {path} --from NET.onnx'"
    )


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) and text for text in value)


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and len(value) == _PAIR and all(type(number) is int for number in value)


class _Reader:
    """Takes a side file's table apart; every complaint names the file and the key."""

    def __init__(self, path: Path, data: Mapping[str, object]) -> None:
        self._path = path
        self._data = data

    def side_file(self) -> SideFile:
        data = self._data
        self._known(data, _KEYS, "")
        if "bundle" in data:
            return self._bundle()
        if "latency" not in data:
            raise self._wrong("latency", 'is missing: write what one run takes, such as latency = "2.8ms"')
        inputs, outputs = self._tensors("inputs"), self._tensors("outputs")
        gears = self._gears()
        onnx, python = self._text("onnx"), self._text("python")
        if onnx is not None and python is not None:
            raise self._wrong("python", "and 'onnx' exclude each other: a model has one work")
        self._check_gears(gears, inputs, outputs)
        fails_with = self._whole("fails_with", None, lowest=1)
        if fails_with is None and "fails_on" in data:
            raise self._wrong("fails_on", "has no code: add fails_with, such as fails_with = 507015")
        spec = ModelSpec(
            self._path.name.removesuffix(SUFFIX).removesuffix(".om"),
            self._parsed("latency", parse_duration, 0),
            cores=self._whole("cores", 1, lowest=1) or 1,
            inputs=inputs,
            outputs=outputs,
            checked=True,
            gears=gears,
            recorded_id=self._whole("op_summary_model_id", None, lowest=0),
            work_bytes=self._parsed("work_size", parse_size, 0),
            weight_bytes=self._parsed("weight_size", parse_size, 0),
            fails_with=fails_with,
            fails_on=self._whole("fails_on", None, lowest=1),
            original_ops=self._original_ops(),
        )
        return SideFile(self._path, spec, onnx, python, self._hash())

    def _bundle(self) -> SideFile:
        names, others = self._data["bundle"], set(self._data) - {"bundle", "sha256"}
        if others:
            raise self._wrong(
                min(others), "has no meaning in a bundle: write it in the side files of its models"
            )
        if not _are_texts(names) or not names:
            raise self._wrong("bundle", 'must be a list of model files, such as ["a.om", "b.om"]')
        paths = tuple(self._path.parent / name for name in cast("list[str]", names))
        return SideFile(self._path, ModelSpec(self._path.name, 0), None, None, self._hash(), paths)

    def _original_ops(self) -> dict[str, tuple[str, ...]]:
        given = self._data.get("original_ops", {})
        if not isinstance(given, dict) or not all(map(_are_texts, given.values())):
            raise self._wrong(
                "original_ops", 'must give each operator a list of names: {Fused = ["Add", "Relu"]}'
            )
        return {name: tuple(names) for name, names in given.items()}

    def _wrong(self, key: str, what: str) -> UserError:
        return UserError(f"{self._path}: '{key}' {what}")

    def _known(self, table: Mapping[str, object], keys: tuple[str, ...], where: str) -> None:
        for key in table:
            if key not in keys:
                raise self._wrong(f"{where}{key}", f"is no key of a side file; there are {', '.join(keys)}")

    def _text(self, key: str) -> str | None:
        value = self._data.get(key)
        if value is not None and not (isinstance(value, str) and value.strip()):
            raise self._wrong(key, f"is {value!r}: it must be a text")
        return value

    def _whole(self, key: str, default: int | None, *, lowest: int) -> int | None:
        value = self._data.get(key, default)
        if value is not None and (type(value) is not int or value < lowest):
            raise self._wrong(key, f"is {value!r}: it must be a whole number from {lowest}")
        return value

    def _parsed(self, key: str, parse: Callable[[object], int], default: int) -> int:
        try:
            return parse(self._data[key]) if key in self._data else default
        except UnitError as error:
            raise self._wrong(key, f"is wrong: {error}") from None

    def _hash(self) -> str | None:
        value = self._text("sha256")
        if value is not None and (len(value) != _HASH_LENGTH or set(value.lower()) - set("0123456789abcdef")):
            raise self._wrong(
                "sha256", f"is {value!r}: it must be the {_HASH_LENGTH} hex digits that sha256sum prints"
            )
        return None if value is None else value.lower()

    def _tensors(self, key: str) -> tuple[TensorSpec, ...]:
        tables = self._data.get(key, [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            raise self._wrong(key, f"must be tables: write [[{key}]] above each one's shape and dtype")
        return tuple(self._tensor(f"{key}[{at}].", table, at) for at, table in enumerate(tables))

    def _tensor(self, where: str, table: Mapping[str, object], at: int) -> TensorSpec:
        self._known(table, _TENSOR_KEYS, where)
        for key in ("shape", "dtype"):
            if key not in table:
                raise self._wrong(where + key, "is missing")
        dtype, layout = table["dtype"], table.get("format", "ND")
        if dtype not in DTYPES:
            raise self._wrong(where + "dtype", f"is {dtype!r}; there are {', '.join(DTYPES)}")
        if layout not in FORMATS:
            raise self._wrong(where + "format", f"is {layout!r}; there are {', '.join(FORMATS)}")
        name = table.get("name", f"{where.partition('[')[0].removesuffix('s')}{at}")
        if not isinstance(name, str) or not name:
            raise self._wrong(where + "name", f"is {name!r}: it must be a text")
        shapes = table.get("shapes", [])
        if not isinstance(shapes, list):
            raise self._wrong(where + "shapes", "must be a list of shapes, one per gear")
        shape = self._shape(where + "shape", table["shape"], lowest=-1)
        if where.startswith("outputs"):
            self._known(table, tuple(key for key in _TENSOR_KEYS if key not in ("range", "aipp")), where)
        return TensorSpec(
            shape,
            dtype,
            name,
            layout,
            tuple(self._shape(where + "shapes", shape, lowest=0) for shape in shapes),
            self._range(where + "range", table.get("range"), shape),
            self._aipp(where + "aipp", table.get("aipp"), shape),
        )

    def _range(self, key: str, value: object, shape: Shape) -> tuple[tuple[int, int], ...]:
        if value is None:
            return ()
        pairs = [pair for pair in value if _is_pair(pair)] if isinstance(value, list) else []
        if len(pairs) != len(shape) or not isinstance(value, list) or len(value) != len(shape):
            raise self._wrong(
                key, f"is {value!r}: it must have [from, to] for each of the {len(shape)} dimensions"
            )
        return tuple((low, high) for low, high in pairs)

    def _aipp(self, key: str, value: object, shape: Shape) -> Aipp | None:
        """Read the preprocessing of an input; what it sets has the names that get_first_aipp_info uses."""
        if value is None:
            return None
        if not isinstance(value, dict) or value.get("type") not in ("static", "dynamic"):
            raise self._wrong(key, f'is {value!r}: it must be a table with type = "static" or "dynamic"')
        dynamic = value["type"] == "dynamic"
        if dynamic and not shape:
            raise self._wrong(key, "needs a shape with a batch size in front")
        settings = {name: each for name, each in value.items() if name not in ("type", "max_src_image_size")}
        for name, each in settings.items():
            if name not in SETTINGS or type(each) not in (int, float):
                raise self._wrong(
                    f"{key}.{name}", f"is no number that can be set; there are {', '.join(SETTINGS)}"
                )
        largest = value.get("max_src_image_size", 0)
        if type(largest) is not int or largest < (1 if dynamic else 0):
            raise self._wrong(
                f"{key}.max_src_image_size", "must be how many bytes the images may have at most"
            )
        return Aipp(dynamic, largest, settings)

    def _shape(self, key: str, value: object, *, lowest: int) -> Shape:
        numbers = isinstance(value, list) and all(type(size) is int and size >= lowest for size in value)
        if not numbers or len(cast("list[int]", value)) > _MOST_DIMENSIONS:
            says = "-1 for an open dimension, else " if lowest < 0 else ""
            raise self._wrong(key, f"is {value!r}: it must be a list of sizes ({says}whole numbers from 0)")
        return tuple(cast("list[int]", value))

    def _gears(self) -> Gears | None:
        given = [kind for kind in GearKind if f"dynamic_{kind.value}" in self._data]
        if len(given) > 1:
            raise self._wrong(
                f"dynamic_{given[1].value}", f"and 'dynamic_{given[0].value}' exclude each other"
            )
        if not given:
            return None
        kind, key = given[0], f"dynamic_{given[0].value}"
        values = self._data[key]
        if not isinstance(values, list) or not values:
            raise self._wrong(key, "must be a list of gears, such as [1, 2, 4]")
        gears = tuple(
            self._shape(key, [value] if kind is GearKind.BATCH else value, lowest=1) for value in values
        )
        return Gears(kind, gears)

    def _check_gears(
        self, gears: Gears | None, inputs: tuple[TensorSpec, ...], outputs: tuple[TensorSpec, ...]
    ) -> None:
        if gears is None:
            return
        key = f"dynamic_{gears.kind.value}"
        open_sizes = sum(size < 0 for tensor in inputs for size in tensor.shape)
        wanted = {GearKind.BATCH: 1, GearKind.HW: 2}.get(gears.kind, open_sizes)
        if not open_sizes:
            raise self._wrong(key, "is given, but no input has an open dimension: write -1 in its shape")
        for gear in gears.values:
            if len(gear) != wanted:
                raise self._wrong(key, f"has the gear {list(gear)}: it must have {wanted} numbers")
        for at, tensor in enumerate(outputs):
            if tensor.gear_shapes and len(tensor.gear_shapes) != len(gears.values):
                raise self._wrong(
                    f"outputs[{at}].shapes", f"must have {len(gears.values)} shapes, one per gear"
                )
            if gears.kind is GearKind.DIMS and is_open(tensor.shape) and not tensor.gear_shapes:
                raise self._wrong(
                    f"outputs[{at}].shapes", "is missing: give this output's shape for each gear"
                )
