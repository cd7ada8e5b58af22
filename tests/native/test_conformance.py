"""`aclsim conformance`: our own library does not differ from the model, a wrong one does, and it is named."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from simulator.app.conformance.cases import suite
from simulator.app.mutants.catalogue import find_mutant
from simulator.base.profile import load_profile
from simulator.core.options import UNKNOWNS
from tests.native.launching import Launcher
from tests.native.stubs import compiled_stub

QUICK = ("0.3", "a1", "a8", "a9", "b12", "c1", "d1", "e10", "f5", "g2", "h4", "i6", "O2", "O5", "O9")
# Mistakes that can be seen from outside: which cases to run, and which must tell.
WRONG = {
    "any-block-type": ("a1", "a1"),
    "unsubscribed-stream-accepted": ("a8", "a8"),
    "block-type-checked-last": ("a9", "a9"),
    "release-after-batch-on-stars": ("a16", "a16"),
    "sync-waits-for-no-block": ("a18", "a18"),
    "query-always-complete": ("e14", "e14"),
    "second-subscription-accepted": ("b3", "b3"),
    "thread-on-two-devices": ("b4", "b4"),
    "unsubscribe-does-not-wait": ("b14", "b14"),
    "report-timeout-code": ("c3", "c3"),
    "one-report-per-call": ("c4 O9", "c4"),
    "lifo-reports": ("O5 O9", "O5"),
    "reports-doubled": ("O5", "O5"),
    "callbacks-run-twice": ("O5", "O5"),
    "anybody-runs-callbacks": ("O6", "O6"),
    "block-does-not-hold-on-stars": ("O3 O7", "O3"),
    "no-block-holds": ("O4", "O4"),
    "host-function-does-not-hold": ("d2 O10", "O10"),
    "families-mixed": ("d4", "d4"),
    "two-hidden-threads": ("d5", "d5"),
    "destroy-does-not-wait": ("e9", "e9"),
    "handles-live-on": ("e10", "e10"),
    "sync-timeout-code": ("e12", "e12"),
    "first-record-stays": ("f4", "f4"),
    "early-waits-pass": ("f5", "f5"),
    "new-events-are-old": ("f9", "f9"),
}
SETTINGS = [
    f"{name}={value}"
    for name, unknown in UNKNOWNS.items()
    for value in unknown.values
    if value != unknown.default
]
# The products on which an option makes a difference, where that is not the default one.
ABOUT = {"no_block": "Ascend310"}


def different(report: dict[str, Any]) -> list[str]:
    return [row["rule"] for row in report["cases"] if row["result"] == "different"]


def told(report: dict[str, Any]) -> list[Any]:
    return [row["differences"] for row in report["cases"] if row["differences"]]


def test_our_library_does_what_the_model_does(launch):
    ended, report = launch.report("conformance", *QUICK)
    assert (ended.code, told(report)) == (0, []), ended.err
    assert report["counts"]["same"] == len(report["cases"])
    assert report["model"] == {"soc": "Ascend910B", "options": []}
    case = next(row for row in report["cases"] if row["case"] == "a8")
    assert case["model"] == case["library"]
    assert case["library"]["main step 4: launch_callback"] == "107015"
    assert case["elapsed_ns"] > 0


# The whole suite in parts, each of which takes less than a hang is waited for.
PARTS = ("0 a", "b c", "d e", "f g", "h i", "O")


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("soc", ["Ascend910B", "Ascend310P", "Ascend950"])
def test_nothing_of_the_whole_suite_differs(launch, soc, part):
    ended, report = launch.report("conformance", *part.split(), ACLSIM_SOC=soc)
    assert (ended.code, told(report)) == (0, []), ended.err
    assert report["model"]["soc"] == soc
    assert {row["result"] for row in report["cases"]} <= {"same", "not seen"}


def test_the_parts_are_the_whole():
    parts = {case.name for part in PARTS for case in suite().about(part.split()).cases}
    assert parts == {case.name for case in suite().cases}


def wrong(launch: Launcher, mutant: str) -> None:
    rules, named = WRONG[mutant]
    ended, report = launch.report("conformance", *rules.split(), "--patience", "4s", ACLSIM_MUTANT=mutant)
    assert ended.code == 1
    assert named in different(report)
    assert named in ended.closing


def test_a_wrong_library_is_found_and_named_with_the_rule(launch):
    wrong(launch, "any-block-type")
    wrong(launch, "reports-doubled")


@pytest.mark.slow
@pytest.mark.parametrize("mutant", WRONG)
def test_every_mistake_that_can_be_seen_is_found(launch, mutant):
    find_mutant(mutant)
    wrong(launch, mutant)


def test_an_option_set_otherwise_is_a_difference_with_its_rule(launch):
    ended, report = launch.report("conformance", "0.3", "g10", ACLSIM_OPTIONS="handles=reused")
    assert ended.code == 1
    assert different(report) == ["0.3"]
    assert told(report) == [[{"about": "main step 7: stream_query", "model": "107017", "library": "0"}]]


def test_and_none_when_the_model_has_the_same(launch):
    ended, report = launch.report(
        "conformance", "0.3", "--option", "handles=reused", ACLSIM_OPTIONS="handles=reused"
    )
    assert (ended.code, different(report)) == (0, [])


def measured(launch: Launcher, setting: str) -> tuple[Path, dict[str, Any]]:
    """Probe a library that does as *setting* says; return the profile that was written, and the report."""
    option = setting.partition("=")[0]
    rules = {each.strip() for each in UNKNOWNS[option].rule.split(",")}
    file = launch.folder / "measured.toml"
    soc = ABOUT.get(option, "Ascend910B")
    ended, report = launch.report(
        "conformance", *rules, "--probe", "--profile-out", str(file), ACLSIM_OPTIONS=setting, ACLSIM_SOC=soc
    )
    assert ended.code == 0, ended.err
    return file, report


def round_trip(launch: Launcher, setting: str) -> None:
    file, report = measured(launch, setting)
    option, _, value = setting.partition("=")
    (answer,) = report["unknowns"]
    assert (answer["option"], answer["result"], answer["value"]) == (option, "value", value)
    assert different(report) == []  # what was found out is no difference any more
    profile = load_profile(str(file))
    assert profile.options == (setting,)
    assert tomllib.loads(file.read_text("utf-8"))["options"] == {option: value}


@pytest.mark.slow
def test_what_is_found_out_is_a_profile_that_the_simulator_takes(launch):
    round_trip(launch, "destroyed_context=107017")
    (launch.folder / "mine.yaml").write_text(
        """\
