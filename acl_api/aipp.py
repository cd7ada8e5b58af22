"""Parameters of image preprocessing (aclmdlAIPP): as a program sets them, and as they lie in device memory.

The layout is that of the vendor's kAippDynamicPara (hicann/ge inc/graph_metadef, dynamic_aipp.h); the rules are
those of acl_aipp.cpp and aipp_param_check.cpp.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from simulator.core.tensors import Shape

_HEADER: Final = struct.Struct("<Bbbbb3xii9h3H3B3B18x")
_BATCH: Final = struct.Struct("<bbbb4x12i4h4H4e16x")
YUV420SP, YUV400, XRGB8888, RGB888 = 1, 10, 2, 5
# aclAippInputFormat to the device's own numbers.
INPUT_FORMATS: Final = dict(
    enumerate((YUV420SP, XRGB8888, RGB888, YUV400, 3, 4, 6, 7, 8, 9, 11, 12, 13, 16), 1)
)
# Quarters of a byte that a pixel takes: what the images of one call may be as dynamic parameters.
_QUARTERS: Final = {YUV420SP: 6, XRGB8888: 16, RGB888: 12, YUV400: 4}
_WIDEST_PADDED: Final = 1080
_DIMENSIONS: Final = 4

Numbers = tuple[int, ...]


class Batch:
    """The parameters of one image of a batch."""

    __slots__ = ("crop", "mean", "minimum", "padding", "scale", "variance")

    def __init__(self) -> None:
        # A switch, then its sizes; all zero while it is off and nothing was set.
        self.crop: tuple[int, Numbers] = (0, (0, 0, 0, 0))
        self.scale: tuple[int, Numbers] = (0, (0, 0, 0, 0))
        self.padding: tuple[int, Numbers] = (0, (0, 0, 0, 0))
        self.mean: Numbers = (0, 0, 0, 0)
        self.minimum: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0)
        self.variance: tuple[float, ...] = (1.0, 1.0, 1.0, 1.0)

    def packed(self) -> bytes:
        """Return the 96 bytes of the device's structure."""
        halves = struct.unpack("<4H", struct.pack("<4e", *self.minimum))
        switches = self.crop[0], self.scale[0], self.padding[0], 0
        sizes = (*self.crop[1], *self.scale[1], *self.padding[1])
        return _BATCH.pack(*switches, *sizes, *self.mean, *halves, *self.variance)


class AippSet:
    """The parameters of a batch of images, as a program sets them."""

    __slots__ = ("alpha_swap", "batches", "colours", "format", "red_blue_swap", "size")

    def __init__(self, count: int) -> None:
        self.format: int = 0
        # A switch, nine numbers of the matrix, three output and three input biases.
        self.colours: tuple[int, Numbers] = (0, (0,) * 15)
        self.red_blue_swap: int = 0
        self.alpha_swap: int = 0
        self.size: tuple[int, int] = (0, 0)
        self.batches: list[Batch] = [Batch() for _ in range(count)]

    def __repr__(self) -> str:
        return f"<preprocessing of {len(self.batches)} images>"

    @property
    def image_bytes(self) -> int:
        """How many bytes the images take; 0 for formats that dynamic parameters do not have."""
        width, height = self.size
        return len(self.batches) * width * height * _QUARTERS.get(self.format, 0) // 4

    def packed(self) -> bytes:
        """Return the bytes that the device reads."""
        switch, numbers = self.colours
        swaps = self.red_blue_swap, self.alpha_swap
        header = _HEADER.pack(
            *(self.format, switch, *swaps, len(self.batches), *self.size), *numbers[:9], 0, 0, 0, *numbers[9:]
        )
        return header + b"".join(batch.packed() for batch in self.batches)

    def misfit(self, limit: int, shape: Shape, layout: str) -> str | None:
        """Say what is wrong with the parameters for an input of that shape; None when they fit."""
        if self.image_bytes > limit:
            return f"the images have {self.image_bytes} bytes, the model takes {limit}"
        first = self._output(self.batches[0])
        if isinstance(first, str):
            return first
        if len(shape) == _DIMENSIONS and layout in ("NCHW", "NHWC"):
            count = shape[0]
            height, width = shape[2:] if layout == "NCHW" else shape[1:3]
            if -1 not in shape and (len(self.batches), *first) != (count, width, height):
                given = f"{len(self.batches)} images of {first[0]} x {first[1]}"
                return f"the parameters give {given}, the model takes {count} of {width} x {height}"
        return self._wrong_image() or self._wrong_batch(first)

    def _wrong_image(self) -> str | None:
        if self.format not in _QUARTERS:
            return "the input format is not YUV420SP, XRGB8888, RGB888 or YUV400"
        if self.format == YUV400 and self.colours[0]:
            return "YUV400 has no colours to convert"
        if 0 in self.size:
            return "the size of the source image is not set"
        if self.format == YUV420SP and any(length % 2 for length in self.size):
            return f"the source image is {self.size[0]} x {self.size[1]}: YUV420SP needs even numbers"
        return None

    def _wrong_batch(self, first: tuple[int, int]) -> str | None:
        for at, batch in enumerate(self.batches):
            if batch.scale[0]:
                return f"image {at} is scaled, which dynamic parameters cannot do"
            left, top, width, height = batch.crop[1]
            if batch.crop[0] and (left + width > self.size[0] or top + height > self.size[1]):
                return f"image {at} is cropped beyond its edges"
            if batch.crop[0] and self.format == YUV420SP and (left % 2 or top % 2):
                return f"image {at} is cropped from an odd place, YUV420SP needs even ones"
            output = self._output(batch)
            if output != first:
                return (
                    output if isinstance(output, str) else f"image {at} becomes another size than the first"
                )
        return None

    def _output(self, batch: Batch) -> tuple[int, int] | str:
        """Return width and height behind cropping and padding, or what is wrong with them."""
        width, height = self.size
        if batch.crop[0]:
            width, height = batch.crop[1][2:]
        if batch.scale[0]:
            width, height = batch.scale[1][2:]
        if batch.padding[0]:
            top, bottom, left, right = batch.padding[1]
            width, height = width + left + right, height + top + bottom
            if width > _WIDEST_PADDED:
                return f"a padded image is {width} wide, {_WIDEST_PADDED} is the most"
        return width, height
