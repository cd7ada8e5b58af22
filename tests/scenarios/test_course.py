"""The course: every scenario under `scenarios/` meets its expectations, in the friendly order and in others."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.scenario.interpret import run_scenario
from simulator.scenario.load import load_scenario

COURSE = sorted((Path(__file__).parents[2] / "scenarios").glob("[0-9]*.yaml"))
LONG = {"14_wrong_thread_polls", "24_full_queue", "25_resnet50_async"}
# What these expect comes of who is faster, and the device may always be: that a stream is not done yet, that a flag
# is set in time, that a program ends or waits before a callback has run.
OF_ONE_ORDER = {
    "01_hello_stream",
    "03_blocking_or_not",
    "09_never_synchronised",
    "12_unsubscribed_too_early_950",
    "23_copies",
    "26_gil_and_destroy_stream",
    "28_stream_abort",
}


def short(file: Path) -> str:
    return file.stem


def judge(file: Path, seed: int | None = None) -> list[str]:
    """Run a scenario; return everything that speaks against it."""
    result = run_scenario(load_scenario(file), seed=seed)
    wrong = [str(failure) for failure in result.failures]
    wrong += [f"{violation.guarantee}: {violation.text}" for violation in result.violations]
    if not result.passed and not wrong:
        wrong.append(f"ended as {result.end.value}: {' '.join(result.chain)}")
    return wrong


def test_the_course_is_whole() -> None:
    numbers = [int(file.stem.split("_")[0]) for file in COURSE]
    assert numbers == list(range(1, len(COURSE) + 1))
    assert len(COURSE) >= 17


@pytest.mark.parametrize("file", COURSE, ids=short)
def test_a_scenario_meets_its_expectations(file: Path) -> None:
    assert judge(file) == []


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("file", [file for file in COURSE if file.stem not in LONG | OF_ONE_ORDER], ids=short)
def test_a_scenario_meets_them_in_another_order_too(file: Path, seed: int) -> None:
    assert judge(file, seed) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6, 60))
@pytest.mark.parametrize("file", [file for file in COURSE if file.stem not in LONG | OF_ONE_ORDER], ids=short)
def test_a_scenario_meets_them_in_many_orders(file: Path, seed: int) -> None:
    assert judge(file, seed) == []


@pytest.mark.parametrize(
    "soc", ["Ascend310", "Ascend310P", "Ascend910", "Ascend910_93", "Ascend310B", "Ascend950"]
)
@pytest.mark.parametrize("name", ["02_six_steps", "03_blocking_or_not", "06_event_chain", "20_two_devices"])
def test_the_correct_programs_hold_on_every_soc(name: str, soc: str) -> None:
    file = next(file for file in COURSE if file.stem == name)
    result = run_scenario(load_scenario(file), soc=soc)
    reserved = {"no-block-reserved"} if soc == "Ascend310" else set()
    assert {finding.id for finding in result.findings if finding.severity != "note"} <= reserved
    assert result.violations == ()
    assert result.end.value == "done"