schema_version: 1
title: a context destroyed twice
threads:
  main:
    - create_context: {device: 0, as: c}
    - destroy_context: {context: c}
    - destroy_context: {context: c, returns: 107017}
""",
        "utf-8",
    )
    assert launch.plainly("run", "mine.yaml").code == 1
    assert launch.plainly("run", "mine.yaml", "--profile", "measured.toml").code == 0
    assert launch.plainly("run", "mine.yaml", "--soc", "measured.toml").code == 0
    assert launch.plainly("run", "mine.yaml", ACLSIM_SOC="measured.toml").code == 0


@pytest.mark.slow
@pytest.mark.parametrize("setting", SETTINGS)
def test_every_option_comes_back_as_it_was_set(launch, setting):
    round_trip(launch, setting)


@pytest.mark.slow
def test_all_options_come_back_together(launch):
    # nested_reports makes no difference where one call takes one report.
    chosen = [each for each in SETTINGS if each != "destroyed_context=107000" and "no_block" not in each]
    file = launch.folder / "measured.toml"
    rules = [rule for unknown in UNKNOWNS.values() for rule in unknown.rule.split(", ")]
    ended, report = launch.report(
        "conformance", *rules, "--probe", "--profile-out", str(file), ACLSIM_OPTIONS=" ".join(chosen)
    )
    assert ended.code == 0, (ended.err, told(report))
    found = {f"{each['option']}={each['value']}" for each in report["unknowns"] if each["value"] is not None}
    assert found == set(chosen) - {"nested_reports=rest"}


def test_a_library_that_lacks_functions_differs_and_does_not_crash_the_command(launch):
    stub = compiled_stub(launch.folder / "stub")
    ended = launch.plainly(
        "conformance",
        "a8",
        "--backend",
        "ascend",
        "--library",
        str(stub),
        "--soc",
        "Ascend910B",
        "--json=r.json",
    )
    assert ended.code == 1
    assert "a8" in ended.closing


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("zz",), "no case is about zz"),
        (("--profile-out", "x.toml"), "--profile-out is what --probe finds"),
        (("a8", "--option", "handles=never"), "write handles=fresh or handles=reused"),
        (("a8", "--library", "/nowhere"), "there is no libascendcl.so"),
    ],
)
def test_wrong_usage_ends_with_2(launch, words, said):
    ended = launch.plainly(
        "conformance", *(() if "--library" not in words else ("--backend=ascend",)), *words
    )
    assert ended.code == 2
    assert said in ended.closing


def test_the_simulator_is_compared_with_its_own_defaults(launch):
    same = launch.plainly("conformance", "a8", "c4", "--json=r.json")
    assert same.code == 0, same.out
    ended = launch.plainly("conformance", "a8", "c4", ACLSIM_OPTIONS="reports_taken=one")
    assert ended.code == 1
    assert ended.closing.endswith("c4")
    assert "process_report: the model 507012, the library 0" in ended.out


def test_cases_are_listed(launch):
    ended = launch.plainly("conformance", "--list", "a8", "a21")
    assert ended.code == 0
    assert "launch on a stream that nobody is subscribed to" in ended.out
    assert "1 cases; 1 rules cannot be seen from outside" in ended.closing
