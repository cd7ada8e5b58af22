"""Our own library, built once for all tests here, and a folder to run things in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cabi.building import built_once, has_compiler
from tests.native.launching import Launcher


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all processes of a test run share."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def library(shared_folder: Path) -> Path:
    """The folder with libascendcl.so in it, made of the simulator."""
    if not has_compiler():
        pytest.skip("takes gcc")
    return built_once(shared_folder / "cabi")


@pytest.fixture
def launch(tmp_path: Path, library: Path) -> Launcher:
    """Start commands and programs with the library."""
    return Launcher(tmp_path, library)
