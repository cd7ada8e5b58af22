"""Rows: acl.media without its codecs: the allocator, descriptions and settings, channels that can be made.

Pictures and video are neither decoded nor encoded, resized nor cut: those functions are not modelled, and a program
learns it at the first of them.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, cast

from acl_api import codes
from acl_api.table.checks import alive, has_context, not_null, of_kind
from acl_api.table.declared import declared
from acl_api.table.properties import create_row, destroy_row, get_row, object_rows, row_of, set_row
from acl_api.table.row import Check, Param, Ref, Row, Status
from simulator.core import properties
from simulator.core.memory import Place
from simulator.core.operations import allocations
from simulator.core.properties import BatchPicDesc, BorderConfig, ChannelDesc, PicDesc, RoiConfig

if TYPE_CHECKING:
    from simulator.core.properties import Properties
    from simulator.core.runtime import Caller, Runtime

_SOURCE = "rules h1, h2; the vendor's pages of acldvppMalloc and acldvppFree"
_TESTED = "unit tests of acldvpp"
# What fits 16 bits: more is refused for areas and borders.
_MOST = 0xFFFF
_SIDES = ("left", "right", "top", "bottom")
_CORNERS = 4
_DECLARED = {name.removeprefix("acl.media."): entry for name, entry in declared().items()}


def _create_channel(rt: Runtime, _me: Caller, channel: ChannelDesc) -> None:
    things = rt.handles.live.values()
    taken = {thing.get("channel_id") for thing in things if isinstance(thing, ChannelDesc) and thing.created}
    channel.set(channel_id=next(number for number in count() if number not in taken))
    channel.created = True


def _destroy_channel(_rt: Runtime, _me: Caller, channel: ChannelDesc) -> None:
    channel.created = False


def _not_created(_me: Caller, channel: object) -> bool:
    return not cast("ChannelDesc", channel).created


def _create_batch(rt: Runtime, _me: Caller, size: int) -> tuple[int]:
    if size == 0:
        return (0,)
    return (rt.handles.add(BatchPicDesc(size)),)


def _destroy_batch(rt: Runtime, _me: Caller, handle: int) -> None:
    for picture in cast("BatchPicDesc", rt.handles.live[handle]).pictures.values():
        rt.handles.remove(picture)
    rt.handles.remove(handle)


def _picture(rt: Runtime, _me: Caller, batch: BatchPicDesc, index: int) -> tuple[int]:
    if index >= batch.size:
        return (0,)
    if index not in batch.pictures:
        batch.pictures[index] = rt.handles.add(PicDesc())
    return (batch.pictures[index],)


def _callback(_rt: Runtime, _me: Caller, channel: Properties) -> tuple[object]:
    found = channel.get("callback")
    if not found:
        msg = "did not set callback, failed"
        raise RuntimeError(msg)
    return (found,)


def _border_value(_rt: Runtime, _me: Caller, border: BorderConfig, index: int) -> tuple[float]:
    return (float(cast("float", border.get(f"value_{index}"))) if index < _CORNERS else -1.0,)


def _set_border_value(_rt: Runtime, _me: Caller, border: BorderConfig, index: int, value: float) -> None:
    border.set(**{f"value_{index}": value})


def _no_corner(_me: Caller, index: object) -> bool:
    return cast("int", index) >= _CORNERS


def _channels() -> tuple[Row, ...]:
    channel = of_kind("channel_desc", ChannelDesc)
    made = Check(
        "0.2", codes.ACL_ERROR_INVALID_PARAM, "the channel was not created", ("channel_desc",), _not_created
    )
    desc = _DECLARED
    return (
        create_row(desc["dvpp_create_channel_desc"], ChannelDesc),
        destroy_row(desc["dvpp_destroy_channel_desc"], ChannelDesc),
        get_row(desc["dvpp_get_channel_desc_channel_id"], ChannelDesc, "channel_id"),
        set_row(desc["dvpp_set_channel_desc_mode"], ChannelDesc),
        row_of(
            desc["dvpp_create_channel"],
            _create_channel,
            checks=(*channel, has_context("g12")),
            status=Status.PARTIAL,
            says="Make a channel: it has a number, and nothing can be sent through it.",
        ),
        row_of(
            desc["dvpp_destroy_channel"],
            _destroy_channel,
            checks=(*channel, made),
            status=Status.PARTIAL,
            says="Destroy a channel.",
        ),
    )


def _batches() -> tuple[Row, ...]:
    return (
        row_of(
            _DECLARED["dvpp_create_batch_pic_desc"],
            _create_batch,
            source=_TESTED,
            says="Make so many descriptions of pictures; 0 for none.",
        ),
        row_of(
            _DECLARED["dvpp_destroy_batch_pic_desc"],
            _destroy_batch,
            checks=(alive("batch_pic_desc", BatchPicDesc),),
            says="Destroy the descriptions with all their pictures'.",
        ),
        row_of(
            _DECLARED["dvpp_get_pic_desc"],
            _picture,
            checks=of_kind("batch_pic_desc", BatchPicDesc),
            source=_TESTED,
            says="The description of one of the pictures; 0 when there are not so many.",
        ),
    )


def _borders() -> tuple[Row, ...]:
    border = of_kind("border_config", BorderConfig)
    index = Check("0.2", codes.ACL_ERROR_INVALID_PARAM, "index is above 3", ("index",), _no_corner)
    rows = [
        row
        for row in object_rows(
            "acl.media", "dvpp_", "border_config", BorderConfig, **dict.fromkeys(_SIDES, _MOST)
        )
        if not row.name.endswith("_value")
    ]
    return (
        *rows,
        row_of(
            _DECLARED["dvpp_set_border_config_value"],
            _set_border_value,
            checks=(*border, index),
            source=_TESTED,
            says="Set one of the four values that fill a border.",
        ),
        row_of(
            _DECLARED["dvpp_get_border_config_value"],
            _border_value,
            checks=border,
            failed=(-1.0,),
            source=_TESTED,
            says="One of the four values that fill a border; -1.0 for another index.",
        ),
    )


def _codec(name: str, kind: type[Properties]) -> tuple[Row, ...]:
    """Return the rows of a video codec's channel: all but those that need the codec."""
    rows = [
        row
        for row in object_rows("acl.media", f"{name}_", "channel_desc", kind)
        if not row.name.endswith(("_param", "_get_channel_desc_callback"))
    ]
    callback = row_of(
        _DECLARED[f"{name}_get_channel_desc_callback"],
        _callback,
        checks=of_kind("channel_desc", kind),
        failed=(None,),
        traced=False,
        says="The function that was set; RuntimeError when none was.",
    )
    return (*rows, callback)


