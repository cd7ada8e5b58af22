"""Sizes and words of the source."""

from __future__ import annotations

import re
from pathlib import Path

from tests.architecture.tree import Module

MODULE_LINES = 400
UNFINISHED = re.compile(r"\b(?:TO[D]O|FIX[M]E|X{3}|NotImplemented[E]rror)\b")
# Absolute paths under a home, and where packages are fetched from, belong to one machine.
MACHINE_PATH = re.compile(r"(?<![\w.$}-])/(?:home|root|work|Users)/|bash_[j]obs|\b[A-Z]:\\Users")
REGISTRY = re.compile(
    r"--(?:extra-)?index[-]url|--find[-]links|file[:]///|py[p]i\.org|python[h]osted|/opt/py[p]i"
)


def lines_matching(pattern: re.Pattern[str], texts: dict[str, str]) -> list[str]:
    return [
        f"{path}:{number}: {line.strip()}"
        for path, text in texts.items()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_module_is_longer_than_the_limit(modules: list[Module]):
    sizes = {m.name: m.text.count("\n") for m in modules}
    assert {name: size for name, size in sizes.items() if size > MODULE_LINES} == {}


def test_no_module_is_a_drawer_for_leftovers(modules: list[Module], test_modules: list[Module]):
    drawers = {"utils", "util_", "helpers", "misc", "common"}
    assert [m.name for m in (*modules, *test_modules) if m.path.stem in drawers] == []


def test_nothing_is_left_for_later(texts: dict[str, str]):
    assert lines_matching(UNFINISHED, texts) == []


def test_no_path_of_one_machine(texts: dict[str, str]):
    assert lines_matching(MACHINE_PATH, texts) == []


def test_no_address_of_a_package_registry(texts: dict[str, str]):
    commands = {
        path: text for path, text in texts.items() if path != ".ci/lock"
    }  # it forbids such lines by name
    assert lines_matching(REGISTRY, commands) == []


def test_the_patterns_find_what_they_are_for():
    """Otherwise the tests above could not fail."""
    unfinished = ["# TO" + "DO: later", "raise NotImplemented" + "Error"]
    paths = ["open('/ho" + "me/me/x')", "see /ro" + "ot/x"]
    registries = ["--index" + "-url https://x", "https://py" + "pi.org/simple"]
    for pattern, samples in ((UNFINISHED, unfinished), (MACHINE_PATH, paths), (REGISTRY, registries)):
        assert all(pattern.search(sample) for sample in samples)


def test_both_packages_are_typed(root: Path):
    assert (root / "simulator/py.typed").exists()
    assert (root / "acl_api/py.typed").exists()


def test_the_top_level_holds_only_what_belongs_there(root: Path):
    allowed = {"pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", "NOTICE", "constraints.txt"}
    allowed |= {"simulator", "acl_api", "tests", "scenarios", "docs"}
    seen = {path.name for path in root.iterdir() if not path.name.startswith(".")}
    assert sorted(seen - allowed - {"build", "dist", "htmlcov"}) == []
