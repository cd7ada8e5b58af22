"""SoC profiles: the limits of the rules, a source behind every figure, and clear refusals."""

from __future__ import annotations

import pickle
import subprocess
import sys
import tomllib
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from simulator.base.errors import UserError
from simulator.base.profile import DEFAULT_SOC, Lowering, ProfileError, load_profile, profile_names

SECTIONS = ("runtime", "limits", "features", "engines", "costs")
RESERVED = {"key", "aliases", "products", "family"}


@pytest.fixture
def written(tmp_path: Path):
    """Write a profile file and give its path as the text a user would pass."""

    def write(content: str | bytes) -> str:
        path = tmp_path / "my.toml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write


def built_in_document(name: str) -> dict[str, Any]:
    return tomllib.loads((resources.files("simulator.base") / "profiles" / f"{name}.toml").read_text("utf-8"))


@pytest.mark.shows("0.5")
def test_the_seven_families_are_built_in() -> None:
    assert profile_names() == (
        "Ascend310",
        "Ascend310B",
        "Ascend310P",
        "Ascend910",
        "Ascend910B",
        "Ascend910_93",
        "Ascend950",
    )
    assert DEFAULT_SOC in profile_names()


@pytest.mark.shows("k13")
@pytest.mark.parametrize(
    ("name", "lowering", "streams", "queue_depth", "events", "notifies"),
    [
        ("Ascend310P", Lowering.ACK, 1024, 2042, 1023, 1024),
        ("Ascend310B", Lowering.STARS, 512, 2010, 65536, 2048),
        ("Ascend910", Lowering.ACK, 2048, 2042, 65535, 1024),
        ("Ascend910B", Lowering.STARS, 1984, 2013, 65536, 8192),
        ("Ascend910_93", Lowering.STARS, 1984, 2013, 65536, 8192),
        ("Ascend950", Lowering.NOTIFY, 1984, 2014, 65536, 65535),
    ],
)
def test_limits_are_those_of_rules_e6_e7_f3_and_f16(
    name: str, lowering: Lowering, streams: int, queue_depth: int, events: int, notifies: int
) -> None:
    profile = load_profile(name)
    limits = profile.limits
    assert profile.lowering is lowering
    assert (limits.streams, limits.queue_depth, limits.events, limits.notifies) == (
        streams,
        queue_depth,
        events,
        notifies,
    )


@pytest.mark.shows("k1", "k2", "k5")
@pytest.mark.parametrize("name", profile_names())
def test_callback_resources_and_priorities_are_alike_everywhere(name: str) -> None:
    """Rules b8, b9 and e5."""
    limits = load_profile(name).limits
    assert (limits.callback_groups, limits.callback_sq_depth, limits.callback_cq_depth) == (128, 1, 512)
    assert (limits.priority_greatest, limits.priority_least) == (0, 7)


def test_only_the_first_inference_family_reserves_non_blocking_callbacks() -> None:
    """Rule a1b."""
    assert [name for name in profile_names() if load_profile(name).runtime.no_block_reserved] == ["Ascend310"]


def test_only_the_950_pads_no_allocation() -> None:
    """Rule h1."""
    padding = {name: load_profile(name).runtime.malloc_padding_bytes for name in profile_names()}
    assert padding.pop("Ascend950") == 0
    assert set(padding.values()) == {32}


def test_event_ticks_are_those_of_rule_f13() -> None:
    ticks = {name: load_profile(name).runtime.event_ticks_per_ms for name in profile_names()}
    assert (ticks["Ascend910B"], ticks["Ascend910_93"], ticks["Ascend310B"]) == (50_000, 50_000, 48_000)
    assert (ticks["Ascend310P"], ticks["Ascend910"], ticks["Ascend950"]) == (1_000_000, 1_000_000, 1_000_000)