ROWS = (
    Row(
        "acl.media.dvpp_malloc",
        "acldvppMalloc",
        allocations.malloc,
        params=(Param("size", "k"),),
        checks=(not_null("size", rule="h1"), has_context("h1")),
        outs=("dev_ptr",),
        failed=(0,),
        errors=(codes.ACL_ERROR_RT_MEMORY_ALLOCATION,),
        status=Status.PARTIAL,
        misfit=_DECLARED["dvpp_malloc"].misfit,
        says="Reserve device memory for pictures; there is no DVPP, so any device memory would do.",
        source=_SOURCE,
    ),
    Row(
        "acl.media.dvpp_free",
        "acldvppFree",
        lambda rt, _me, ptr: allocations.free(rt, ptr, Place.DEVICE),
        params=(Param("dev_ptr", "k", Ref.MEMORY),),
        checks=(not_null("dev_ptr", rule="h2"),),
        errors=(codes.ACL_ERROR_RT_PARAM_INVALID,),
        misfit=_DECLARED["dvpp_free"].misfit,
        says="Free memory of dvpp_malloc at once.",
        source=_SOURCE,
    ),
    *_channels(),
    *object_rows("acl.media", "dvpp_", "pic_desc", PicDesc),
    *object_rows("acl.media", "dvpp_", "stream_desc", properties.StreamDesc),
    *_batches(),
    *object_rows("acl.media", "dvpp_", "roi_config", RoiConfig, **dict.fromkeys(_SIDES, _MOST)),
    set_row(_DECLARED["dvpp_set_roi_config"], RoiConfig, dict.fromkeys(_SIDES, _MOST)),
    *object_rows("acl.media", "dvpp_", "resize_config", properties.ResizeConfig),
    *object_rows("acl.media", "dvpp_", "jpege_config", properties.JpegeConfig),
    *_borders(),
    *_codec("vdec", properties.VdecChannelDesc),
    *object_rows("acl.media", "vdec_", "frame_config", properties.VdecFrameConfig),
    *_codec("venc", properties.VencChannelDesc),
    *object_rows("acl.media", "venc_", "frame_config", properties.VencFrameConfig),
)
