"""Objects that only keep what they are told: acl.media's descriptions and settings, acl.fv's, and channels."""

from __future__ import annotations

from typing import Any

import pytest

import acl_api as acl
from acl_api.bind import by_name
from acl_api.table import ROWS
from acl_api.table.row import Row
from simulator.base.trace import Noted
from tests.together import each_row

FORGED = 0xDEAD_BEEF
BAD = 100000
LARGEST = {"i": 7, "I": 65535, "k": 1 << 40, "K": 1 << 50, "B": 1, "d": 2.5, "O": print}
MAKERS = {
    row.outs[0]: row
    for row in ROWS.values()
    if row.family == "acl.media" and "_create_" in row.name and row.outs
}
SETTERS = [
    row
    for row in ROWS.values()
    if row.family in {"acl.media", "acl.fv"} and row.short.partition("_")[2].startswith("set_")
]
PAIRS = [
    (row, ROWS[getter])
    for row in SETTERS
    if (getter := row.name.replace("_set_", "_get_")) in ROWS and len(row.params) == 2
]


@pytest.fixture
def media() -> Any:
    with acl.Session(devices=1):
        acl.rt.set_device(0)
        yield acl.media


def subject(row: Row) -> Row:
    """The row that makes what *row* is about: the noun of its name, behind the codec that it belongs to."""
    prefix = row.short.partition("_")[0]
    found = [
        maker
        for maker in ROWS.values()
        if maker.family == row.family
        and maker.short.startswith((f"{prefix}_create_", "create_"))
        and maker.outs
        and f"_{maker.outs[0]}"
        in f"_{row.short.replace('1n_top', 'init_para').replace('nm_top', 'init_para')}"
    ]
    return max(found, key=lambda maker: len(maker.outs[0]))


def make(row: Row) -> int:
    maker = subject(row)
    made: Any = by_name(maker.name)(*(1 for _ in maker.params))
    return int(made)


def test_enough_is_modelled_for_this_to_mean_something():
    assert len(PAIRS) >= 45
    assert len(SETTERS) > 50


@pytest.mark.parametrize(("setter", "getter"), PAIRS, ids=lambda row: row.name)
def test_what_is_set_is_read_again_and_was_0_before(media, setter, getter):
    thing, value = make(setter), LARGEST[setter.params[1].unit]
    if setter.params[1].unit != "O":
        assert by_name(getter.name)(thing) == 0
    assert by_name(setter.name)(thing, value) == 0
    assert by_name(getter.name)(thing) == value
    other = make(setter)
    if setter.params[1].unit != "O":
        assert by_name(getter.name)(other) == 0, "objects share nothing"
    assert media is acl.media


@pytest.mark.usefixtures("media")
@each_row(SETTERS)
def test_a_setter_refuses_null_forged_and_destroyed_objects(row):
    thing = make(row)
    destroy = by_name(subject(row).name.replace("create_", "destroy_"))
    values = [LARGEST[param.unit] if param.name != "index" else 0 for param in row.params[1:]]
    assert by_name(row.name)(thing, *values) == 0
    assert destroy(thing) == 0
    for bad in (0, FORGED, thing, make_other(row)):
        assert by_name(row.name)(bad, *values) == BAD
    assert destroy(thing) == BAD


def make_other(row: Row) -> int:
    """A handle of another kind."""
    other = (
        acl.media.dvpp_create_pic_desc if "pic_desc" not in row.name else acl.media.dvpp_create_resize_config
    )
    return int(other())


@pytest.mark.parametrize("getter", [getter for _, getter in PAIRS], ids=lambda row: row.name)
def test_a_getter_answers_nothing_for_what_is_no_object(media, getter):
    for bad in (0, FORGED):
        assert by_name(getter.name)(bad) == getter.failed[0]
    assert media is acl.media


def test_a_wrong_handle_is_a_finding():
    with acl.Session(devices=1) as session:
        stale = acl.media.dvpp_create_pic_desc()
        acl.media.dvpp_destroy_pic_desc(stale)
        acl.media.dvpp_set_pic_desc_width(stale, 1)
        acl.media.dvpp_set_pic_desc_width(FORGED, 1)
    assert session.trace is not None
    assert [note.finding for note in session.trace.of(Noted)] == ["stale-handle", "forged-handle"]


# -- channels