@pytest.mark.parametrize("name", profile_names())
def test_every_figure_of_a_built_in_file_names_its_source(name: str) -> None:
    document = built_in_document(name)
    for section in SECTIONS:
        for figure, entry in document[section].items():
            assert set(entry) == {"value", "source"}, f"{section}.{figure} has no source"
            assert entry["source"].startswith(("rule ", "public: ", "assumed: ")), f"{section}.{figure}"
    assert set(document) == RESERVED | set(SECTIONS)


@pytest.mark.parametrize("name", profile_names())
def test_a_profile_tells_the_source_of_each_of_its_figures(name: str) -> None:
    profile = load_profile(name)
    figures = {f"{section}.{figure}" for section in SECTIONS for figure in asdict(getattr(profile, section))}
    assert set(profile.sources) == figures
    assert set(profile.assumed) == {
        figure for figure in figures if profile.sources[figure].startswith("assumed")
    }


@pytest.mark.parametrize("name", profile_names())
def test_limits_of_documented_families_are_not_assumed(name: str) -> None:
    assumed = {figure for figure in load_profile(name).assumed if figure.startswith("limits.")}
    undocumented = {"limits.streams", "limits.events", "limits.notifies"}  # rules e6, f3, f16 leave 310 out
    assert assumed == (undocumented if name == "Ascend310" else set())


@pytest.mark.parametrize("name", profile_names())
def test_a_built_in_file_is_named_after_its_key(name: str) -> None:
    assert built_in_document(name)["key"] == name == load_profile(name).key
    assert repr(load_profile(name)) == f"SocProfile({name})"


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Ascend910B", "Ascend910B"),
        ("ascend910b", "Ascend910B"),
        ("910B", "Ascend910B"),
        ("Ascend910B3", "Ascend910B"),
        (" a3 ", "Ascend910_93"),
        ("910", "Ascend910"),
        ("310p", "Ascend310P"),
        ("Ascend950PR_9599", "Ascend950"),
    ],
)
def test_a_profile_answers_to_key_alias_and_vendor_name_in_any_case(name: str, key: str) -> None:
    assert load_profile(name).key == key


def test_no_name_means_two_profiles() -> None:
    spoken = [
        alias.casefold()
        for name in profile_names()
        for alias in {name, load_profile(name).soc_name, *load_profile(name).aliases}
    ]
    assert len(spoken) == len(set(spoken))


def test_the_vendor_name_of_the_default_is_a_variant_and_not_the_key() -> None:
    """As a vendor string, Ascend910B without a digit is a chip of the first 910 family."""
    assert load_profile(DEFAULT_SOC).soc_name == "Ascend910B3"


def test_loading_twice_gives_the_same_hashable_object() -> None:
    assert load_profile("A3") is load_profile("Ascend910_93")
    assert len({load_profile(name) for name in profile_names()}) == 7


@pytest.mark.parametrize("name", profile_names())
def test_a_profile_survives_pickling(name: str) -> None:
    assert pickle.loads(pickle.dumps(load_profile(name))) == load_profile(name)  # noqa: S301 - our own bytes


def test_an_unknown_name_is_refused_with_the_nearest_one_and_the_list() -> None:
    with pytest.raises(ValueError, match=r"did you mean Ascend910B\?.*Ascend310, .*Ascend950") as refused:
        load_profile("Ascend910B2")
    assert isinstance(refused.value, UserError)


def test_a_user_file_builds_on_a_built_in_profile(written) -> None:
    path = written(
        'key = "small"\nextends = "A2"\n'
        "[limits]\nstreams = 4\n"
        '[costs]\nh2d_latency = { value = "2.5us", source = "measured on our board" }\n'
    )
    profile = load_profile(path)
    parent = load_profile("A2")
    assert (profile.key, profile.aliases, profile.family) == ("small", (), parent.family)
    assert (profile.limits.streams, profile.limits.events) == (4, parent.limits.events)
    assert profile.costs.h2d_latency_ns == 2_500
    assert profile.sources["costs.h2d_latency_ns"] == "measured on our board"
    assert "limits.streams" in profile.assumed
    assert profile.sources["limits.events"] == parent.sources["limits.events"]


