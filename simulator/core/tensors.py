"""Tensors: element types, formats, shapes, and the gears of models whose shapes may change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import cycle
from math import prod
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from simulator.core.aipp import Aipp

Shape = tuple[int, ...]

# The name under which a model with gears has one input more: it tells the device which gear is meant.
GEAR_INPUT: Final = "ascend_mbatch_shape_data"
ANY: Final = -1
UNKNOWN_RANK: Final = (1 << 64) - 2
"""What the number of dimensions is said to be when it is open (ACL_UNKNOWN_RANK)."""
_OPEN_RANK: Final = -2
_MOST_ELEMENTS: Final = (1 << 64) - 1


class DataType(NamedTuple):
    """An element type: its number in the vendor's headers (aclDataType), and its size in bytes."""

    number: int
    size: int


DTYPES: Final = {
    "float32": DataType(0, 4),
    "float16": DataType(1, 2),
    "int8": DataType(2, 1),
    "int32": DataType(3, 4),
    "uint8": DataType(4, 1),
    "int16": DataType(6, 2),
    "uint16": DataType(7, 2),
    "uint32": DataType(8, 4),
    "int64": DataType(9, 8),
    "uint64": DataType(10, 8),
    "float64": DataType(11, 8),
    "bool": DataType(12, 1),
    "complex64": DataType(16, 8),
    "complex128": DataType(17, 16),
    "bfloat16": DataType(27, 2),
}
"""Element types by their numpy names (bfloat16 has none of its own there)."""
UNDEFINED: Final = DataType(-1, 0)
BY_NUMBER: Final = {kind.number: name for name, kind in DTYPES.items()}

FORMATS: Final = {
    "UNDEFINED": -1,
    "NCHW": 0,
    "NHWC": 1,
    "ND": 2,
    "NC1HWC0": 3,
    "FRACTAL_Z": 4,
    "HWCN": 16,
    "NDHWC": 27,
    "FRACTAL_NZ": 29,
    "NCDHW": 30,
    "NDC1HWC0": 32,
    "NC": 35,
    "NCL": 47,
}
"""Numbers of aclFormat by name."""


def is_open(shape: Shape) -> bool:
    """Tell whether a dimension of *shape* is not fixed."""
    return any(size < 0 for size in shape)


def bytes_of(shape: Shape, dtype: str) -> int:
    """Return the size of a tensor in bytes; 0 while a dimension of it is open or its type is unknown."""
    return 0 if is_open(shape) else prod(shape) * DTYPES.get(dtype, UNDEFINED).size


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """One input or output of a model: shape (-1: open), numpy name of its elements, name, format.

    `gear_shapes` are an output's shapes by gear, where they do not follow from the inputs'. `ranges` bound the
    dimensions of an input, where they are open; `aipp` is the image preprocessing before it.
    """

    shape: Shape
    dtype: str
    name: str = ""
    format: str = "ND"
    gear_shapes: tuple[Shape, ...] = ()
    ranges: tuple[tuple[int, int], ...] = ()
    aipp: Aipp | None = None


class Tensor(NamedTuple):
    """Values on their way into or out of a model's work: contiguous bytes, shape, element type."""

    data: memoryview
    shape: Shape
    dtype: str


class Wanted(NamedTuple):
    """What a run is to produce; the shape is open where only the work itself can tell."""

    shape: Shape
    dtype: str


# The work of a model: from its inputs and what is wanted to its outputs, in order.
Compute = Callable[[Sequence[Tensor], Sequence[Wanted]], Sequence[Tensor]]


class GearKind(Enum):
    """Which dimensions the gears of a model fix."""

    BATCH = "batch"
    HW = "hw"
    DIMS = "dims"


@dataclass(frozen=True, slots=True)
class Gears:
    """The sizes that a model was built for: numbers for the open dimensions, one tuple per gear.

    A batch gear has one number, for every open dimension; an image gear has height and width, for the open
    dimensions of a tensor in turn; a gear of dimensions has one number for each open one of all inputs, in
    their order.
    """

    kind: GearKind
    values: tuple[Shape, ...]

    def shapes(self, shapes: Sequence[Shape], gear: Shape) -> tuple[Shape, ...]:
        """Return *shapes* with their open dimensions fixed by *gear*."""
        if self.kind is GearKind.DIMS:
            numbers = iter(gear)
            return tuple(_filled(shape, numbers) for shape in shapes)
        return tuple(_filled(shape, cycle(gear)) for shape in shapes)

    @property
    def input(self) -> TensorSpec:
        """The additional input, which holds the numbers of the gear in use."""
        return TensorSpec((len(self.values[0]),), "int32", GEAR_INPUT)


def _filled(shape: Shape, numbers: Iterator[int]) -> Shape:
    return tuple(next(numbers) if size < 0 else size for size in shape)


class TensorDesc:
    """A description that the program makes (aclTensorDesc): element type, shape and format, by number.

    The shape and the format may each be said twice: as the program means them, and as they lie in memory
    (`storage_...`, None until set). `const` is what a constant input holds, `ranges` are the bounds of open
    dimensions, `values` those of a value that becomes a shape. `siblings` are the descriptions that were made
    together with this one, itself included, by handle; `address` is where the tensor of a failed operator lies.
    """

    __slots__ = (
        "address",
        "const",
        "dtype",
        "dynamic_input",
        "format",
        "name",
        "placement",
        "ranges",
        "shape",
        "siblings",
        "storage_format",
        "storage_shape",
        "values",
    )

    def __init__(self, dtype: int, shape: Shape, layout: int, name: str = "", address: int = 0) -> None:
        self.dtype = dtype
        self.shape = shape
        self.format = layout
        self.name = name
        self.address = address
        self.storage_format: int | None = None
        self.storage_shape: Shape | None = None
        self.ranges: tuple[tuple[int, int], ...] = ()
        self.values: tuple[tuple[int, int], ...] = ()
        self.const: bytes | None = None
        self.placement = 0
        self.dynamic_input = ""
        self.siblings: tuple[int, ...] = ()

    def __repr__(self) -> str:
        return f"<tensor description {BY_NUMBER.get(self.dtype, 'undefined')}{list(self.shape)}>"

    @property
    def elements(self) -> int:
        """How many elements it has; 0 while a dimension is open, or when 64 bits cannot hold their number."""
        count = 0 if is_open(self.shape) else prod(self.shape)
        return count if count <= _MOST_ELEMENTS else 0

    @property
    def dimensions(self) -> int:
        """How many dimensions it has; UNKNOWN_RANK when the first says that even that is open."""
        return UNKNOWN_RANK if self.shape[:1] == (_OPEN_RANK,) else len(self.shape)

    @property
    def size(self) -> int:
        """Its size in bytes; 0 while a dimension is open or the type is unknown."""
        size = DTYPES[BY_NUMBER[self.dtype]].size if self.dtype in BY_NUMBER else 0
        return self.elements * size if self.elements * size <= _MOST_ELEMENTS else 0

    def copy(self) -> TensorDesc:
        """Return another one like it, made alone."""
        other = TensorDesc(self.dtype, self.shape, self.format, self.name, self.address)
        other.storage_format, other.storage_shape = self.storage_format, self.storage_shape
        other.ranges, other.values = self.ranges, self.values
        other.const, other.placement, other.dynamic_input = self.const, self.placement, self.dynamic_input
        return other