def test_a_channel_is_made_has_a_number_and_is_destroyed_once(media):
    first, second = media.dvpp_create_channel_desc(), media.dvpp_create_channel_desc()
    assert media.dvpp_destroy_channel(first) == BAD
    assert media.dvpp_set_channel_desc_mode(first, 7) == 0
    assert [media.dvpp_create_channel(each) for each in (first, second)] == [0, 0]
    assert [media.dvpp_get_channel_desc_channel_id(each) for each in (first, second)] == [0, 1]
    assert [media.dvpp_destroy_channel(first) for _ in range(2)] == [0, BAD]
    third = media.dvpp_create_channel_desc()
    assert media.dvpp_create_channel(third) == 0
    assert media.dvpp_get_channel_desc_channel_id(third) == 0, "the number is free again"
    assert media.dvpp_destroy_channel_desc(third) == 0


def test_a_channel_needs_a_context():
    with acl.Session(devices=1):
        channel = acl.media.dvpp_create_channel_desc()
        assert acl.media.dvpp_create_channel(channel) == 107002
        assert acl.media.dvpp_create_channel(0) == BAD, "the handle is looked at first"


@pytest.mark.parametrize("codec", ["vdec", "venc"])
def test_a_callback_of_a_codec_is_kept_and_asking_without_one_raises(media, codec):
    desc = getattr(media, f"{codec}_create_channel_desc")()
    get = getattr(media, f"{codec}_get_channel_desc_callback")
    with pytest.raises(RuntimeError, match=r"^did not set callback, failed$"):
        get(desc)
    with pytest.raises(TypeError, match=r"^parameter must be callable$"):
        getattr(media, f"{codec}_set_channel_desc_callback")(desc, 5)
    assert getattr(media, f"{codec}_set_channel_desc_callback")(desc, print) == 0
    assert get(desc) is print


# -- pictures together, areas, borders


def test_pictures_of_a_batch_are_descriptions_of_their_own_and_go_with_it(media):
    assert media.dvpp_create_batch_pic_desc(0) == 0
    batch = media.dvpp_create_batch_pic_desc(2)
    first, second, none = (media.dvpp_get_pic_desc(batch, index) for index in range(3))
    assert len({first, second}) == 2
    assert none == 0
    assert media.dvpp_get_pic_desc(batch, 0) == first
    assert media.dvpp_set_pic_desc_width(second, 640) == 0
    assert media.dvpp_get_pic_desc_width(second) == 640
    assert media.dvpp_destroy_batch_pic_desc(batch) == 0
    assert media.dvpp_set_pic_desc_width(second, 640) == BAD
    assert media.dvpp_destroy_batch_pic_desc(batch) == BAD


def test_a_batch_of_absurd_size_costs_nothing(media):
    batch = media.dvpp_create_batch_pic_desc(0xFFFF_FFFF)
    assert media.dvpp_get_pic_desc(batch, 0xFFFF_FFFE) != 0


@pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
def test_sides_of_areas_and_borders_end_at_16_bits(media, side):
    area, border = media.dvpp_create_roi_config(0, 1, 0, 1), media.dvpp_create_border_config()
    for thing, what in ((area, "roi"), (border, "border")):
        setter = getattr(media, f"dvpp_set_{what}_config_{side}")
        assert [setter(thing, 65535), setter(thing, 65536)] == [0, BAD]
    corners = dict.fromkeys(("left", "right", "top", "bottom"), 1) | {side: 65536}
    assert media.dvpp_set_roi_config(area, *corners.values()) == BAD


def test_a_border_has_four_values(media):
    border = media.dvpp_create_border_config()
    assert [media.dvpp_set_border_config_value(border, at, at + 0.5) for at in range(5)] == [0, 0, 0, 0, BAD]
    assert [media.dvpp_get_border_config_value(border, at) for at in range(5)] == [0.5, 1.5, 2.5, 3.5, -1.0]
    assert media.dvpp_get_border_config_value(0, 0) == -1.0


# -- feature search


def test_the_old_spelling_of_the_feature_search_destroys_the_same(media):
    assert media is acl.media
    made = [acl.fv.create_init_para(1) for _ in range(2)]
    assert acl.fv.set_1n_top_num(made[0], 5) == acl.fv.set_nm_top_num(made[0], 5) == 0
    assert acl.fv.destory_init_para(made[0]) == acl.fv.destroy_init_para(made[1]) == 0
    assert acl.fv.destroy_init_para(made[0]) == BAD


@pytest.mark.parametrize(
    "noun", ["feature_info", "repo_range", "query_table", "search_input", "search_result"]
)
def test_objects_of_the_feature_search_are_made_and_destroyed_once(media, noun):
    maker = ROWS[f"acl.fv.create_{noun}"]
    made = by_name(maker.name)(*(1 for _ in maker.params))
    destroy = getattr(acl.fv, f"destroy_{noun}")
    assert [destroy(made), destroy(made), destroy(0)] == [0, BAD, BAD]
    assert media is acl.media
