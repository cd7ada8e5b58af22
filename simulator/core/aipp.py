"""Image preprocessing in front of a model's input (AIPP): what a model was built with.

Nothing is computed: a program sets and reads parameters, and the model gets its bytes as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

NODE_NAME: Final = "ascend_dynamic_aipp_data"
HEADER_BYTES: Final = 64
BATCH_BYTES: Final = 96
# What get_first_aipp_info tells of the preprocessing itself.
SETTINGS: Final = (
    *("inputFormat", "aippExtend", "srcImageSizeW", "srcImageSizeH", "cscSwitch"),
    *("matrixR0C0", "matrixR0C1", "matrixR1C0", "matrixR1C1", "matrixR1C2", "matrixR2C2"),
    *("outputBias0", "outputBias1", "outputBias2", "inputBias0", "inputBias1", "inputBias2"),
    *("rbuvSwapSwitch", "axSwapSwitch", "singleLineMode"),
    *("cropSwitch", "loadStartPosW", "loadStartPosH", "cropSizeW", "cropSizeH"),
    *("resizeSwitch", "resizeOutputW", "resizeOutputH"),
    *("paddingSwitch", "leftPaddingSize", "rightPaddingSize", "topPaddingSize", "bottomPaddingSize"),
    *(f"{what}Chn{channel}" for what in ("mean", "min", "varReci") for channel in range(4)),
)


@dataclass(frozen=True, slots=True)
class Aipp:
    """The preprocessing of one input.

    When `dynamic`, parameters come with each data set, by an input of their own, for images of up to
    `largest_image` bytes; else they are `settings`, by the names that get_first_aipp_info uses.
    """

    dynamic: bool
    largest_image: int = 0
    settings: Mapping[str, int | float] = field(default_factory=dict)


def parameter_bytes(batches: int) -> int:
    """Return how many bytes the parameters of so many images take."""
    return HEADER_BYTES + BATCH_BYTES * batches
