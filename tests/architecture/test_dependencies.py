"""Declared, imported, pinned and explained are the same set of packages."""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.tree import PACKAGES, Module

FIRST_PARTY = {*PACKAGES, "tests"}
# Pinned exactly by its parent, whose documentation imports from it.
PART_OF = {"pydantic-core": "pydantic"}


@pytest.fixture(scope="session")
def project(root: Path) -> dict[str, Any]:
    return tomllib.loads((root / "pyproject.toml").read_text("utf-8"))


@pytest.fixture(scope="session")
def pins(root: Path) -> dict[str, str]:
    lines = (root / "constraints.txt").read_text("utf-8").splitlines()
    found = [re.match(r"([\w.-]+)==([\w.]+)", line) for line in lines]
    return {canonicalize_name(match[1]): match[2] for match in found if match}


def names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(text).name) for text in requirements}


def group(project: dict[str, Any], name: str) -> list[str]:
    """The requirements of a dependency group, included groups too."""
    found: list[str] = []
    for entry in project["dependency-groups"][name]:
        found += group(project, entry["include-group"]) if isinstance(entry, dict) else [entry]
    return found


def everything(project: dict[str, Any]) -> list[str]:
    extras = project["project"]["optional-dependencies"].values()
    return [
        *project["project"]["dependencies"],
        *(r for extra in extras for r in extra),
        *group(project, "dev"),
    ]


def third_party(modules: list[Module]) -> dict[str, list[str]]:
    """Distribution → modules that import it."""
    owners = packages_distributions()
    found: dict[str, list[str]] = {}
    for module in modules:
        for name in sorted({imported.partition(".")[0] for imported in module.imports}):
            if name and name not in FIRST_PARTY and name not in sys.stdlib_module_names:
                distribution = canonicalize_name(owners.get(name, [name])[0])
                found.setdefault(PART_OF.get(distribution, distribution), []).append(module.name)
    return found


def test_every_import_is_declared(modules: list[Module], project: dict[str, Any]):
    declared = names(project["project"]["dependencies"])
    optional = names([r for extra in project["project"]["optional-dependencies"].values() for r in extra])
    undeclared = {name: by for name, by in third_party(modules).items() if name not in declared | optional}
    assert undeclared == {}


def test_every_declared_dependency_is_imported(modules: list[Module], project: dict[str, Any]):
    assert names(project["project"]["dependencies"]) - third_party(modules).keys() == set()


def test_every_extra_is_used(modules: list[Module], test_modules: list[Module], project: dict[str, Any]):
    used = third_party([*modules, *test_modules]).keys()
    unused = {extra: names(r) - used for extra, r in project["project"]["optional-dependencies"].items()}
    assert {extra: left for extra, left in unused.items() if left} == {}


def test_the_tests_import_only_declared_packages(test_modules: list[Module], project: dict[str, Any]):
    known = names(everything(project)) | {"packaging"}  # pytest and hatchling both bring it
    assert {name: by for name, by in third_party(test_modules).items() if name not in known} == {}


def test_every_requirement_has_a_pin_in_its_range(project: dict[str, Any], pins: dict[str, str]):
    requirements = [Requirement(text) for text in everything(project)]
    loose = [
        str(r) for r in requirements if not r.specifier.contains(pins.get(canonicalize_name(r.name), "0"))
    ]
    assert loose == [], "run .ci/lock"


def test_every_pin_has_hashes_and_nothing_else(root: Path):
    text = (root / "constraints.txt").read_text("utf-8")
    entries = re.split(r"\n(?=\S)", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).strip())
    shape = re.compile(r"[\w.-]+==[\w.]+( ; [^\\\n]+)? (\\\n    --hash=sha256:[0-9a-f]{64} ?)+(\n    #.*)*")
    assert [entry.partition(" ")[0] for entry in entries if not shape.fullmatch(entry.rstrip())] == []


def test_every_declared_package_is_explained(root: Path, project: dict[str, Any]):
    page = (root / "docs/dependencies.md").read_text("utf-8")
    explained = {canonicalize_name(name) for name in re.findall(r"^\| ([\w.-]+) \|", page, re.MULTILINE)}
    assert names(everything(project)) - explained == set()
