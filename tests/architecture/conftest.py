"""The source tree as the architecture tests read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.tree import PACKAGES, Module, read


@pytest.fixture(scope="session")
def root() -> Path:
    """The top of the repository."""
    return Path(__file__).parents[2]


@pytest.fixture(scope="session")
def modules(root: Path) -> list[Module]:
    """Every module of both packages."""
    return [read(path, root) for package in PACKAGES for path in sorted((root / package).rglob("*.py"))]


@pytest.fixture(scope="session")
def test_modules(root: Path) -> list[Module]:
    """Every module of the test suite."""
    return [read(path, root) for path in sorted((root / "tests").rglob("*.py"))]


@pytest.fixture(scope="session")
def texts(root: Path) -> dict[str, str]:
    """Every text file a reader of the repository sees, by its path from the top."""
    top = ["*.md", "*.toml", "constraints.txt", "NOTICE", ".gitignore", ".ci/*"]
    folders = ["simulator", "acl_api", "tests", "scenarios", "docs"]
    paths = [path for pattern in top for path in root.glob(pattern)]
    paths += [path for folder in folders for path in (root / folder).rglob("*")]
    found = {}
    for path in sorted(paths):
        if path.is_file() and "__pycache__" not in path.parts:
            content = path.read_bytes()
            if b"\0" not in content:
                found[path.relative_to(root).as_posix()] = content.decode("utf-8", "replace")
    return found
