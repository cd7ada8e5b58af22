"""Objects of the vendor's that only keep what they are told: descriptions and settings, by the name of each value."""

from __future__ import annotations


class Properties:
    """Values by name; what was never set is 0. Each kind of object is a class of its own."""

    __slots__ = ("values",)

    def __init__(self, **values: object) -> None:
        self.values = values

    def __repr__(self) -> str:
        told = ", ".join(f"{name}={value!r}" for name, value in self.values.items())
        return f"<{type(self).__name__} {told}>" if told else f"<{type(self).__name__}>"

    def get(self, name: str) -> object:
        """Return a value; 0 when it was never set."""
        return self.values.get(name, 0)

    def set(self, **values: object) -> None:
        """Keep values."""
        self.values.update(values)


class PicDesc(Properties):
    """A picture in memory (acldvppPicDesc)."""

    __slots__ = ()


class BatchPicDesc(Properties):
    """Pictures that are worked on together (acldvppBatchPicDesc); each has a handle once it is asked for."""

    __slots__ = ("pictures", "size")

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self.pictures: dict[int, int] = {}


class StreamDesc(Properties):
    """A piece of video in memory (acldvppStreamDesc)."""

    __slots__ = ()


class ChannelDesc(Properties):
    """A channel of the picture processor (acldvppChannelDesc); `channel_id` once it was created."""

    __slots__ = ("created",)

    def __init__(self) -> None:
        super().__init__()
        self.created = False


class RoiConfig(Properties):
    """An area of a picture (acldvppRoiConfig)."""

    __slots__ = ()


class ResizeConfig(Properties):
    """How a picture is resized (acldvppResizeConfig)."""

    __slots__ = ()


class JpegeConfig(Properties):
    """How a JPEG is encoded (acldvppJpegeConfig)."""

    __slots__ = ()


class BorderConfig(Properties):
    """A border around a picture (acldvppBorderConfig)."""

    __slots__ = ()


class VdecChannelDesc(Properties):
    """A channel of the video decoder (aclvdecChannelDesc)."""

    __slots__ = ()


class VdecFrameConfig(Properties):
    """How a frame is decoded (aclvdecFrameConfig)."""

    __slots__ = ()


class VencChannelDesc(Properties):
    """A channel of the video encoder (aclvencChannelDesc)."""

    __slots__ = ()


class VencFrameConfig(Properties):
    """How a frame is encoded (aclvencFrameConfig)."""

    __slots__ = ()


class InitPara(Properties):
    """How the feature search starts (aclfvInitPara)."""

    __slots__ = ()


class FeatureInfo(Properties):
    """Features of the search's repository (aclfvFeatureInfo)."""

    __slots__ = ()


class RepoRange(Properties):
    """A part of the repository (aclfvRepoRange)."""

    __slots__ = ()


class QueryTable(Properties):
    """What is searched for (aclfvQueryTable)."""

    __slots__ = ()


class SearchInput(Properties):
    """A search (aclfvSearchInput)."""

    __slots__ = ()


class SearchResult(Properties):
    """Where a search puts what it finds (aclfvSearchResult)."""

    __slots__ = ()


class OpAttr(Properties):
    """The attributes of an operator (aclopAttr)."""

    __slots__ = ()
