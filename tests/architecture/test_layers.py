"""Imports go down only, and what is dangerous to the model stays where it belongs."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import Module

# One place for virtual time, switching and chance; everything else asks the engine.
OWNED_BY_THE_ENGINE = ("greenlet", "queue", "random", "simpy", "threading")
# Besides: choosers of exploration are seeded, and made of nothing but chance; real libraries have real threads.
ALSO_OWNED = {"random": "simulator.explore.strategies", "threading": "acl_api.backends"}
MODEL = ("simulator.base", "simulator.core", "simulator.costs", "simulator.check", "acl_api.table")
# Simulated time is the only time, and a run depends on nothing outside it.
OUTSIDE_WORLD = ("asyncio", "concurrent", "datetime", "multiprocessing", "secrets", "socket", "time", "uuid")


def top_levels(module: Module) -> set[str]:
    return {name.partition(".")[0] for name in module.imports}


def test_the_import_contracts_hold(root: Path):
    linter = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    run = subprocess.run(
        [sys.executable, "-c", linter], cwd=root, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("library", OWNED_BY_THE_ENGINE)
def test_only_the_engine_imports(library: str, modules: list[Module]):
    owners = ("simulator.engine", ALSO_OWNED.get(library, "simulator.engine"))
    importers = [m.name for m in modules if library in top_levels(m) and not any(map(m.is_below, owners))]
    assert importers == []


def test_the_engine_is_really_where_simpy_is_imported(modules: list[Module]):
    assert any("simpy" in top_levels(m) for m in modules if m.is_below("simulator.engine"))


@pytest.mark.parametrize("library", OUTSIDE_WORLD)
def test_the_model_never_reads_the_outside_world_through(library: str, modules: list[Module]):
    model = [m for m in modules if any(m.is_below(package) for package in MODEL)]
    assert [m.name for m in model if library in top_levels(m)] == []


def test_every_folder_of_modules_is_a_package(modules: list[Module]):
    folders = {m.path.parent for m in modules}
    assert sorted(str(f) for f in folders if not (f / "__init__.py").exists()) == []


def test_the_packages_import_absolutely_or_from_siblings_only(modules: list[Module]):
    """`from ..x import y` hides a layer from the reader."""
    climbing = [
        f"{m.name}:{node.lineno}"
        for m in modules
        for node in ast.walk(m.tree)
        if isinstance(node, ast.ImportFrom) and node.level > 1
    ]
    assert climbing == []