def test_a_user_file_is_read_anew_each_time(written) -> None:
    path = written('key = "small"\nextends = "A2"\n[limits]\nstreams = 4\n')
    assert load_profile(path).limits.streams == 4
    written('key = "small"\nextends = "A2"\n[limits]\nstreams = 5\n')
    assert load_profile(path).limits.streams == 5


HEAD = 'key = "x"\nextends = "A2"\n'


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "key: is missing"),
        ("key = 3", "key: is missing or no text"),
        ('key = "x"\nproducts = "p"\nfamily = "f"', "runtime.soc_name: is missing"),
        ("key = [", "is not TOML"),
        ("key = " + "[" * 5_000, "is not TOML"),
        ("n = " + "9" * 5_000, "is not TOML"),
        (b"\xff\xfe\x00", "is not a text file in UTF-8"),
        (b"#" * (1 << 20) + b"##", "larger than 1MiB"),
        ('key = "x"\nextends = "A9"', "extends: 'A9' is not built in"),
        ('key = "x"\nextends = 1', "extends: 1 is not built in"),
        (HEAD + "[limits]\nstream = 4", "limits.stream: is not part of a profile: did you mean streams?"),
        (HEAD + "colour = 1", "colour: is not part of a profile"),
        (HEAD + "limits = 4", "limits: must be a table"),
        (HEAD + "aliases = 4", "aliases: must be a list"),
        (HEAD + "[limits]\nstreams = 0", "limits.streams: 0 is not a whole number of one or more"),
        (HEAD + "[limits]\nstreams = true", "limits.streams: True is not a whole number"),
        (HEAD + "[limits]\nstreams = { value = 4 }", "limits.streams: write it as { value"),
        (HEAD + "[limits]\nstreams = { value = 4, source = 1 }", "limits.streams: write it as { value"),
        (HEAD + "[limits]\npriority_greatest = 9", "limits.priority_greatest: must not exceed"),
        (
            HEAD + "[limits]\npriority_greatest = -1",
            "limits.priority_greatest: -1 is not a whole number of zero",
        ),
        (
            HEAD + '[runtime]\nlowering = "magic"',
            "runtime.lowering: 'magic' is not one of stars, notify, ack",
        ),
        (HEAD + "[runtime]\nlowering = []", "runtime.lowering: [] is not one of"),
        (HEAD + '[runtime]\nlowering = "ack"', "runtime.lowering: must be 'ack' without STARS"),
        (HEAD + "[runtime]\nstars = 1", "runtime.stars: 1 is neither true nor false"),
        (HEAD + "[costs]\nh2d_latency = 10", "costs.h2d_latency: duration 10 has no unit"),
        (HEAD + '[costs]\nh2d_rate = "25GB"', "costs.h2d_rate: rate '25GB' is not a size per second"),
        (HEAD + '[engines]\nmemory = "64"', "engines.memory: size '64' has no unit"),
    ],
    ids=range(27),
)
def test_a_bad_file_is_refused_with_file_key_and_remedy(written, content: str | bytes, says: str) -> None:
    path = written(content)
    with pytest.raises(ProfileError) as refused:
        load_profile(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_missing_file_is_refused_by_its_name(tmp_path: Path) -> None:
    path = str(tmp_path / "gone.toml")
    with pytest.raises(ProfileError, match=r"gone\.toml: cannot be read"):
        load_profile(path)


def test_profiles_need_only_the_standard_library() -> None:
    program = (
        "import sys, simulator.base.profile as p; p.load_profile('A3');"
        "allowed = sys.stdlib_module_names | {'simulator'};"
        "print(sorted({m.split('.')[0] for m in sys.modules} - allowed - set(sys.argv[1].split(','))))"
    )
    # What an interpreter has loaded before our first line (site hooks of the environment) is not ours.
    before = run("import sys; print(','.join({m.split('.')[0] for m in sys.modules}))")
    assert run(program, before) == "[]"


def run(program: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()
