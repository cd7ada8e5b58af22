"""The library that all tests here link, and what a program needs besides."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cabi.building import PROGRAMS, built_once, compiled, has_compiler

MODEL = """\
latency = "3600s"
python = "work:double"
[[inputs]]
name = "image"
shape = [1, 3, 4]
dtype = "float32"
[[outputs]]
name = "doubled"
shape = [1, 3, 4]
dtype = "float32"
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not has_compiler():
        for item in items:
            if "library" in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.skip(reason="takes gcc and g++"))


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all processes of a test run share."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def library(shared_folder: Path) -> Path:
    """The folder with libascendcl.so and the headers."""
    return built_once(shared_folder / "cabi")


@pytest.fixture
def program(library: Path, tmp_path: Path) -> Callable[..., Path]:
    """Compile one of the programs beside this file."""

    def make(name: str, *flags: str) -> Path:
        return compiled(PROGRAMS / name, library, tmp_path / Path(name).stem, flags)

    return make


WORK = """\
def double(inputs, outputs):
    outputs[0][...] = 2 * inputs[0]
"""


@pytest.fixture
def model(tmp_path: Path) -> str:
    """The path of a model that takes an hour of the device to double its input."""
    (tmp_path / "work.py").write_text(WORK, encoding="utf-8")
    (tmp_path / "model.om.toml").write_text(MODEL, encoding="utf-8")
    return str(tmp_path / "model.om")
